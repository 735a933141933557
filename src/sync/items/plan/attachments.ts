import { type Attached, type AttachedByName, attachedIn, withAttached } from '../fields/attachments.ts'
import type { Merged } from '../merge/merging.ts'
import type { Deed, ItemSettings, PairValues } from '../model.ts'
import type { Trace } from './trace.ts'
import { pick } from './values.ts'

const PAIR = 'attachments'

type Limits = Pick<ItemSettings, 'attachmentBytes' | 'blockedExtensions'>

/**
 * A merge without the attachments that are too large or of a kind that the CRM takes none of (MB-92, T-91): they stay
 * where they are, and everything else is synchronized. `present`: what each side has now; nothing where it is new.
 */
export function allowedAttachments<M extends Pick<Merged, 'toItem' | 'toRecord'>>(
  merged: M,
  present: { record?: PairValues; item?: PairValues },
  limits: Limits,
  trace: Trace,
): M & Pick<Deed, 'failure'> {
  const onRecord = allowed(merged.toRecord, present.record, (name, size) => refusal(name, size, limits, true))
  const onItem = allowed(merged.toItem, present.item, (name, size) => refusal(name, size, limits, false))
  const refused = [...new Set([...onRecord.refused, ...onItem.refused])]
  if (refused.length === 0) return merged
  trace.note('MB-92', `${refused.length} attachments are left out`)
  return {
    ...merged,
    toRecord: onRecord.values,
    toItem: onItem.values,
    failure: { code: 'AttachmentRefused', text: `Left out, everything else was synchronized: ${refused.join('; ')}` },
  }
}

function allowed(
  values: PairValues,
  present: PairValues = {},
  refusalOf: (name: string, size: number) => string | undefined,
): { values: PairValues; refused: string[] } {
  if (values[PAIR] === undefined) return { values, refused: [] }
  const now = attachedIn(present)
  const refused: string[] = []
  const kept = Object.entries(attachedIn(values)).flatMap(([name, attached]): [string, Attached][] => {
    const why = attached.from === undefined ? undefined : refusalOf(name, attached.size)
    if (why === undefined) return [[name, attached]]
    refused.push(why)
    return now[name] ? [[name, now[name]]] : []
  })
  if (refused.length === 0) return { values, refused }
  const left: AttachedByName = Object.fromEntries(kept)
  const isNone = JSON.stringify(left) === JSON.stringify(now)
  return { values: isNone ? pick(values, (pair) => pair !== PAIR) : withAttached(values, left), refused }
}

function refusal(name: string, size: number, limits: Limits, isToRecord: boolean): string | undefined {
  const { attachmentBytes, blockedExtensions } = limits
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  if (isToRecord && blockedExtensions.includes(extension))
    return `the CRM takes no files like “${name}”. Send it in an archive, or allow its ending (BlockedAttachments).`
  if (size <= attachmentBytes) return undefined
  return tooLarge(name, size, attachmentBytes)
}

export function tooLarge(name: string, size: number, most: number): string {
  return (
    `“${name}” is larger than ${kilobytes(most)} (${kilobytes(size)}). ` +
    'Make it smaller, or raise the limit (MaxUploadFileSize) and attach it again.'
  )
}

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} kB`
