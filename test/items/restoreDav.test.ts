import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restorable } from '#items'
import type { ItemKind } from '#mailbox'
import { restoreItem } from '#sync'
import { type DavOffice, openDavOffice, SERVERS } from './support/davOffice.ts'

/** What no program but its own knows of an item. */
const UNKNOWN = {
  event: ['X-MOON;X-PHASE=full:high', 'BEGIN:VALARM', 'ACTION:EMAIL', 'TRIGGER:-PT10M', 'X-SOUND:gong'],
  contact: ['X-MOON;X-PHASE=full:high', 'item7.X-ABLABEL:Oddity', 'PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQ=='],
  task: ['X-MOON;X-PHASE=full:high', 'X-APPLE-SORT-ORDER:7'],
} as const

describe.each(SERVERS)('restoring on %s', (server) => {
  let office: DavOffice
  beforeAll(async () => {
    office = await openDavOffice(server)
  }, 60_000)
  afterAll(async () => office?.close())

  const as = () => ({ kind: 'user', id: office.person.id }) as const
  const copies = () => restorable(office.regarding, as(), office.person.mailboxId)
  const quiet = async () => {
    expect(await office.cycle()).toMatchObject({ failed: 0, asked: 0 })
    expect(await office.cycle()).toMatchObject({ seen: 0, createdItems: 0, createdRecords: 0 })
    await office.later(5)
  }
  /** Nobody is told, by mail or by the server. */
  const restore = async (side: 'record' | 'item') => {
    const copy = (await copies()).find((one) => one.side === side)
    if (!copy) throw new Error(`There is no copy of a ${side}.`)
    const [told] = [office.told(), await office.later(1)]
    expect(await restoreItem(office.regarding, as(), copy.id)).toEqual({ left: [] })
    await quiet()
    expect(office.told()).toBe(told)
  }
  const hasUnknown = async (kind: ItemKind, title: string) => {
    const { text } = await office.textOf(kind, title)
    // Whoever asks Cyrus for version 3 of a card that is stored in version 4 gets its photo cut.
    const lines = UNKNOWN[kind].filter((line) => server === 'Radicale' || !line.startsWith('PHOTO'))
    for (const line of lines) expect(unfolded(text)).toContain(line)
  }

  it('B-41: an appointment that left the filters comes back as it was, to the last line', async () => {
    const alarm = ['BEGIN:VALARM', 'ACTION:EMAIL', 'TRIGGER:-PT10M', 'X-SOUND:gong', 'SUMMARY:Go', 'DESCRIPTION:Go']
    const lines = [
      ...time(2),
      ...invited(office.person.address),
      'LOCATION:Berlin',
      'X-MOON;X-PHASE=full:high',
      ...alarm,
      'END:VALARM',
    ]
    await office.put('event', 'pumps.ics', vevent('Pumps', lines))
    await quiet()
    const record = await office.recordOf('appointment', 'Pumps')
    await office.change(record, { location: 'Hamburg' })
    await quiet()
    const before = (await office.textOf('event', 'Pumps')).text
    await office.withoutFilters('appointment', async () => {
      expect(await office.cycle()).toMatchObject({ removedItems: 1 })
      expect(await office.count('event')).toBe(0)
      await restore('item')
    })
    await hasUnknown('event', 'Pumps')
    expect(substance((await office.textOf('event', 'Pumps')).text)).toEqual(substance(before))
    await office.change(record, { location: 'Bremen' })
    expect(await office.cycle()).toMatchObject({ updatedItems: 1, createdItems: 0, failed: 0 })
    await hasUnknown('event', 'Pumps')
  })

  it('B-41, AP-72: a series comes back with its exceptions and cancelled occurrences, to the last line', async () => {
    const id = `UID:series-${server}`
    const repeated = ['RRULE:FREQ=WEEKLY;COUNT=6', 'EXDATE:20260311T100000Z', 'X-MOON;X-PHASE=full:high']
    const master = [id, ...stamped('Weekly'), ...time(4), ...repeated, 'CATEGORIES:$Tracked']
    const moved = ['RECURRENCE-ID:20260318T100000Z', 'DTSTART:20260318T140000Z', 'DTEND:20260318T150000Z']
    const exception = [id, ...stamped('Weekly, long'), ...moved, 'X-EXCEPTION:1']
    await office.put('event', 'weekly.ics', calendar(['VEVENT', master], ['VEVENT', exception]))
    await quiet()
    const record = await office.recordOf('recurringappointmentmaster', 'Weekly')
    await office.change(record, { location: 'Here' })
    await quiet()
    const before = (await office.textOf('event', 'Weekly')).text
    await office.withoutFilters('recurringappointmentmaster', async () => {
      expect(await office.cycle()).toMatchObject({ removedItems: 1 })
      await restore('item')
    })
    expect(substance((await office.textOf('event', 'Weekly')).text)).toEqual(substance(before))
    expect(before).toContain('X-EXCEPTION:1')

    const cancelled = ['2026-03-11T10:00:00', '2026-03-25T10:00:00']
    await office.change(record, { deletedexceptionslist: cancelled.join(',') })
    await quiet()
    expect((await office.textOf('event', 'Weekly')).text).toContain('20260325T100000Z')
    await restore('item')
    expect(substance((await office.textOf('event', 'Weekly')).text)).toEqual(substance(before))
    expect(await office.row(record)).toMatchObject({ deletedexceptionslist: cancelled[0] })
  })

  it('B-41, CT-30: a contact comes back with its photo and what Regarding does not know of it', async () => {
    const { person } = office
    const dora = { lastname: 'Lind', firstname: 'Dora', emailaddress1: 'dora@lind.example' }
    const record = await office.create('contact', dora)
    await quiet()
    const { name, text } = await office.textOf('contact', 'Dora Lind')
    await office.put('contact', name, text.replace(/^(UID.*\r?\n)/m, `$1${UNKNOWN.contact.join('\r\n')}\r\n`))
    await quiet()
    const other = await office.somebody()
    await office.change(record, { ownerid: other })
    expect(await office.cycle()).toMatchObject({ removedItems: 1 })
    await restore('item')
    await hasUnknown('contact', 'Dora Lind')
    await office.change(record, { ownerid: { table: 'systemuser', id: person.id }, jobtitle: 'Boss' })
    await quiet()
    await hasUnknown('contact', 'Dora Lind')

    await office.change(record, { jobtitle: 'Chief' })
    await quiet()
    await restore('item')
    expect(unfolded((await office.textOf('contact', 'Dora Lind')).text)).toContain('TITLE:Boss')
    expect(await office.row(record)).toMatchObject({ jobtitle: 'Boss' })
    await hasUnknown('contact', 'Dora Lind')
  })

  it('B-41, TK-31: a task that was deleted in the list comes back in the CRM; what was overwritten in either comes back there', async () => {
    await office.put('task', 'call.ics', vtodo('Call', ['DESCRIPTION:Line\\nline', ...UNKNOWN.task]))
    await quiet()
    const record = await office.recordOf('task', 'Call')
    await office.change(record, { subject: 'Call again', prioritycode: 2 })
    await quiet()
    await hasUnknown('task', 'Call again')
    await restore('item')
    expect(await office.row(record)).toMatchObject({ subject: 'Call' })
    await hasUnknown('task', 'Call')

    const { name, text } = await office.textOf('task', 'Call')
    await office.put('task', name, text.replace('SUMMARY:Call', 'SUMMARY:Called'))
    expect(await office.cycle()).toMatchObject({ updatedRecords: 1 })
    await restore('record')
    await hasUnknown('task', 'Call')

    await office.delete('task', 'Call')
    expect(await office.cycle()).toMatchObject({ deletedRecords: 1 })
    expect(await office.row(record)).toBeUndefined()
    await restore('record')
    expect(await office.row(record)).toMatchObject({ subject: 'Call', description: 'Line\nline' })
    await quiet()
    expect(await office.count('task')).toBe(0)
  })
})

const invited = (address: string) => [
  `ORGANIZER;CN=Dora:mailto:${address}`,
  `ATTENDEE;CN=Dora;PARTSTAT=ACCEPTED:mailto:${address}`,
  'ATTENDEE;CN=Zoe;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:zoe@outside.example',
]
const time = (day: number) => [`DTSTART:2026030${day}T100000Z`, `DTEND:2026030${day}T110000Z`]
const stamped = (subject: string) => ['DTSTAMP:20260101T000000Z', `SUMMARY:${subject}`]

let made = 0
const vevent = (subject: string, lines: readonly string[]) =>
  calendar(['VEVENT', [`UID:event-${++made}`, ...stamped(subject), 'CATEGORIES:$Tracked', ...lines]])
const vtodo = (subject: string, lines: readonly string[]) =>
  calendar(['VTODO', [`UID:task-${++made}`, ...stamped(subject), 'CATEGORIES:$Tracked', ...lines]])

function calendar(...components: (readonly [string, readonly string[]])[]): string {
  const inner = components.flatMap(([name, lines]) => [`BEGIN:${name}`, ...lines, `END:${name}`])
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Tests', ...inner, 'END:VCALENDAR', ''].join('\r\n')
}

const unfolded = (text: string) => text.replaceAll(/\r?\n[ \t]/g, '')

/** The lines of an item without those that say when and how often it was written. */
function substance(text: string): string[] {
  const lines = unfolded(text)
    .replaceAll(/;SCHEDULE-(AGENT|STATUS)=("[^"]*"|[^;:\r\n]*)/g, '')
    .split(/\r?\n/)
  return lines
    .filter((line) => !/^(DTSTAMP|LAST-MODIFIED|CREATED|SEQUENCE|REV|UID|X-REGARDING[^:]*)[;:]/.test(line))
    .sort()
}
