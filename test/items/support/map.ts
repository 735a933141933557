import type { ItemSettings, ItemTable, MapContext, RecordChange, RecordView } from '#items'
import type { CalendarItem, ContactItem, Item, NewItem, TaskItem } from '#mailbox'
import { type Reference, type Row, standardTables } from '#records'

export const NOW = new Date('2026-03-10T09:00:00Z')

export const SETTINGS: ItemSettings = {
  allThreeAddresses: false,
  appointmentAttachments: false,
  attachmentBytes: 5120 * 1024,
  blockedExtensions: ['exe'],
  companyFromParent: false,
  ignoreCopies: true,
  updatePastMeetings: false,
  draftAppointments: false,
  propagateCancellations: false,
  trackFromNonOrganizer: true,
  keepOrganizerWhenEmpty: false,
  noImplicitSharing: false,
  distinctDeletes: false,
  contactDeletion: 'unlink',
  taskDeletion: 'delete',
  deleteBrake: { count: 20, percent: 5 },
  invitationBudget: 10,
}

export const OWNER = { table: 'systemuser', id: '00000000-0000-4000-8000-000000000001' }

/** Records that addresses resolve to, by address. */
export const PEOPLE: Readonly<Record<string, Reference & { name: string }>> = {
  'olga@contoso.example': { ...OWNER, name: 'Olga Owner' },
  'ada@adatum.example': { table: 'contact', id: '00000000-0000-4000-8000-0000000000a1', name: 'Ada Adams' },
  'bob@contoso.example': { table: 'systemuser', id: '00000000-0000-4000-8000-0000000000b1', name: 'Bob Brown' },
}
export const ACCOUNT = { table: 'account', id: '00000000-0000-4000-8000-0000000000c1' }

function known(reference: Reference) {
  return Object.entries(PEOPLE).find(([, { table, id }]) => table === reference.table && id === reference.id)
}

export function mapContext(more: Partial<MapContext> = {}): MapContext {
  return {
    now: NOW,
    zone: 'Europe/Berlin',
    settings: SETTINGS,
    owner: { userId: OWNER.id, addresses: ['olga@contoso.example', 'o.owner@contoso.example'] },
    partyOf: (address) => {
      const found = PEOPLE[address]
      return found && { table: found.table, id: found.id }
    },
    addressOf: (reference) => {
      const [address, person] = known(reference) ?? []
      return address === undefined ? undefined : { address, name: person?.name ?? '' }
    },
    nameOf: (reference) => (reference.id === ACCOUNT.id ? 'Adatum AG' : known(reference)?.[1].name),
    lacks: [],
    ...more,
  }
}

/** All columns of each table, without values. */
const EMPTY: Readonly<Record<string, Row>> = Object.fromEntries(
  standardTables.map(({ name: table, columns }) => {
    const names = columns.flatMap(({ name, type }) => (type === 'lookup' ? [name, `${name}_table`] : [name]))
    return [table, Object.fromEntries(names.map((name) => [name, null]))]
  }),
)

/** A record of which every column is readable; those not named are empty. */
export function recordView(table: ItemTable, row: Row = {}, more: Partial<RecordView> = {}): RecordView {
  const empty = EMPTY[table]
  const state = 'statecode' in row ? {} : { statecode: 0, statuscode: table === 'task' ? 2 : 1 }
  return {
    table,
    id: '00000000-0000-4000-8000-00000000000d',
    version: '1',
    modified: NOW,
    row: { ...empty, ...state, ...row },
    owner: OWNER,
    parties: [],
    ...more,
  }
}

const FRAME = { ref: { folder: 'f', id: 'i', version: '1' }, marks: {}, modified: NOW, attachments: [] }

export function contactItem(fields: ContactItem['fields'] = {}, more: Partial<ContactItem> = {}): ContactItem {
  return { kind: 'contact', ...FRAME, fields, ...more }
}

export function taskItem(fields: Partial<TaskItem['fields']> = {}, more: Partial<TaskItem> = {}): TaskItem {
  const all = { status: 'notStarted', importance: 'normal', sensitivity: 'normal', ...fields } as const
  return { kind: 'task', ...FRAME, assigned: false, fields: all, ...more }
}

/** What a server has after it made an item. */
export function made(item: NewItem): Item {
  const frame = { ...FRAME, marks: { ...item.marks, key: 'k' } }
  if (item.kind === 'contact') return { kind: 'contact', ...frame, fields: item.fields }
  if (item.kind === 'task') return { kind: 'task', ...frame, fields: item.fields, assigned: false }
  const { series, organizer, fields } = item
  return {
    kind: 'event',
    ...frame,
    fields,
    role: fields.attendees ? 'organizer' : 'none',
    answer: 'none',
    cancelled: false,
    ...(series && { series }),
    ...(organizer && { organizer }),
  }
}

export function eventItem(
  fields: Partial<CalendarItem['fields']> = {},
  more: Partial<CalendarItem> = {},
): CalendarItem {
  const time = { allDay: false, start: '2026-03-12T10:00:00', end: '2026-03-12T11:00:00', zone: 'Europe/Berlin' }
  const all = { time, showAs: 'busy', importance: 'normal', sensitivity: 'normal', ...fields } as const
  return { kind: 'event', ...FRAME, role: 'organizer', answer: 'none', cancelled: false, fields: all, ...more }
}

/** A record after a change was written to it. */
export function changedView(view: RecordView, change: RecordChange): RecordView {
  const lookups = Object.entries(change.values).flatMap(([column, value]) => {
    const reference = value !== null && typeof value === 'object' && 'table' in value ? value : undefined
    const isLookup = reference !== undefined || `${column}_table` in view.row
    return isLookup
      ? [[column, reference?.id ?? null] as const, [`${column}_table`, reference?.table ?? null] as const]
      : []
  })
  const roles = Object.entries(change.parties ?? {})
  const others = view.parties.filter(({ role }) => !roles.some(([code]) => Number(code) === role))
  return {
    ...view,
    row: { ...view.row, ...(change.values as Row), ...Object.fromEntries(lookups) },
    parties: [...others, ...roles.flatMap(([, parties]) => [...parties])],
  }
}
