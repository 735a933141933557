import { type Principal, RecordError } from '#records'
import { pairMap } from '../fields/maps.ts'
import { ITEM_KINDS, type RecordView } from '../model.ts'
import type { StoredLink } from '../store/links.ts'
import type { UndoCopy } from '../store/undo.ts'

/** What restoring is told by the person who wants it. */
export interface Restoring {
  undo: UndoCopy
  principal: Principal
  /** Also what somebody has changed since; what it is now is kept as another copy. */
  overwrite?: boolean
}

/** What was brought back but for `left`: files, and why each is missing. */
export interface Restored {
  left: readonly string[]
}

/** Nothing is overwritten unseen (B-70). */
export function changedSince(what: string, fields: readonly string[]): RecordError {
  const text = `${what} was changed since: ${fields.join(', ')}. Restoring would overwrite that; say so to restore it all the same (--overwrite, or Overwrite).`
  return new RecordError('VersionMismatch', text)
}

export function newLink(
  id: string,
  mailboxId: string,
  { table, id: recordId }: NonNullable<UndoCopy['record']>,
): StoredLink {
  return {
    id,
    mailboxId,
    kind: ITEM_KINDS[table],
    table,
    recordId,
    key: id,
    state: 'linked',
    agreed: { record: {}, item: {} },
    returned: false,
    returnedEver: false,
    parts: [],
  }
}

export function nameOfRecord({ table, row }: RecordView): string {
  const name = row[table === 'contact' ? 'fullname' : 'subject']
  return typeof name === 'string' && name !== '' ? name : '(without subject)'
}

/** The fields that were overwritten, as people call them. */
export function fieldsOfCopy({ loss, record }: Pick<UndoCopy, 'loss' | 'record'>): string[] {
  return record ? (loss.pairs ?? []).map((pair) => pairMap(record.table, pair).outlook) : []
}

/** What people know the lost thing by. */
export function nameOfCopy({ copy }: Pick<UndoCopy, 'copy'>): string {
  if ('record' in copy) return nameOfRecord(copy.record)
  const { item } = copy
  const name = item.kind === 'contact' ? item.fields.displayName : item.fields.subject
  return name !== undefined && name !== '' ? name : '(without subject)'
}

export function restoredAlready(id: string, on?: Date): RecordError {
  return new RecordError('NotFound', `The copy ${id} was restored already${on ? `, on ${dayOf(on)}` : ''}.`)
}

export const dayOf = (date: Date): string => date.toISOString().slice(0, 10)
