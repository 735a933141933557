import { instantOf, isLocalDate, type LocalDate, type Zone } from '#calendar'
import { MailboxError } from '../errors.ts'
import { itemRefused, unsupported } from '../failures.ts'
import type { ItemKind, ItemMarks } from './common.ts'
import type { EventTime } from './event.ts'
import type { ItemPatch, NewItem } from './patch.ts'
import type { ItemCapabilities, ItemFolder, NotifyWhom } from './port.ts'

/** What every connector holds what it is given against, before anything happens. */

const KEY = /^[A-Za-z0-9._-]{1,64}$/
const MARK_LENGTH = 400
const MOST_ATTENDEES = 5000

/**
 * @throws MailboxError `unsupported` for a kind, field or notification that `can` denies; `permanent` for an item that is
 * wrong in itself, naming what.
 */
export function checkNewItem(
  can: ItemCapabilities,
  folder: ItemFolder,
  item: NewItem,
  key: string,
  notify: NotifyWhom,
): void {
  checkKey(key)
  if (folder.kind !== item.kind)
    throw itemRefused(`The folder ${folder.path.join('/')} holds no ${PLURALS[item.kind]}. Choose one that does.`)
  if (!folder.writable)
    throw new MailboxError('denied', 'ItemRefused', `The folder ${folder.path.join('/')} is read only.`, {
      scope: 'item',
    })
  checkWrite(can, item.kind)
  if (item.kind === 'event' && item.fields.attendees?.length) checkNotify(can, notify)
  if (item.uid !== undefined && !can.choosesUid) throw unsupported('be told the UID of an item', 'items')
  checkMarks(can, item.kind, item.marks)
  checkFields(can, item.kind, item.fields)
  if (item.kind === 'event') checkTime(item.fields.time)
}

/** Who knows that the item is a meeting with attendees asks `checkNotify` besides. @throws as `checkNewItem` */
export function checkItemPatch(can: ItemCapabilities, patch: ItemPatch, notify: NotifyWhom): void {
  checkWrite(can, patch.kind)
  if (patch.kind === 'event' && patch.set?.attendees?.length) checkNotify(can, notify)
  checkMarks(can, patch.kind, patch.marks)
  if (patch.marks?.key) checkKey(patch.marks.key)
  checkFields(can, patch.kind, {
    ...patch.set,
    ...Object.fromEntries((patch.clear ?? []).map((name) => [name, undefined])),
  })
  if (patch.attachments && !can.attachments) throw unsupported('keep attachments of items', 'items')
  if (patch.kind !== 'event') return
  if (patch.set?.time) checkTime(patch.set.time)
  for (const occurrence of patch.occurrences ?? []) {
    if (!('cancel' in occurrence) && occurrence.set?.time) checkTime(occurrence.set.time)
  }
}

const PLURALS: Record<ItemKind, string> = { event: 'appointments', contact: 'contacts', task: 'tasks' }

function checkWrite(can: ItemCapabilities, kind: ItemKind): void {
  if (can[kind] !== 'write') throw unsupported(`write ${PLURALS[kind]}`, 'items')
}

/** Whom a write of a meeting with attendees may tell (law 8, AP-36). @throws MailboxError `unsupported` */
export function checkNotify(can: ItemCapabilities, notify: NotifyWhom): void {
  if (can.notify.includes(notify)) return
  throw unsupported(`write a meeting with attendees and tell ${notify === 'none' ? 'nobody' : notify}`, 'items')
}

function checkKey(key: string): void {
  if (!KEY.test(key))
    throw itemRefused(
      `The link key ${JSON.stringify(key.slice(0, 80))} is not one of 1 to 64 letters, digits and . _ -`,
    )
}

function checkMarks(
  can: ItemCapabilities,
  kind: ItemKind,
  marks: { [Name in keyof ItemMarks]?: string | null } | undefined,
): void {
  for (const [name, mark] of Object.entries(marks ?? {})) {
    if (mark && can.lacks[kind]?.includes(name)) throw unsupported(`keep the mark ${name} of ${PLURALS[kind]}`, 'items')
    if (typeof mark === 'string' && mark.length > MARK_LENGTH) {
      throw itemRefused(`The mark ${name} has ${mark.length} characters; 400 are allowed.`)
    }
  }
}

function checkFields(can: ItemCapabilities, kind: ItemKind, fields: object): void {
  const lacking = Object.keys(fields).find((name) => can.lacks[kind]?.includes(name) || name === 'joinUrl')
  if (lacking !== undefined) throw unsupported(`keep the field ${lacking} of ${PLURALS[kind]}`, 'items')
  const attendees = 'attendees' in fields && Array.isArray(fields.attendees) ? fields.attendees.length : 0
  if (attendees > MOST_ATTENDEES) throw itemRefused(`The meeting has ${attendees} attendees; 5,000 are allowed.`)
  for (const name of ['start', 'due', 'completed', 'birthday', 'anniversary']) {
    const day = (fields as Record<string, unknown>)[name] as LocalDate | undefined
    if (day !== undefined && !isLocalDate(day))
      throw itemRefused(`The ${name} ${JSON.stringify(day)} is not a day such as 2026-03-29.`)
  }
}

function checkTime({ allDay, start, end, zone }: EventTime): void {
  if (allDay !== isLocalDate(start) || allDay !== isLocalDate(end)) {
    throw itemRefused(
      `An appointment from ${start} to ${end} is ${allDay ? 'not all day' : 'all day'}. Use days for all-day ones only.`,
    )
  }
  const [from, to] = [instantIn(start, zone), instantIn(end, zone)]
  if (to < from) throw itemRefused(`The appointment ends (${end}) before it starts (${start}). Correct its end.`)
}

function instantIn(local: string, zone: Zone): number {
  try {
    return instantOf(local, zone)
  } catch (error) {
    throw itemRefused(
      `The appointment's time cannot be understood: ${error instanceof Error ? error.message : ''}`,
      error,
    )
  }
}
