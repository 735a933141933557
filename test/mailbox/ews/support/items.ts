import type { Item, MeetingMail, NewItem } from '#mailbox'
import { parseHeaders } from '#mime'
import {
  addEvent,
  type CalendarEvent,
  changeEvent,
  findProperty,
  type Mailbox as Kept,
  type Item as KeptItem,
  NO_CONTACT,
  newUid,
  PROPERTY_SETS,
  type PropertyName,
  type Recurrence,
  removeEvent,
  type User,
  withProperties,
} from '#sandbox'
import type { ItemBench, ItemOtherSide } from '../../conformance/items/bench.ts'
import { type Exchange, openExchange } from './sandbox.ts'

/** Billing information: a property of every item that no field of ours tells. */
const UNKNOWN: PropertyName = { type: 'String', set: PROPERTY_SETS.Common, id: 0x8535 }

export async function itemBench(exchange: Exchange, more: Parameters<typeof openExchange>[2] = {}): Promise<ItemBench> {
  const person = exchange.addPerson()
  const mailbox = await openExchange(exchange, person, more)
  if (!mailbox.items) throw new Error('The mailbox has no items')
  return {
    mailbox,
    items: mailbox.items,
    address: person.address,
    other: itemOtherSide(exchange, person),
    close: () => Promise.resolve(),
  }
}

/** The owner at her Outlook, straight at what the mailbox keeps. */
function itemOtherSide(exchange: Exchange, person: User): ItemOtherSide {
  const { mailbox } = person
  const { world } = exchange
  const act = { world, user: person, notify: false }
  const there = (path: readonly string[], title: string): KeptItem => {
    const found = mailbox.items(folderAt(mailbox, path)).find((item) => titleIn(item) === title)
    if (!found) throw new Error(`${title} is not in ${path.join('/')}`)
    return found
  }
  const make = (path: readonly string[], item: NewItem) => {
    const folder = folderAt(mailbox, path)
    if (item.kind === 'event')
      return addEvent(act, folder, { ...(keptEvent(item, person) as CalendarEvent), uid: newUid(world) })
    return Promise.resolve(mailbox.add<KeptItem>(folder, kept(item) as never))
  }
  return {
    async make(path, item) {
      await make(path, item)
    },
    async change(path, title, patch) {
      const item = there(path, title)
      if (patch.kind === 'contact')
        return void mailbox.update(item.id, { displayName: patch.set?.displayName } as never)
      if (patch.kind === 'task') return void mailbox.update(item.id, { subject: patch.set?.subject } as never)
      const { subject } = patch.set ?? {}
      if (subject !== undefined) await changeEvent(act, item.id, { subject })
      for (const occurrence of patch.occurrences ?? []) {
        const originalStart = { local: occurrence.originalStart, zone: (item as CalendarEvent).start.zone }
        if ('cancel' in occurrence) await removeEvent(act, item.id, originalStart)
        else await changeEvent(act, item.id, { location: occurrence.set?.location ?? '' }, { originalStart })
      }
    },
    async delete(path, title) {
      mailbox.delete(there(path, title).id)
    },
    async move(path, title, to) {
      mailbox.move(there(path, title).id, folderAt(mailbox, to))
    },
    async createFolder(kind, path) {
      mailbox.createFolder(folderAt(mailbox, path.slice(0, -1)), path.at(-1) as string, kind)
    },
    async list(path) {
      return mailbox.items(folderAt(mailbox, path)).map((item) => seen(item, folderAt(mailbox, path)))
    },
    async putUnknown(path, title) {
      const item = there(path, title)
      const properties = withProperties(item.properties, [{ property: UNKNOWN, value: 'C-17' }])
      mailbox.update(item.id, { properties })
    },
    async hasUnknown(path, title) {
      return findProperty(there(path, title).properties, UNKNOWN)?.value === 'C-17'
    },
    async invalidateCursor(path) {
      mailbox.forgetChanges(folderAt(mailbox, path))
      world.faults.inject({ fault: { kind: 'cursorLost' }, mailbox: person.address, operation: 'SyncFolderItems' })
    },
    loseNextAnswer() {
      world.faults.inject({ fault: { kind: 'cutAfter' }, operation: 'CreateItem' })
    },
    async meetingMail() {
      return mailbox.items(mailbox.wellKnown('sentitems').id).flatMap(meetingMailOf)
    },
    async invite(organizer, item) {
      const boss = world.find(organizer) ?? world.addUser({ address: organizer, name: 'The Boss' })
      const attendee = { name: person.name, address: person.address, type: 'required', answer: 'none' } as const
      const event = { ...(keptEvent(item, boss) as CalendarEvent), uid: newUid(world), attendees: [attendee] }
      await addEvent({ world, user: boss, notify: true }, boss.mailbox.wellKnown('calendar').id, event)
    },
  }
}

function folderAt(mailbox: Kept, path: readonly string[]): string {
  let { id } = mailbox.wellKnown('msgfolderroot')
  for (const name of path) {
    const found = mailbox.children(id).find((folder) => folder.name === name)
    if (!found) throw new Error(`There is no folder ${path.join('/')}`)
    id = found.id
  }
  return id
}

function titleIn(item: KeptItem): string {
  if (item.kind === 'message') return item.headers.subject
  return (item.kind === 'contact' ? item.displayName : item.subject) ?? ''
}

/** What the suite asks of the truth: the title, and which item it is. */
function seen(item: KeptItem, folder: string): Item {
  const fields = item.kind === 'contact' ? { displayName: item.displayName } : { subject: titleIn(item) }
  const ref = { folder, id: item.entryId, version: item.changeKey }
  return { kind: item.kind, ref, fields, marks: {}, modified: item.modified, attachments: [] } as unknown as Item
}

function kept(item: Exclude<NewItem, { kind: 'event' }>) {
  if (item.kind === 'contact') {
    const { displayName, firstName, email1 } = item.fields
    return { ...NO_CONTACT, displayName, givenName: firstName, emails: email1 ? [{ address: email1 }] : [] }
  }
  return {
    kind: 'task',
    subject: item.fields.subject ?? '',
    body: { type: 'text', content: '' },
    status: 'notStarted',
    percent: 0,
    importance: 'normal',
    sensitivity: 'normal',
    checklist: [],
    attachments: [],
  }
}

function keptEvent({ fields, series }: NewItem & { kind: 'event' }, owner: User): Partial<CalendarEvent> {
  const zone = 'W. Europe Standard Time'
  const [day] = fields.time.start.split('T')
  const recurrence: Recurrence = {
    pattern: { type: 'weekly', interval: 1, days: ['monday'], firstDay: 'sunday' },
    start: day as string,
    count: 10,
  }
  return {
    kind: 'event',
    subject: fields.subject ?? '',
    body: { type: 'text', content: fields.body?.text ?? '' },
    location: fields.location ?? '',
    start: { local: fields.time.start, zone },
    end: { local: fields.time.end, zone },
    allDay: fields.time.allDay,
    showAs: 'busy',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: undefined,
    attendees: [],
    answer: 'none',
    cancelled: false,
    sequence: 0,
    organizer: { name: owner.name, address: owner.address },
    mine: true,
    responseRequested: true,
    exceptions: [],
    online: false,
    attachments: [],
    ...(series && { recurrence }),
  }
}

const KINDS: Readonly<Record<string, MeetingMail['kind']>> = { REQUEST: 'request', CANCEL: 'cancel', REPLY: 'answer' }

function meetingMailOf(item: KeptItem): MeetingMail[] {
  if (item.kind !== 'message') return []
  const text = Buffer.from(item.mime).toString()
  const kind = KINDS[/method="?(REQUEST|CANCEL|REPLY)/i.exec(text)?.[1]?.toUpperCase() ?? '']
  if (!kind) return []
  const { to, from } = parseHeaders(Buffer.from(item.mime))
  return to.map(({ address }) => ({
    kind,
    at: item.sent,
    from: from[0]?.address ?? '',
    to: address,
    uid: /UID:(.*)/.exec(text)?.[1] ?? '',
  }))
}
