import type { Deed, ItemSettings, Link, Pairing, PlanContext, RecordView } from '#items'
import { planPairing, readItem, readRecord } from '#items'
import type { CalendarItem, Item } from '#mailbox'
import { PARTICIPATION } from '#records'
import { eventItem, recordView } from '../support/map.ts'
import { contextOf } from './world/observe.ts'
import { CATEGORY, OUTSIDE, World } from './world/world.ts'

/** User 0's mailbox; the others are user 1 and 2, all of them synchronizing. */
const USERS = ['user-0', 'user-1', 'user-2'].map((id) => ({ table: 'systemuser', id }))
export const [ME, OTHER] = USERS as [{ table: string; id: string }, { table: string; id: string }]

export function contextWith(settings: Partial<ItemSettings> = {}, more: Partial<PlanContext> = {}): PlanContext {
  const world = new World(settings)
  return { ...contextOf(world, world.mailbox(0)), ...more }
}

const DAY = 86_400_000
const TIME = { allDay: false, start: '2026-03-12T10:00:00', end: '2026-03-12T11:00:00', zone: 'Europe/Berlin' }
export const PAST = { ...TIME, start: '2026-03-01T10:00:00', end: '2026-03-01T11:00:00' }

/** An appointment of the CRM in two days, of this user with somebody outside, unless said otherwise. */
export function appointment(row: RecordView['row'] = {}, organizer: typeof ME | null = ME): RecordView {
  const start = new Date('2026-03-12T09:00:00Z')
  const at = { scheduledstart: start, scheduledend: new Date(start.getTime() + 3_600_000), isalldayevent: false }
  const guest = { role: PARTICIPATION.required, address: OUTSIDE }
  const parties = [...(organizer ? [{ role: PARTICIPATION.organizer, party: organizer }] : []), guest]
  return recordView(
    'appointment',
    { subject: 'Talk', ...at, statecode: 3, statuscode: 5, ...row },
    { owner: ME, parties },
  )
}

export const past = (days = 5) => ({
  scheduledstart: new Date(Date.parse('2026-03-10T09:00:00Z') - days * DAY),
  scheduledend: new Date(Date.parse('2026-03-10T10:00:00Z') - days * DAY),
})

export function meeting(more: Partial<CalendarItem> = {}, fields: Partial<CalendarItem['fields']> = {}): CalendarItem {
  const attendees = [{ address: OUTSIDE, role: 'required' as const, answer: 'none' as const }]
  const all = { subject: 'Talk', time: TIME, attendees, categories: [CATEGORY], ...fields }
  return eventItem(all, {
    uid: 'uid-1',
    organizer: { address: 'user0@contoso.example' },
    ref: { folder: 'calendar', id: 'i', version: '1' },
    ...more,
  })
}

/** The link of two that agree as they are now. */
export function linkOf(record: RecordView, item: Item, context: PlanContext, more: Partial<Link> = {}): Link {
  const map = { ...context, lacks: [] }
  return {
    id: 'link',
    kind: item.kind,
    table: record.table,
    recordId: record.id,
    key: 'key',
    state: 'linked',
    folder: item.ref.folder,
    itemId: item.ref.id,
    itemVersion: item.ref.version,
    recordVersion: record.version,
    agreed: { record: readRecord(record, map), item: readItem(item, record.table, map) },
    returned: true,
    returnedEver: true,
    ownerId: record.owner.id,
    categorized: item.kind !== 'contact' && (item.fields.categories ?? []).includes(CATEGORY),
    ...(item.kind === 'event' && { organizes: item.role !== 'attendee' }),
    ...more,
  }
}

export function decided(pairing: Pairing, context: PlanContext): Partial<Deed> {
  return planPairing(pairing, context) ?? {}
}

export const FILTERS = ['My records']
