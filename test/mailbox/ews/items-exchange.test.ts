import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContactFields, ItemMailbox, Mailbox, NewContact, TaskFields } from '#mailbox'
import { type CalendarEvent, type Contact, type Task, type User, withProperties } from '#sandbox'
import { dayNear } from '../../../src/mailbox/ews/items/days.ts'
import { contact, event, sample, task, titleOf, weekly } from '../conformance/items/samples.ts'
import { ItemCopy, mainFolder, QUIET, readEvent, readOne, retitle, use, writable } from '../conformance/items/use.ts'
import { failure } from '../conformance/use.ts'
import { answer, emptyMailbox, failed } from './support/answers.ts'
import { itemBench } from './support/items.ts'
import { type Exchange, openExchange, startExchange } from './support/sandbox.ts'
import { startServer } from './support/server.ts'

let exchange: Exchange
let person: User
let mailbox: Mailbox
let items: ItemMailbox
beforeAll(async () => {
  exchange = await startExchange()
  person = exchange.addPerson()
  mailbox = await openExchange(exchange, person)
  items = mailbox.items as ItemMailbox
})
afterAll(async () => {
  await mailbox.close()
  await exchange.close()
})

let keys = 0
const key = () => `key-${++keys}`

describe('contacts of Exchange', () => {
  const TEXTS =
    'displayName prefix firstName middleName lastName suffix nickname yomiFirstName yomiLastName email1 email2 email3 businessPhone businessPhone2 businessFax callback companyPhone homePhone homePhone2 mobile otherPhone pager assistantPhone assistant manager company department jobTitle spouse governmentId ftpSite webPage'.split(
      ' ',
    )
  const text = fc.stringMatching(/^[a-z][a-z0-9@.]{0,20}$/)
  const day = fc.date({ min: new Date(0), max: new Date('2090-01-01'), noInvalidDate: true })
  const anyFields: fc.Arbitrary<ContactFields> = fc
    .tuple(
      fc.dictionary(fc.constantFrom(...TEXTS), text, { minKeys: 1 }),
      fc.record(
        {
          businessAddress: fc.record({ street: text, city: text }, { requiredKeys: ['city'] }),
          homeAddress: fc.record({ country: text, postalCode: text }, { requiredKeys: ['country'] }),
          mailingAddress: fc.constantFrom('business' as const, 'home' as const, 'other' as const),
          birthday: day.map((date) => date.toISOString().slice(0, 10)),
          anniversary: day.map((date) => date.toISOString().slice(0, 10)),
        },
        { requiredKeys: [] },
      ),
    )
    .map(([texts, others]) => ({ ...texts, ...others }))

  test('FD-23: every text, number, address and day is read as it was written, at its place, and can be emptied', async () => {
    const { id } = await mainFolder(items, 'contact')
    await fc.assert(
      fc.asyncProperty(anyFields, anyFields, async (first, second) => {
        const made = await items.create(id, { kind: 'contact', fields: first }, key(), QUIET)
        expect((await readOne(items, made)).fields).toEqual(first)
        const clear = Object.keys(first).filter((name) => !(name in second)) as (keyof ContactFields)[]
        const ref = await items.update(made, { kind: 'contact', set: second, clear }, QUIET)
        expect((await readOne(items, ref)).fields).toEqual(second)
      }),
      { numRuns: 25, endOnFailure: true },
    )
  })

  test('FD-23: no day is lost, whoever wrote it, wherever she was', () => {
    for (const text of [
      '1980-02-29T00:00:00Z',
      '1980-02-28T23:00:00Z', // midnight in Berlin
      '1980-02-28T14:00:00Z', // midnight in Sydney
      '1980-02-29T08:00:00Z', // midnight in Los Angeles
      '1980-02-29T11:59:00Z',
    ])
      expect(dayNear(text)).toBe('1980-02-29')
    expect(dayNear(undefined)).toBeUndefined()
  })

  test('B-41: a contact that is made is filed under its name, and one that comes back as it was', async () => {
    const { id } = await mainFolder(items, 'contact')
    const made = await items.create(id, contact('Ada', { firstName: 'Ada', lastName: 'Adler' }), key(), QUIET)
    const kept = () => person.mailbox.items(id).at(-1) as Contact
    expect(kept().fileAs).toBe('Adler, Ada')
    person.mailbox.update<Contact>(kept().id, { fileAs: 'Frau Adler', officeLocation: 'B 4', imAddresses: ['ada'] })
    const { rest, ref, fields } = await readOne(items, made)
    await items.remove(ref, QUIET)
    await items.create(id, { kind: 'contact', fields, rest } as NewContact, key(), QUIET)
    expect(kept()).toMatchObject({ fileAs: 'Frau Adler', officeLocation: 'B 4', imAddresses: ['ada'] })
  })
})

describe('tasks of Exchange', () => {
  test('FD-26: status and percentage are each what was written, though Exchange ties them', async () => {
    const { id } = await mainFolder(items, 'task')
    const made = await items.create(id, task('Call', { status: 'inProgress', percent: 40 }), key(), QUIET)
    const waiting = await items.update(made, { kind: 'task', set: { status: 'notStarted' } }, QUIET)
    expect((await readOne(items, waiting)).fields).toMatchObject({ status: 'notStarted', percent: 40 })
    const set: Partial<TaskFields> = { status: 'completed', completed: '2026-03-28' }
    const done = await items.update(waiting, { kind: 'task', set }, QUIET)
    expect((await readOne(items, done)).fields).toMatchObject({ ...set, percent: 100 })
    const again = await items.update(done, { kind: 'task', set: { status: 'deferred' }, clear: ['completed'] }, QUIET)
    const { fields } = await readOne(items, again)
    expect(fields).toMatchObject({ status: 'deferred' })
    expect(fields).not.toHaveProperty('completed')
  })

  test('law 10: a day of completion without completion is refused by name', async () => {
    const { id } = await mainFolder(items, 'task')
    const odd = task('Odd', { status: 'waiting', completed: '2026-03-28' })
    expect(await failure(() => items.create(id, odd, key(), QUIET))).toMatchObject({ kind: 'unsupported' })
  })

  test('TK-10: how a task repeats is told, and a change leaves it alone', async () => {
    const { id } = await mainFolder(items, 'task')
    const made = await items.create(id, task('Water the plants'), key(), QUIET)
    const kept = person.mailbox.items(id).at(-1) as Task
    const recurrence = { pattern: { type: 'daily', interval: 3 }, start: '2026-03-01' } as const
    person.mailbox.update<Task>(kept.id, { recurrence })
    const read = await readOne(items, made)
    expect(read).toMatchObject({ recurrence: { frequency: 'daily', interval: 3 }, assigned: false })
    await items.update(read.ref, retitle('task', 'Water them'), QUIET)
    expect(person.mailbox.item(kept.id)).toMatchObject({ subject: 'Water them', recurrence })
  })
})

describe('appointments of Exchange', () => {
  test('AP-20: a property that nobody here knows stays, on the master and on the occurrence', async () => {
    const { id } = await mainFolder(items, 'event')
    const made = await items.create(id, weekly('Stand-up'), key(), QUIET)
    const kept = () => person.mailbox.items(id).at(-1) as CalendarEvent
    const property = { type: 'String', set: '11111111-2222-3333-4444-555555555555', name: 'Moon' } as const
    const properties = withProperties(kept().properties, [{ property, value: 'full' }])
    person.mailbox.update<CalendarEvent>(kept().id, { properties })
    const at = { originalStart: '2026-03-16T10:00:00', set: { reminder: 5, showAs: 'free' as const } }
    const { ref } = await readEvent(items, made)
    const now = await items.update(ref, { kind: 'event', set: { location: 'Attic' }, occurrences: [at] }, QUIET)
    expect((await readEvent(items, now)).series).toMatchObject({ exceptions: [{ fields: at.set }] })
    expect(kept().properties).toContainEqual({ property, value: 'full' })
  })

  test('AP-70: an occurrence that lacks what its master has says so', async () => {
    const { id } = await mainFolder(items, 'event')
    const made = await items.create(id, weekly('Lunch', { location: 'Canteen', reminder: 10 }), key(), QUIET)
    const occurrences = [{ originalStart: '2026-03-30T10:00:00', clear: ['location', 'reminder'] as const }]
    const { series } = await readEvent(items, await items.update(made, { kind: 'event', occurrences }, QUIET))
    expect(series).toMatchObject({ exceptions: [{ fields: {}, cleared: ['location', 'reminder'] }] })
  })

  test('law 10: an occurrence that the series does not have is refused, and so are dates added to it', async () => {
    const { id } = await mainFolder(items, 'event')
    const made = await items.create(id, weekly('Lunch'), key(), QUIET)
    const occurrences = [{ originalStart: '2026-03-17T10:00:00', cancel: true as const }]
    expect(await failure(() => items.update(made, { kind: 'event', occurrences }, QUIET))).toMatchObject({
      kind: 'permanent',
      message: expect.stringContaining('2026-03-17T10:00:00') as string,
    })
    const more = weekly('More')
    const series = { ...more.series, added: ['2026-03-12T10:00:00'] } as NonNullable<typeof more.series>
    expect(await failure(() => items.create(id, { ...more, series }, key(), QUIET))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('2026-03-12') as string,
    })
    const fifth = { frequency: 'monthly', interval: 1, byDay: [{ day: 'MO', ordinal: 5 }] } as const
    const odd = event('Fifth', {}, { recurrence: { ...fifth, byDay: [...fifth.byDay] }, cancelled: [], exceptions: [] })
    expect(await failure(() => items.create(id, odd, key(), QUIET))).toMatchObject({ kind: 'unsupported' })
  })

  test('AP-57: one occurrence is answered by itself; what is declined leaves the calendar', async () => {
    const bench = await use(() => itemBench(exchange))
    const { id } = await mainFolder(bench.items, 'event')
    await bench.other.invite?.('boss@contoso.example', weekly('Weekly'))
    const copy = new ItemCopy(bench.items, id)
    await copy.follow()
    const [ref] = copy.refs.values()
    if (!ref) throw new Error('There is no invitation')
    const options = { tell: true, originalStart: '2026-03-23T10:00:00', comment: 'On holiday' }
    const part = await bench.items.respond(ref, 'tentative', options)
    expect((await readEvent(bench.items, part)).series).toMatchObject({
      exceptions: [{ originalStart: options.originalStart, answer: 'tentative' }],
    })
    await bench.items.respond(part, 'declined', { tell: false })
    expect(await bench.items.get(id, [ref.id])).toEqual([])
    expect((await bench.other.meetingMail?.())?.map(({ kind, to }) => `${kind} ${to}`)).toEqual([
      'answer boss@contoso.example',
    ])
  })
})

describe('an Exchange of its own kind', () => {
  test('law 4: an item that is denied or broken is told as such, and the rest of the page goes on', async () => {
    const folders =
      '<t:Create><t:CalendarFolder><t:FolderId Id="cal"/><t:ParentFolderId Id="root"/><t:FolderClass>IPF.Appointment</t:FolderClass><t:DisplayName>Kalender</t:DisplayName></t:CalendarFolder></t:Create>'
    const times = '<t:Start>2026-03-09T09:00:00Z</t:Start><t:End>2026-03-09T10:00:00Z</t:End>'
    const good = `<m:Items><t:CalendarItem><t:ItemId Id="good" ChangeKey="K"/><t:Subject>Good</t:Subject>${times}</t:CalendarItem></m:Items>`
    const server = await startServer((asked) => {
      if (asked.operation === 'GetFolder' && asked.body.includes('"calendar"'))
        return answer(
          'GetFolder',
          ...['cal', 'con', 'tas'].map((id) => `<m:Folders><t:Folder><t:FolderId Id="${id}"/></t:Folder></m:Folders>`),
        )
      if (asked.operation === 'SyncFolderHierarchy')
        return answer(
          asked.operation,
          `<m:SyncState>H</m:SyncState><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange><m:Changes>${folders}</m:Changes>`,
        )
      if (asked.operation === 'GetItem')
        return answer(
          'GetItem',
          failed('ErrorItemCorrupt'),
          good,
          failed('ErrorAccessDenied'),
          failed('ErrorItemNotFound'),
        )
      return emptyMailbox(asked)
    })
    const auth = { kind: 'password', user: 'svc', password: 'x', scheme: 'basic' } as const
    const opened = await openExchange({ ...exchange, url: server.url }, person, { auth })
    const read = await opened.items?.get('cal', ['corrupt', 'good', 'denied', 'gone'])
    expect(read?.map((item) => `${item.ref.id} ${item.kind}`)).toEqual([
      'corrupt unreadable',
      'good event',
      'denied unreadable',
    ])
    expect(read?.[2]).toMatchObject({ error: { kind: 'denied' } })
    await opened.close()
  })

  test.each(['Exchange2010', 'Exchange2013', 'Exchange2016', 'ExchangeSE'] as const)(
    'B-1: %s is told appointments, contacts and tasks in its version',
    async (version) => {
      const old = await startExchange({ version })
      const bench = await use(async () => ({ ...(await itemBench(old)), close: () => old.close() }))
      for (const kind of writable(bench.items)) {
        const { id } = await mainFolder(bench.items, kind)
        const made = await bench.items.create(
          id,
          { ...sample(kind, 'Old'), marks: { state: 'tracked' } },
          `k-${kind}`,
          QUIET,
        )
        const body = { text: 'Noted' }
        const patch = { ...retitle(kind, 'New'), set: { ...retitle(kind, 'New').set, body } } as never
        const read = await readOne(bench.items, await bench.items.update(made, patch, QUIET))
        expect(titleOf(read)).toBe('New')
        expect(read.fields.body).toEqual(body)
        expect(read.marks).toEqual({ key: `k-${kind}`, state: 'tracked' })
        await bench.items.remove(read.ref, QUIET)
      }
    },
  )
})
