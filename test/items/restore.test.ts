import { afterAll, beforeAll, expect, it } from 'vitest'
import { explainItemRecord, nameOfCopy, openQuestions, restorable } from '#items'
import type { NewItem } from '#mailbox'
import { PARTICIPATION, type Reference, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { maintain, restoreItem } from '#sync'
import type { Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice(await openTestInstallation())
})
afterAll(() => office?.close())

const as = ({ id }: Person) => ({ kind: 'user', id }) as const
const copies = (person: Person) => restorable(office.regarding, as(person), person.mailboxId)
const latest = async (person: Person) => {
  const [copy] = await copies(person)
  if (!copy) throw new Error('There is no copy.')
  return copy
}
const restore = async (person: Person, overwrite = false) =>
  restoreItem(office.regarding, as(person), (await latest(person)).id, { overwrite })
const calendar = (person: Person) => office.server.account(person.address).items
const at = (time: string) => new Date(`2026-02-${time}:00Z`)
const usual = { importance: 'normal', sensitivity: 'normal' } as const
const event = (subject: string, more: object = {}): NewItem => ({
  kind: 'event',
  fields: {
    subject,
    time: { allDay: false, start: '2026-02-02T10:00:00', end: '2026-02-02T11:00:00', zone: 'Europe/Berlin' },
    showAs: 'busy',
    ...usual,
    categories: ['$Tracked', 'Blue'],
    ...more,
  },
})

async function quiet(person: Person): Promise<void> {
  expect(await office.cycle(person)).toMatchObject({ failed: 0 })
  expect(await office.cycle(person)).toMatchObject({ seen: 0, createdItems: 0, createdRecords: 0, asked: 0 })
  await office.later(1)
}

it.each(['task', 'phonecall', 'letter', 'fax'])(
  'B-41, TK-1: a deleted %s comes back with its id, its people and what it regards',
  async (table) => {
    const { anna } = office
    const account = await office.create(anna, 'account', { name: 'Adatum' })
    const record = await office.create(anna, table, {
      subject: `Old ${table}`,
      description: 'Line\nline',
      scheduledend: at('03T12:00'),
      regardingobjectid: account,
    })
    const role = table === 'task' ? PARTICIPATION.owner : PARTICIPATION.to
    if (table !== 'task')
      await office.regarding.records
        .as(SYSTEM)
        .createMany('activityparty', [
          { activityid: record, participationtypemask: role, partyid: account, unresolvedpartyname: 'Adatum' },
        ])
    await quiet(anna)
    const before = await office.row(record)
    const item = office
      .items(anna, 'task')
      .find(({ fields }) => 'subject' in fields && fields.subject === `Old ${table}`)
    calendar(anna).delete(['Tasks'], item?.ref.id as string)
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1 })
    await office.remove(account)
    await restore(anna)
    expect(await office.row(record)).toMatchObject({
      subject: `Old ${table}`,
      description: 'Line\nline',
      scheduledend: at('03T12:00'),
      regardingobjectid: null,
      ownerid: before?.['ownerid'],
      statecode: before?.['statecode'],
    })
    const parties = (await office.rows('activityparty')).filter((row) => row['activityid'] === record.id)
    const people = table === 'task' ? [] : [{ unresolvedpartyname: 'Adatum', partyid: null }]
    expect(parties).toMatchObject(people)
    await quiet(anna)
    expect(
      office.items(anna, 'task').filter(({ fields }) => 'subject' in fields && fields.subject === `Old ${table}`),
    ).toEqual([])
  },
)

it('B-41, AP-70, AP-72: a deleted series comes back with its exceptions and cancelled occurrences, and its people', async () => {
  const { anna, server } = office
  const id = calendar(anna).make(['Calendar'], {
    ...event('Weekly', {
      attendees: [{ address: 'zoe@outside.example', name: 'Zoe', role: 'required', answer: 'none' }],
    }),
    series: {
      recurrence: { frequency: 'weekly', interval: 1, end: { count: 8 } },
      cancelled: ['2026-02-09T10:00:00'],
      exceptions: [{ originalStart: '2026-02-16T10:00:00', fields: { subject: 'Weekly, long' } }],
    },
  } as NewItem).ref.id
  await quiet(anna)
  const [series] = await office.rows('recurringappointmentmaster')
  const record = { table: 'recurringappointmentmaster', id: String(series?.['activityid']) }
  expect(server.meetingMail).toEqual([]) // AP-72
  calendar(anna).delete(['Calendar'], id)
  expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1, failed: 0 })
  expect(await office.row(record)).toBeUndefined()
  expect((await office.rows('appointment')).filter(({ subject }) => subject === 'Weekly, long')).toEqual([])
  await restore(anna)
  expect(await office.row(record)).toMatchObject({ subject: 'Weekly', deletedexceptionslist: '2026-02-09T10:00:00' })
  const exceptions = (await office.rows('appointment')).filter((row) => row['seriesid'] === record.id)
  expect(exceptions).toMatchObject([{ subject: 'Weekly, long', recurrenceid: '2026-02-16T10:00:00' }])
  const parties = (await office.rows('activityparty')).filter((row) => row['activityid'] === record.id)
  expect(parties).toContainEqual(expect.objectContaining({ addressused: 'zoe@outside.example' }))
  await quiet(anna)
  expect(server.meetingMail).toEqual([])
})

it('B-41, AP-90: an appointment that left the filters comes back to the calendar, linked, and does not go again', async () => {
  const { anna, server } = office
  const record = await appointment('Planning', [anna])
  await quiet(anna)
  const filter = await withoutFilters(anna, 'appointment')
  expect(await office.cycle(anna)).toMatchObject({ removedItems: 1 })
  const mails = server.meetingMail.length
  await restore(anna)
  await quiet(anna)
  expect(named(anna, 'Planning')).toHaveLength(1)
  expect(await explained(anna, record)).toMatchObject({ link: { state: 'linked' }, filters: [] })
  await office.later(5)
  await office.change(record, { location: 'Berlin' })
  await office.cycle(anna)
  expect(named(anna, 'Planning')).toMatchObject([{ fields: { location: 'Berlin' } }])
  await filter.activate()
  await quiet(anna)
  expect(named(anna, 'Planning')).toHaveLength(1)
  expect(server.meetingMail).toHaveLength(mails)
})

it('B-41: an item whose record is gone comes back as its owner’s own: neither linked, asked about nor tracked anew', async () => {
  const { anna } = office
  const record = await appointment('Retreat', [anna])
  await quiet(anna)
  await office.remove(record)
  expect(await office.cycle(anna)).toMatchObject({ removedItems: 1 })
  const appointments = (await office.rows('appointment')).length
  await restore(anna)
  await quiet(anna)
  expect(named(anna, 'Retreat')).toMatchObject([{ marks: { key: expect.stringMatching(/^restore-/) } }])
  expect(named(anna, 'Retreat')[0]?.fields.categories ?? []).not.toContain('$Tracked')
  expect(await openQuestions(office.regarding, as(anna), anna.mailboxId)).toEqual([])
  expect(await office.rows('appointment')).toHaveLength(appointments)
})

it('B-41, CT-30: a contact comes back whole, with its photo and what Regarding does not know of it, though its folder is gone', async () => {
  const { anna, ben } = office
  const person = await office.create(anna, 'contact', {
    firstname: 'Dora',
    lastname: 'Lind',
    emailaddress1: 'dora@lind.example',
  })
  await quiet(anna)
  calendar(anna).createFolder('contact', ['Contacts', 'Friends'])
  const [item] = office
    .items(anna, 'contact')
    .filter(({ fields }) => 'lastName' in fields && fields.lastName === 'Lind')
  calendar(anna).setUnknown(['Contacts'], item?.ref.id as string, 'PHOTO', 'abcd')
  calendar(anna).change(['Contacts'], item?.ref.id as string, { kind: 'contact', set: { nickname: 'Dodo' } })
  calendar(anna).move(['Contacts'], item?.ref.id as string, ['Contacts', 'Friends'])
  await quiet(anna)
  await office.change(person, { ownerid: { table: 'systemuser', id: ben.id } })
  expect(await office.cycle(anna)).toMatchObject({ removedItems: 1 })
  calendar(anna).deleteFolder(['Contacts', 'Friends'])
  await restore(anna)
  await quiet(anna)
  const [again] = office
    .items(anna, 'contact')
    .filter(({ fields }) => 'lastName' in fields && fields.lastName === 'Lind')
  expect(again).toMatchObject({ fields: { nickname: 'Dodo', email1: 'dora@lind.example' } })
  expect(calendar(anna).unknownOf(['Contacts'], again?.ref.id as string)).toEqual({ PHOTO: 'abcd' })
})

it('B-41, CT-30: an item that stays when its record is deleted loses nothing: there is no copy of it', async () => {
  const { anna } = office
  const person = await office.create(anna, 'contact', { firstname: 'Nora', lastname: 'Stay' })
  await quiet(anna)
  const before = await copies(anna)
  await office.remove(person)
  expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, removedItems: 0 })
  expect(await copies(anna)).toEqual(before)
})

it('B-41: what was overwritten in a record is written back, and nothing else; then it goes to the mailbox as any change', async () => {
  const { anna } = office
  const { task, item } = await changedInOutlook('Overwritten', { subject: 'Changed in Outlook' })
  await office.change(task, { prioritycode: 2 })
  await restore(anna)
  expect(await office.row(task)).toMatchObject({ subject: 'Overwritten', prioritycode: 2 })
  await quiet(anna)
  expect(
    calendar(anna)
      .list(['Tasks'])
      .find(({ ref }) => ref.id === item)?.fields,
  ).toMatchObject({
    subject: 'Overwritten',
    importance: 'high',
  })
})

it('B-41, B-70: a field that somebody has changed since is named and not overwritten, unless it is asked for; then that has a copy too', async () => {
  const { anna } = office
  const { task } = await changedInOutlook('Contested', { subject: 'Outlook says' })
  await office.change(task, { subject: 'The CRM says' })
  await expect(restore(anna)).rejects.toMatchObject({
    code: 'VersionMismatch',
    message: expect.stringMatching(/task “The CRM says” was changed since: Subject\..*overwrite/),
  })
  expect(await office.row(task)).toMatchObject({ subject: 'The CRM says' })
  const contested = await latest(anna)
  await restore(anna, true)
  expect(await office.row(task)).toMatchObject({ subject: 'Contested' })
  const [newer] = await copies(anna)
  expect(newer?.id).not.toBe(contested.id)
  expect(newer).toMatchObject({ deed: 'overwritten', side: 'record', loss: { pairs: ['subject'] } })
  await restore(anna)
  expect(await office.row(task)).toMatchObject({ subject: 'The CRM says' })
  await quiet(anna)
})

it('B-41, FD-32: what was overwritten in an item is written back with its pictures, and reaches the CRM as any change', async () => {
  const { anna } = office
  const html = '<p>Bring <b>the</b> samples</p>'
  // Not while she is in another meeting (AP-53).
  const time = { allDay: false, start: '2026-02-02T14:00:00', end: '2026-02-02T15:00:00', zone: 'Europe/Berlin' }
  calendar(anna).make(['Calendar'], event('Samples', { time, body: { text: 'Bring the samples', html } }))
  await quiet(anna)
  const row = (await office.rows('appointment')).find(({ subject }) => subject === 'Samples')
  const record = { table: 'appointment', id: String(row?.['activityid']) }
  await office.later(5)
  await office.change(record, { description: 'Bring nothing' })
  expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1 })
  expect(named(anna, 'Samples')).toMatchObject([{ fields: { body: { text: 'Bring nothing' } } }])
  await office.later(5)
  await restore(anna)
  expect(named(anna, 'Samples')).toMatchObject([{ fields: { body: { text: 'Bring the samples', html } } }])
  await quiet(anna)
  expect(await office.row(record)).toMatchObject({ description: 'Bring the samples' })
})

it('B-41, B-70: an item that its owner has changed since is not overwritten unseen; one that is gone is told', async () => {
  const { anna } = office
  const record = await appointment('Moved', [anna])
  await quiet(anna)
  await office.later(5)
  await office.change(record, { location: 'Berlin' })
  await office.cycle(anna)
  const id = named(anna, 'Moved')[0]?.ref.id as string
  calendar(anna).change(['Calendar'], id, { kind: 'event', set: { location: 'Hamburg' } })
  await expect(restore(anna)).rejects.toThrow('“Moved” was changed since: Location.')
  expect(named(anna, 'Moved')).toMatchObject([{ fields: { location: 'Hamburg' } }])
  calendar(anna).delete(['Calendar'], id)
  await expect(restore(anna)).rejects.toThrow('not in the mailbox any more')
})

it('B-41: an occurrence that was cancelled or changed by synchronization is as it was again', async () => {
  const { anna } = office
  calendar(anna).make(['Calendar'], {
    ...event('Standup'),
    series: { recurrence: { frequency: 'weekly', interval: 1, end: { count: 6 } }, cancelled: [], exceptions: [] },
  } as NewItem)
  await quiet(anna)
  const series = (await office.rows('recurringappointmentmaster')).find(({ subject }) => subject === 'Standup')
  const record = { table: 'recurringappointmentmaster', id: String(series?.['activityid']) }
  await office.later(5)
  await office.change(record, { deletedexceptionslist: '2026-02-09T10:00:00', location: 'Here' })
  await office.cycle(anna)
  expect(named(anna, 'Standup')).toMatchObject([{ series: { cancelled: ['2026-02-09T10:00:00'] } }])
  await office.later(5)
  await restore(anna)
  const [item] = named(anna, 'Standup')
  expect(item).toMatchObject({ series: { cancelled: [] } })
  expect(item?.fields).not.toHaveProperty('location')
  await quiet(anna)
  expect(await office.row(record)).toMatchObject({ deletedexceptionslist: null, location: null })
})

it('B-41: a copy is restored once, by the mailbox’s owner alone, and not when there is something in its place', async () => {
  const { anna, ben } = office
  const record = await appointment('Once', [anna])
  await quiet(anna)
  const filter = await withoutFilters(anna, 'appointment')
  await office.cycle(anna)
  const copy = (await copies(anna)).find((one) => nameOfCopy(one) === 'Once') ?? (await latest(anna))
  const others = { code: 'NotFound', message: expect.stringContaining('mailbox of your own') }
  await expect(restoreItem(office.regarding, as(ben), copy.id)).rejects.toMatchObject(others)
  await expect(restoreItem(office.regarding, as(anna), record.id)).rejects.toMatchObject(others)
  await expect(restoreItem(office.regarding, as(anna), 'nonsense')).rejects.toMatchObject(others)
  await filter.activate()
  await quiet(anna)
  await expect(restoreItem(office.regarding, as(anna), copy.id)).rejects.toThrow('“Once” is in the mailbox again')
  expect(named(anna, 'Once')).toHaveLength(1)

  const { task } = await changedInOutlook('Twice', { subject: 'Changed' })
  const one = await latest(anna)
  const both = await Promise.allSettled([1, 2].map(() => restoreItem(office.regarding, as(anna), one.id)))
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await expect(restoreItem(office.regarding, as(anna), one.id)).rejects.toThrow('restored already, on 2026-01-05')
  expect(await office.row(task)).toMatchObject({ subject: 'Twice' })
  await office.remove(task)
  await quiet(anna)
})

it('SE-1, B-41: what the mailbox’s user may not read any more is refused, and the copy stays', async () => {
  const { anna, ben, regarding } = office
  const { task } = await changedInOutlook('Passed on', { subject: 'Mine' })
  const { id } = await latest(anna)
  const unit = await regarding.records.as(SYSTEM).create('businessunit', {
    name: 'Elsewhere',
    parentbusinessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  await regarding.records
    .as(SYSTEM)
    .update('systemuser', ben.id, { businessunitid: { table: 'businessunit', id: unit } })
  await office.change(task, { ownerid: { table: 'systemuser', id: ben.id } })
  const mayRead = await regarding.records.as(as(anna)).may('read', 'task', task.id)
  const restoring = restoreItem(regarding, as(anna), id)
  if (mayRead) throw new Error('Anna may read it still.')
  await expect(restoring).rejects.toMatchObject({ code: 'PrivilegeDenied', message: expect.stringContaining('task “') })
  expect((await copies(anna)).map((copy) => copy.id)).toContain(id)
})

it('B-41: after thirty days there is nothing to be restored, and what is past them is removed', async () => {
  const { anna } = office
  await changedInOutlook('Long ago', { subject: 'Changed' })
  const { id } = await latest(anna)
  await office.later(30 * 24 * 60 + 1)
  expect(await copies(anna)).toEqual([])
  await expect(restoreItem(office.regarding, as(anna), id)).rejects.toThrow('copies are kept 30 days')
  await maintain(office.regarding)
  await expect(restoreItem(office.regarding, as(anna), id)).rejects.toThrow('There is no copy')
})

const named = (person: Person, subject: string) =>
  office
    .items(person, 'event')
    .flatMap((item) => (item.kind === 'event' && item.fields.subject === subject ? item : []))

async function explained(person: Person, record: Reference) {
  const [found] = await explainItemRecord(office.regarding, as(person), record, person.id)
  return found
}

async function appointment(subject: string, people: readonly Person[]): Promise<Reference> {
  const record = await office.create(people[0] as Person, 'appointment', {
    subject,
    scheduledstart: at('03T10:00'),
    scheduledend: at('03T11:00'),
  })
  const roles = [PARTICIPATION.organizer, PARTICIPATION.required]
  await office.regarding.records.as(SYSTEM).createMany(
    'activityparty',
    people.map(({ id, address }, index) => ({
      activityid: record,
      participationtypemask: roles[Math.min(index, 1)] as number,
      partyid: { table: 'systemuser', id },
      addressused: address,
    })),
  )
  return record
}

/** A task whose subject or other fields a person has changed in Outlook, which the CRM took over. */
async function changedInOutlook(subject: string, set: object): Promise<{ task: Reference; item: string }> {
  const { anna } = office
  const task = await office.create(anna, 'task', { subject })
  await quiet(anna)
  const found = office.items(anna, 'task').find(({ fields }) => 'subject' in fields && fields.subject === subject)
  const item = found?.ref.id as string
  await office.later(5)
  calendar(anna).change(['Tasks'], item, { kind: 'task', set })
  expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1 })
  await office.later(5)
  return { task, item }
}

/** Switches the filters of a table off, until they are activated again. */
async function withoutFilters(person: Person, table: string) {
  const { filters } = office.regarding
  const own = ((await filters.active(person.id, 'online')).get(table as 'appointment') ?? []).map(({ id }) => id)
  const set = (statecode: number) =>
    Promise.all(own.map((id) => office.regarding.records.as(SYSTEM).update('userquery', id, { statecode })))
  await set(1)
  return { activate: () => set(0) }
}
