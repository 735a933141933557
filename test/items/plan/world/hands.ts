import { localOf } from '#calendar'
import type { RecordView } from '#items'
import type { Item } from '#mailbox'
import { PARTICIPATION } from '#records'
import { contactItem, eventItem, taskItem } from '../../support/map.ts'
import { ofAnswers } from './answers.ts'
import { ofFiles } from './files.ts'
import { type Hand, ofSeries, tell } from './handsOfSeries.ts'
import { newSeries, repeating, SERIES } from './series.ts'
import {
  CATEGORY,
  FOLDERS,
  isEvent,
  isMeeting,
  type Mailbox,
  nameOfRecord,
  OUTSIDE,
  SERVICE,
  titleOf,
  tokenOf,
  type World,
} from './world.ts'

const HOUR = 3_600_000

/** What people do, in the CRM and in Outlook. */
export const hands: Readonly<Record<string, Hand>> = {
  /** What a script shrinks to. */
  rest() {},
  ...ofSeries,
  ...ofAnswers,
  ...ofFiles,

  createRecord(world, a, b, c) {
    const name = `T${world.next()}.0`
    const owner = world.mailbox(b).user
    if (a % 5 === 0) world.makeRecord('contact', { lastname: name, statecode: 0 }, owner)
    if (a % 5 === 1) world.makeRecord('task', { subject: name, statecode: 0, statuscode: 2 }, owner)
    if (a % 5 < 2) return
    const organizer = c % 5 === 4 ? [] : [{ role: PARTICIPATION.organizer, party: world.mailbox(b).user }]
    const time = timeOf(world, c)
    const row = { subject: name, ...time, statecode: 3, statuscode: 5 }
    if (a % 5 === 4) {
      const service = { subject: name, ...time, statecode: 3, statuscode: 4 }
      world.odd.services.add(tokenOf(name) ?? '')
      world.makeRecord(SERVICE, service, owner, { parties: resourcesOf(world, c) })
      return
    }
    const parties = [...organizer, ...attendeesOf(world, b, c)]
    if (a % 5 === 2) world.makeRecord('appointment', row, owner, { parties })
    else world.makeRecord(SERIES, { ...row, ...repeating(time) }, owner, { parties })
  },

  editRecord(world, a, b, c) {
    const view = one(world.records, a)
    if (!view) return
    const name = `${nameOfRecord(view).split('.')[0]}.${world.next()}`
    const column = view.table === 'contact' ? 'lastname' : 'subject'
    const other = view.table === 'contact' ? 'mobilephone' : isEvent(view) ? 'location' : 'description'
    const change = [
      { [column]: name },
      { [other]: `R${world.next()}` },
      view.table === 'appointment' || view.table === SERVICE ? timeOf(world, c) : { [other]: null },
    ][b % 3]
    const others = view.table === SERVICE ? resourcesOf : isMeeting(view) ? withAttendees : undefined
    const parties = others && c % 4 === 0 ? others(world, c >> 2, view) : view.parties
    world.saveRecord({ ...view, row: { ...view.row, ...change }, parties })
  },

  closeRecord(world, a, b) {
    const view = one(world.records, a)
    if (!view) return
    world.odd.closed.add(tokenOf(nameOfRecord(view)) ?? '')
    const [statecode, statuscode] =
      view.table === 'contact'
        ? [b % 2, 1 + (b % 2)]
        : ((STATES[view.table] ?? MEETING_STATES)[b % 3] as [number, number])
    world.saveRecord({ ...view, row: { ...view.row, statecode, statuscode } })
  },

  deleteRecord(world, a) {
    const view = one(world.records, a)
    if (view) world.deleteRecord(view)
  },

  passOn(world, a, b) {
    const view = one(world.records, a)
    if (!view) return
    const user = world.mailbox(b).user
    world.odd.passedOn.add(tokenOf(nameOfRecord(view)) ?? '')
    if (!isMeeting(view)) world.saveRecord({ ...view, owner: user })
    const others = view.parties.filter(({ role, party }) => role !== PARTICIPATION.organizer && party?.id !== user.id)
    const former = view.parties.find(({ role }) => role === PARTICIPATION.organizer)?.party
    if (!isMeeting(view) || former?.id === user.id) return
    const guests = former ? [{ role: PARTICIPATION.required, party: former }] : []
    world.saveRecord({ ...view, parties: [{ role: PARTICIPATION.organizer, party: user }, ...guests, ...others] })
  },

  createItem(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const name = `T${world.next()}.0`
    const categories = c % 3 === 0 ? {} : { categories: [CATEGORY] }
    if (a % 4 === 0)
      put(
        world,
        mailbox,
        contactItem({ lastName: name, displayName: name }, c % 2 ? { marks: { state: 'pending' } } : {}),
      )
    if (a % 4 === 1) put(world, mailbox, taskItem({ subject: name, ...categories }))
    if (a % 4 < 2) return
    const attendees = attendeesOf(world, b, c).map(({ party }) => ({
      address: party ? (world.addressOf(party)?.address ?? '') : OUTSIDE,
      role: 'required' as const,
      answer: 'none' as const,
    }))
    const event = eventItem(
      { subject: name, time: wallOf(world, c), ...categories, ...(attendees.length > 0 && { attendees }) },
      {
        uid: `uid-${world.next()}`,
        role: attendees.length > 0 ? 'organizer' : 'none',
        organizer: { address: mailbox.address },
        ...(a % 4 === 3 && { series: newSeries() }),
      },
    )
    tell(world, mailbox, put(world, mailbox, event), 'written')
  },

  editItem(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const item = one(mailbox.items, a)
    if (!item) return
    const name = `${titleOf(item)?.split('.')[0]}.${world.next()}`
    if (item.kind === 'event' && item.role === 'attendee') world.odd.own.add(tokenOf(name) ?? '')
    const said = c % 2 === 0
    const note = `I${world.next()}`
    const change =
      item.kind === 'contact'
        ? { ...item, fields: { ...item.fields, ...(said ? { lastName: name, displayName: name } : { mobile: note }) } }
        : item.kind === 'task'
          ? { ...item, fields: { ...item.fields, ...(said ? { subject: name } : { body: { text: note } }) } }
          : { ...item, fields: { ...item.fields, ...(said ? { subject: name } : { location: note }) } }
    tell(world, mailbox, world.putItem(mailbox, change), 'written')
  },

  deleteItem(world, a, b) {
    const mailbox = world.mailbox(b)
    const item = one(mailbox.items, a)
    if (!item) return
    world.deleteItem(mailbox, item)
    tell(world, mailbox, item, 'removed')
  },

  /** Out of the bin of the mailbox or of the CRM: the same record, or an item as it was when it was deleted. */
  comeBack(world, a, b) {
    const mailbox = world.mailbox(b >> 1)
    const { deletedItems } = mailbox
    if (b % 2 === 0) {
      const view = world.deletedRecords.splice(a % Math.max(1, world.deletedRecords.length), 1)[0]
      if (!view) return
      world.odd.copied.add(tokenOf(nameOfRecord(view)) ?? '')
      world.saveRecord(view)
      return
    }
    const item = deletedItems.splice(a % Math.max(1, deletedItems.length), 1)[0]
    if (!item) return
    world.odd.copied.add(tokenOf(titleOf(item)) ?? '')
    world.putItem(mailbox, { ...item, ref: world.itemRef(item.ref.folder) })
  },

  moveItem(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const item = one(mailbox.items, a)
    if (!item) return
    // After a crash nobody can tell that it is what a record was made of a moment ago: it does not bear its key yet.
    const link = mailbox.links.find(({ itemId }) => itemId === item.ref.id)
    if (link && link.key !== item.marks.key) world.odd.copied.add(tokenOf(titleOf(item)) ?? '')
    for (const one of mailbox.letters)
      if (one.state === 'asked' && one.attempts > 0 && one.recordId === link?.recordId) one.isOutOfSight = true
    mailbox.items.delete(item.ref.id)
    world.putItem(mailbox, { ...item, ref: world.itemRef(FOLDERS[item.kind][c % 2] as string) })
  },

  copyItem(world, a, b) {
    const mailbox = world.mailbox(b)
    const item = one(mailbox.items, a)
    if (!item || (item.kind === 'event' && mailbox.links.some(({ itemId }) => itemId === item.ref.id))) return
    world.odd.copied.add(tokenOf(titleOf(item)) ?? '')
    put(world, mailbox, item)
  },

  categorize(world, a, b) {
    const mailbox = world.mailbox(b)
    const item = one(mailbox.items, a)
    if (!item || item.kind === 'contact') return
    const { categories = [], ...fields } = item.fields
    const now = categories.includes(CATEGORY) ? {} : { categories: [CATEGORY] }
    // Past copies of a service activity that was deleted stay with their owners (AP-80), who each may make something of theirs.
    const token = tokenOf(titleOf(item)) ?? ''
    const isThere = [...world.records.values()].some((view) => tokenOf(nameOfRecord(view)) === token)
    if (world.odd.services.has(token) && !isThere) world.odd.copied.add(token)
    world.putItem(mailbox, { ...item, fields: { ...fields, ...now } } as Item)
  },

  untrack(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const link = mailbox.links[a % Math.max(1, mailbox.links.length)]
    if (link?.state !== 'linked' || link.itemId === undefined || !mailbox.items.has(link.itemId)) return
    mailbox.untrack.set(link.itemId, c % 2 ? 'keep' : 'delete')
  },

  changeFilters(world, a, b, c) {
    const kind = (['appointment', 'contact', 'task'] as const)[a % 3] as 'task'
    world.mailbox(b).filters[kind] = (['own', 'all', 'none'] as const)[c % 3] as 'own'
  },

  changeAccess(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const { denied, may } = mailbox
    const view = one(world.records, a)
    if (c % 4 === 0 && view && !denied.delete(view.id)) denied.add(view.id)
    if (c % 4 === 1) {
      may.write = !may.write
      mailbox.wasRestricted = true
    }
    if (c % 4 === 2) may.delete = !may.delete
    if (c % 4 === 3) may.create = !may.create
  },

  answer(world, _a, b, c) {
    const mailbox = world.mailbox(b)
    for (const question of mailbox.questions.values()) question.yes ??= c % 2 === 0
    if (mailbox.asked.size > 0) mailbox.cycleAnswer = c % 2 === 0 ? { upTo: 100 } : 'no'
  },

  /** Mail to attendees is late, or arrives again. */
  holdPost(world, a) {
    world.isPostHeld = a % 2 === 0
    if (!world.isPostHeld) world.deliver()
  },

  /** What a process asked for that has died since is made now. */
  arriveLate(world) {
    for (const make of world.late.splice(0)) make()
  },

  /** A folder is shared for reading only, or given back. */
  lockFolder(world, a, b) {
    const mailbox = world.mailbox(b)
    const folder = FOLDERS[(['event', 'contact', 'task'] as const)[a % 3] ?? 'task'][1]
    if (!mailbox.readOnly.delete(folder)) mailbox.readOnly.add(folder)
    mailbox.wasRestricted = true
  },

  /** What another tool, or another organization, has linked before (AP-10). */
  foreignItem(world, a, b) {
    const name = `T${world.next()}.0`
    const marks = { key: `foreign-${name}`, recordId: `foreign-${name}`, recordType: 'task', organization: 'another' }
    const item = a % 2 ? taskItem({ subject: name }) : contactItem({ lastName: name, displayName: name })
    put(world, world.mailbox(b), { ...item, marks })
  },

  timePasses(world, a) {
    world.tick([60, 24 * 60, 5 * 24 * 60][a % 3])
  },
}

/** Open, done, cancelled. */
const MEETING_STATES = [
  [3, 5],
  [1, 3],
  [2, 4],
]
const STATES: Partial<Record<RecordView['table'], readonly (readonly number[])[]>> = {
  task: [
    [0, 2],
    [1, 5],
    [2, 6],
  ],
  [SERVICE]: [
    [3, 4],
    [1, 8],
    [2, 9],
  ],
}

function one<T>(all: ReadonlyMap<string, T>, at: number): T | undefined {
  return [...all.values()][at % Math.max(1, all.size)]
}

function put(world: World, mailbox: Mailbox, item: Item): Item {
  return world.putItem(mailbox, { ...item, ref: world.itemRef(FOLDERS[item.kind][0]) })
}

function timeOf(world: World, c: number) {
  const start = new Date(world.now.getTime() + (c % 2 === 0 ? 72 : c % 3 === 0 ? -5 : 30) * HOUR)
  return { scheduledstart: start, scheduledend: new Date(start.getTime() + HOUR), isalldayevent: false }
}

function wallAt(date: Date): string {
  return localOf(date.getTime(), 'Europe/Berlin')
}

function wallOf(world: World, c: number) {
  const { scheduledstart, scheduledend } = timeOf(world, c)
  return { allDay: false, start: wallAt(scheduledstart), end: wallAt(scheduledend), zone: 'Europe/Berlin' }
}

function attendeesOf(world: World, organizer: number, c: number) {
  const role = PARTICIPATION.required
  const users = world.mailboxes.filter(
    ({ index }) => index !== organizer % world.mailboxes.length && (c >> index) % 2 === 1,
  )
  const outside = c % 7 === 0 ? [{ role, address: OUTSIDE }] : []
  return [...users.map(({ user }) => ({ role, party: user })), ...outside] as RecordView['parties']
}

/** Whom a service activity needs: some of the users, and a customer or none. */
function resourcesOf(world: World, c: number): RecordView['parties'] {
  const users = world.mailboxes.filter(({ index }) => (c >> index) % 2 === 0)
  const customer = c % 3 === 0 ? [{ role: PARTICIPATION.customer, address: OUTSIDE }] : []
  return [...users.map(({ user }) => ({ role: PARTICIPATION.resource, party: user })), ...customer]
}

function withAttendees(world: World, c: number, { parties }: RecordView): RecordView['parties'] {
  const organizer = parties.filter(({ role }) => role === PARTICIPATION.organizer)
  const index = world.mailboxes.findIndex(({ user }) => user.id === organizer[0]?.party?.id)
  return [...organizer, ...attendeesOf(world, Math.max(0, index), c)]
}
