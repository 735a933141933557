import { occurrences } from '#calendar'
import type { Transaction } from '#database'
import { RecordError } from '#records'
import { saveAttachments } from './apply/attachments.ts'
import { noFiles } from './apply/files.ts'
import { saveInstances } from './apply/instances.ts'
import { asOwner, type ItemCycle, type ItemDependencies } from './context.ts'
import { type Attached, attachedIn, attachmentsPair, nameOfAttached } from './fields/attachments.ts'
import { CANCELLED, occurrencesPair, startsIn } from './fields/occurrences.ts'
import { seriesOfRow } from './fields/recurrence.ts'
import { recurrenceOf } from './fields/seriesValue.ts'
import { changeRecord } from './fields/writeRecord.ts'
import type { MapContext, PairValue, RecordView } from './model.ts'
import type { StoredConflict } from './store/conflicts.ts'

type Resolving = Pick<ItemCycle, 'personal' | 'settings' | 'userId' | 'setup' | 'organization'>

interface Losing {
  conflict: StoredConflict
  take: 'record' | 'item'
  view: RecordView
  context: MapContext
}

/** Whether a conflict is about one occurrence or attachment alone (AP-24, AP-70): the pair, and which part of it. */
export function partOfConflict({ pair }: Pick<StoredConflict, 'pair'>): { pair: string; part: string } | undefined {
  const whole = [occurrencesPair, attachmentsPair].find(({ name }) => pair.startsWith(`${name} `))
  return whole && { pair: whole.name, part: pair.slice(whole.name.length + 1) }
}

/**
 * The value that lost takes its place in the record: in the instance of the series, or among its attachments.
 * @throws RecordError `Conflict` where the series has no such occurrence any more, `NotFound` where the file is not kept
 */
export function takePart(
  dependencies: ItemDependencies,
  cycle: Resolving,
  tx: Transaction,
  { pair, part }: { pair: string; part: string },
  losing: Losing,
): Promise<void> {
  return pair === attachmentsPair.name
    ? takeFile(dependencies, cycle, tx, part, losing)
    : takeOccurrence(dependencies, cycle, tx, part, losing)
}

async function takeOccurrence(
  dependencies: ItemDependencies,
  cycle: Resolving,
  tx: Transaction,
  part: string,
  { conflict, take, view, context }: Losing,
): Promise<void> {
  const [start = ''] = startsIn({ [part]: null })
  if (!repeatsAt(view, start, context))
    throw new RecordError(
      'Conflict',
      `The series has no meeting at ${start.replace('T', ' ')} any more. Change the series, or make a meeting of its own.`,
      { table: view.table },
    )
  const present = (occurrencesPair.fromRecord(view, context) ?? {}) as Record<string, PairValue>
  const value =
    take === 'record'
      ? conflict.record
      : occurrencesPair.parts?.(part).toRecord(conflict.item, present[part] ?? undefined, context)
  if (value === undefined) return
  const { [part]: _lost, [`${start} ${CANCELLED}`]: isCancelled, ...others } = present
  const stays = value === null && isCancelled !== undefined && part !== `${start} ${CANCELLED}`
  const wanted = {
    ...others,
    ...(stays && { [`${start} ${CANCELLED}`]: true }),
    ...(value !== null && { [part]: value }),
  }
  const change = changeRecord(view.table, { [occurrencesPair.name]: wanted }, view, context)
  const user = asOwner(dependencies, cycle).in(tx)
  await user.update(view.table, view.id, change.values)
  await saveInstances(dependencies, cycle, user, tx, view.id, change)
}

function repeatsAt(view: RecordView, start: string, context: MapContext): boolean {
  const series = seriesOfRow(view.row, context)
  if (!series || 'cannot' in series) return false
  for (const one of occurrences(recurrenceOf(series), series.start, { until: start })) if (one === start) return true
  return false
}

async function takeFile(
  dependencies: ItemDependencies,
  cycle: Resolving,
  tx: Transaction,
  part: string,
  { conflict, take, view, context }: Losing,
): Promise<void> {
  const wanted = conflict[take] as unknown as Attached | null
  const present = attachedIn({ attachments: attachmentsPair.fromRecord(view, context) ?? null })[part]
  const remove = present?.id === undefined ? [] : [present.id]
  const files = noFiles()
  const name = nameOfAttached(part)
  if (wanted) {
    const { hash, size } = wanted
    if (hash === undefined || !(await dependencies.database.blobs.get(tx, hash)))
      throw new RecordError(
        'NotFound',
        `The content of “${name}” is not kept any more. Take it from where it was made, and attach it to the record.`,
        { table: view.table },
      )
    files.fetched.set(part, { hash, size })
  }
  const add = wanted
    ? [{ id: '', key: part, name, type: wanted.type ?? 'application/octet-stream', size: wanted.size }]
    : []
  await saveAttachments({ dependencies, cycle }, tx, { table: view.table, id: view.id }, { add, remove }, files)
}
