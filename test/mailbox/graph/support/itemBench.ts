import type { Item, MeetingMail, NewItem } from '#mailbox'
import {
  addEvent,
  type CalendarEvent,
  type Contact,
  changeEvent,
  type New,
  NO_CONTACT,
  newUid,
  type Recurrence,
  removeEvent,
  type Sandbox,
  type Item as Stored,
  type Task,
  type User,
} from '#sandbox'
import { type Clock, systemClock } from '#time'
import type { ItemBench, ItemOtherSide } from '../../conformance/items/bench.ts'
import { type Ground, startGround } from './bench.ts'

/** A fresh mailbox with empty calendar, contacts and tasks for a conformance test. */
export async function graphItemBench(clock: Clock = systemClock): Promise<ItemBench> {
  const ground = await startGround(clock)
  const mailbox = await ground.open()
  if (!mailbox.items) throw new Error('Exchange Online has no items')
  return {
    mailbox,
    items: mailbox.items,
    address: ground.user.address,
    other: itemHands(ground),
    close: () => ground.sandbox.close(),
  }
}

const BERLIN = 'W. Europe Standard Time'

/** The owner at Outlook, straight in the model. */
function itemHands({ sandbox, user }: Ground): ItemOtherSide {
  const { world, faults } = sandbox
  const { mailbox } = user
  const quiet = { world, user, notify: false }
  const folderAt = (path: readonly string[]) => {
    const [first = '', ...rest] = path
    const mains = mailbox.folders().filter(({ kind, wellKnown }) => kind !== 'message' && wellKnown)
    let at = mains.find(({ name }) => name === first)
    for (const name of rest) at = at && mailbox.children(at.id).find((folder) => folder.name === name)
    if (!at) throw new Error(`There is no folder ${path.join('/')}`)
    return at
  }
  const itemAt = (path: readonly string[], title: string) => {
    const found = mailbox.items(folderAt(path).id).find((item) => titleOf(item) === title)
    if (!found) throw new Error(`${title} is not in ${path.join('/')}`)
    return found
  }
  return {
    async make(path, item) {
      const folder = folderAt(path).id
      if (item.kind === 'event') await addEvent(quiet, folder, storedEvent(sandbox, user, item))
      else if (item.kind === 'contact')
        mailbox.add<Contact>(folder, { ...NO_CONTACT, displayName: item.fields.displayName })
      else mailbox.add<Task>(folder, storedTask(item.fields.subject ?? ''))
    },
    async change(path, title, patch) {
      const { id } = itemAt(path, title)
      if (patch.kind === 'contact') mailbox.update<Contact>(id, { displayName: patch.set?.displayName })
      else if (patch.kind === 'task') mailbox.update<Task>(id, { subject: patch.set?.subject ?? '' })
      else {
        if (patch.set?.subject !== undefined) await changeEvent(quiet, id, { subject: patch.set.subject })
        for (const one of patch.occurrences ?? []) {
          const originalStart = { local: one.originalStart, zone: BERLIN }
          if ('cancel' in one) await removeEvent(quiet, id, originalStart)
          else await changeEvent(quiet, id, { location: one.set?.location ?? '' }, { originalStart })
        }
      }
    },
    delete: (path, title) => done(() => mailbox.delete(itemAt(path, title).id)),
    move: (path, title, to) => done(() => mailbox.move(itemAt(path, title).id, folderAt(to).id)),
    createFolder: (kind, path) =>
      done(() => mailbox.createFolder(folderAt(path.slice(0, -1)).id, path.at(-1) as string, kind)),
    list: (path) => Promise.resolve(mailbox.items(folderAt(path).id).map(told)),
    putUnknown: (path, title) =>
      done(() => {
        const item = itemAt(path, title)
        if (item.kind === 'event') mailbox.update<CalendarEvent>(item.id, { responseRequested: false })
        else if (item.kind === 'contact') mailbox.update<Contact>(item.id, { profession: 'Astronaut' })
        else
          mailbox.update<Task>(item.id, {
            checklist: [{ id: 'c1', text: 'Moon', checked: false, created: new Date() }],
          })
      }),
    hasUnknown: (path, title) => {
      const item = itemAt(path, title)
      if (item.kind === 'event') return Promise.resolve(!item.responseRequested)
      if (item.kind === 'contact') return Promise.resolve(item.profession === 'Astronaut')
      return Promise.resolve(item.kind === 'task' && item.checklist.some(({ text }) => text === 'Moon'))
    },
    invalidateCursor: (path) =>
      done(() => {
        const { kind } = folderAt(path)
        const deltas = {
          event: 'GET /calendars/{id}/calendarView/delta',
          contact: 'GET /contactFolders/{id}/contacts/delta',
          task: 'GET /todo/lists/{id}/tasks/delta',
          message: '',
        }
        faults.inject({ fault: { kind: 'cursorLost' }, operation: deltas[kind] })
      }),
    loseNextAnswer() {
      for (const operation of [
        'POST /calendars/{id}/events',
        'POST /contactFolders/{id}/contacts',
        'POST /todo/lists/{id}/tasks',
      ])
        faults.inject({ fault: { kind: 'cutAfter' }, operation })
    },
    meetingMail: () => Promise.resolve(meetingMailOf(user)),
    async invite(organizer, item) {
      const boss = world.find(organizer) ?? world.addUser({ address: organizer, name: organizer })
      const event = storedEvent(sandbox, boss, item)
      const attendee = { name: user.name, address: user.address, type: 'required', answer: 'none' } as const
      const calendar = boss.mailbox.wellKnown('calendar').id
      await addEvent({ world, user: boss, notify: true }, calendar, { ...event, attendees: [attendee] })
    },
  }
}

function storedEvent({ world }: Sandbox, user: User, item: NewItem & { kind: 'event' }): New<CalendarEvent> {
  const { fields, series } = item
  return {
    kind: 'event',
    uid: newUid(world),
    sequence: 0,
    subject: fields.subject ?? '',
    body: { type: 'html', content: '' },
    location: '',
    start: { local: fields.time.start, zone: BERLIN },
    end: { local: fields.time.end, zone: BERLIN },
    allDay: false,
    showAs: 'busy',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: undefined,
    attendees: [],
    answer: 'organizer',
    cancelled: false,
    organizer: { name: user.name, address: user.address },
    mine: true,
    responseRequested: true,
    exceptions: [],
    online: false,
    attachments: [],
    ...(series && { recurrence: weekly(fields.time.start, series.recurrence.end) }),
  }
}

/** Every Monday: what the suite makes by the owner's hand. */
function weekly(start: string, end: { count: number } | { until: string } | undefined): Recurrence {
  const pattern = { type: 'weekly', interval: 1, days: ['monday'], firstDay: 'monday' } as const
  return {
    pattern: { ...pattern, days: ['monday'] },
    start: start.slice(0, 10),
    ...(end && 'count' in end && { count: end.count }),
  }
}

function storedTask(subject: string): New<Task> {
  return {
    kind: 'task',
    subject,
    body: { type: 'text', content: '' },
    status: 'notStarted',
    percent: 0,
    importance: 'normal',
    sensitivity: 'normal',
    checklist: [],
    attachments: [],
  }
}

function titleOf(item: Stored): string {
  if (item.kind === 'contact') return item.displayName ?? ''
  return item.kind === 'message' ? item.headers.subject : item.subject
}

/** As far as the suite looks at the truth: kind and title. */
function told(item: Stored): Item {
  const title = titleOf(item)
  const fields = item.kind === 'contact' ? { displayName: title } : { subject: title }
  const id = item.id.replaceAll('/', '-').replaceAll('+', '_')
  return { kind: item.kind, ref: { folder: item.folder, id, version: '' }, fields } as Item
}

/** What went out about meetings, by the mailbox's Sent Items. */
function meetingMailOf(user: User): MeetingMail[] {
  const sent = user.mailbox.items(user.mailbox.wellKnown('sentitems').id)
  return sent.flatMap((item) => {
    if (item.kind !== 'message') return []
    const method = /method=(\w+)/i.exec(Buffer.from(item.mime).toString('latin1'))?.[1]?.toUpperCase()
    const kind = { REQUEST: 'request', CANCEL: 'cancel', REPLY: 'answer' }[method ?? ''] as
      | MeetingMail['kind']
      | undefined
    if (!kind) return []
    return item.headers.to.map(({ address }) => ({ kind, at: item.created, from: user.address, to: address, uid: '' }))
  })
}

function done(work: () => unknown): Promise<void> {
  work()
  return Promise.resolve()
}
