import { createHash } from 'node:crypto'
import { type AttachmentInfo, type CalendarItem, type ItemRef, MailboxError } from '#mailbox'
import type { ItemCycle } from '../context.ts'
import { type AttachedByName, attachedIn, attachmentsPair, withAttached } from '../fields/attachments.ts'
import type { Link, MapContext, Pairing, RecordView } from '../model.ts'

/**
 * What both sides have under one name without having agreed on it is known by its content: else what is the same would be
 * copied over itself, after a crash or where both sides had it before (AP-85). Nothing else is fetched before it must move.
 */
export async function identifyAttachments(
  { items, settings }: Pick<ItemCycle, 'items' | 'settings'>,
  pairings: readonly Pairing[],
  context: MapContext,
): Promise<readonly Pairing[]> {
  if (!settings.appointmentAttachments || !items.can.attachments) return pairings
  const identified: Pairing[] = []
  for (const pairing of pairings) {
    const hashes = new Map<string, string>()
    for (const { ref, id } of unidentified(pairing, settings.attachmentBytes, context)) {
      const hash = await hashOf(items, ref, id)
      if (hash !== undefined) hashes.set(id, hash)
    }
    identified.push(withContents(pairing, hashes))
  }
  return identified
}

/** The attachments of an item whose content must be known before it is planned. */
export function unidentified(pairing: Pairing, most: number, context: MapContext): { ref: ItemRef; id: string }[] {
  const both = bothOf(pairing)
  if (!both) return []
  const { record, item, link } = both
  const onRecord = asAttached(attachmentsPair.fromRecord(record, context))
  const onItem = asAttached(attachmentsPair.fromItem(item, context))
  const was = link && settled(link.agreed, item)
  const agreed = { record: attachedIn(was?.record ?? {}), item: attachedIn(was?.item ?? {}) }
  return Object.entries(onItem).flatMap(([name, theirs]) => {
    const ours = onRecord[name]
    const isAgreed = ours?.id === agreed.record[name]?.id && theirs.id === agreed.item[name]?.id
    if (!ours || isAgreed || theirs.id === undefined || theirs.hash !== undefined || theirs.size > 2 * most) return []
    return [{ ref: item.ref, id: theirs.id }]
  })
}

/** A pairing that knows these contents, and what a crash has taken off in between. */
export function withContents(pairing: Pairing, hashes: ReadonlyMap<string, string>): Pairing {
  const both = bothOf(pairing)
  if (!both) return pairing
  const { item, link } = both
  const attachments = item.attachments.map((one): AttachmentInfo => {
    const hash = hashes.get(one.id)
    return hash === undefined ? one : { ...one, hash }
  })
  return {
    ...pairing,
    ...(link ? { link: { ...link, agreed: settled(link.agreed, item) } } : {}),
    item: { ...item, attachments },
  }
}

type Both = Omit<Pairing, 'record' | 'item'> & { record: RecordView; item: CalendarItem }

/** Both sides, where both may have attachments. */
function bothOf(pairing: Pairing): Both | undefined {
  const { record, item } = pairing
  const isBoth = typeof record === 'object' && record.attachments && typeof item === 'object' && item.kind === 'event'
  return isBoth ? { ...pairing, record, item } : undefined
}

/** What was to be taken off and is not there any more was taken off by us: a crash came then, and no person deleted it. */
function settled(agreed: Link['agreed'], item: CalendarItem): Link['agreed'] {
  const attached = attachedIn(agreed.item)
  if (!Object.values(attached).some(({ takenOff }) => takenOff !== undefined)) return agreed
  const there = new Set(item.attachments.map(({ id }) => id))
  const left = Object.entries(attached).flatMap(([name, { takenOff, ...one }]) =>
    takenOff !== undefined && !there.has(takenOff) ? [] : [[name, one] as const],
  )
  return { ...agreed, item: withAttached(agreed.item, Object.fromEntries(left)) }
}

/** Undefined: it is gone by now. */
async function hashOf(items: ItemCycle['items'], ref: ItemRef, id: string): Promise<string | undefined> {
  try {
    return createHash('sha256')
      .update(await items.attachment(ref, id))
      .digest('hex')
  } catch (error) {
    if (error instanceof MailboxError && (error.kind === 'notFound' || error.kind === 'tooLarge')) return undefined
    throw error
  }
}

function asAttached(value: unknown): AttachedByName {
  return (value ?? {}) as AttachedByName
}
