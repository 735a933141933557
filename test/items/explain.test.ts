import { afterAll, beforeAll, expect, it } from 'vitest'
import { explainItem, explainItemRecord, explainItems } from '#items'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { testMailboxes } from '#sync'
import type { Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice(await openTestInstallation())
})
afterAll(() => office?.close())

const as = ({ id }: Person) => ({ kind: 'user', id }) as const

async function explained(record: Reference, person = office.anna) {
  const [found] = await explainItemRecord(office.regarding, as(person), record, person.id)
  if (!found) throw new Error('No mailbox is explained.')
  return found
}
const rules = async (record: Reference, person = office.anna) =>
  (await explained(record, person)).why.map(({ rule }) => rule)
const at = (time: string) => new Date(`2026-02-${time}:00Z`)

async function appointment(subject: string, organizer: Person | undefined, values: Values = {}): Promise<Reference> {
  const { anna } = office
  const record = await office.create(anna, 'appointment', {
    subject,
    scheduledstart: at('03T10:00'),
    scheduledend: at('03T11:00'),
    ...values,
  })
  const party = (person: Person, role: number) => ({
    activityid: record,
    participationtypemask: role,
    partyid: { table: 'systemuser', id: person.id },
    addressused: person.address,
  })
  await office.regarding.records
    .as(SYSTEM)
    .createMany('activityparty', [
      ...(organizer ? [party(organizer, PARTICIPATION.organizer)] : []),
      party(anna, PARTICIPATION.required),
    ])
  return record
}

it('AP-7, MO-94: a record that is as it should be is returned by a filter, linked, and nothing stands between', async () => {
  const { anna } = office
  const task = await office.create(anna, 'task', { subject: 'Fine' })
  expect(await explained(task)).toMatchObject({ readable: true, filters: ['My Tasks'], why: [] })
  await office.cycle(anna)
  const found = await explained(task)
  expect(found).toMatchObject({
    link: { state: 'linked', direction: 'toItem' },
    decision: { outcome: 'synchronized' },
    why: [],
  })
  expect(found).not.toHaveProperty('pending')
  expect(await explainItem(office.regarding, as(anna), found.link?.itemId as string)).toMatchObject([
    { record: task, link: { state: 'linked' }, why: [] },
  ])
  await expect(explained({ table: 'account', id: task.id })).rejects.toThrow('A account is not synchronized')
  await expect(explained({ table: 'task', id: anna.id })).rejects.toMatchObject({ code: 'NotFound' })
})

it('MO-115, MO-116, AP-92: an appointment that left the filters tells so, why its item went, and what keeps others', async () => {
  const { anna, ben } = office
  const record = await appointment('Left', anna)
  await office.cycle(anna)
  let filters: readonly { id: string }[] = []
  const switched = async (statecode: number) => {
    const own = (await office.regarding.filters.active(anna.id, 'online')).get('appointment') ?? filters
    filters = own
    for (const { id } of own) await office.regarding.records.as(SYSTEM).update('userquery', id, { statecode })
  }
  await switched(1)
  expect(await office.cycle(anna)).toMatchObject({ removedItems: 1 })
  const found = await explained(record)
  expect(found.why.map(({ rule }) => rule)).toEqual(['SF-13', 'MO-115'])
  expect(found.why[1]?.remedy).toContain('DistinctPhysicalAndLogicalDeletesForExchangeSync')
  for (const { id } of filters) await office.regarding.records.as(SYSTEM).update('userquery', id, { statecode: 0 })
  await office.cycle(anna)
  expect(await rules(record)).toEqual([])
  const other = await office.create(ben, 'appointment', {
    subject: 'Another’s',
    scheduledstart: at('04T10:00'),
    scheduledend: at('04T11:00'),
  })
  expect((await explained(other)).why).toMatchObject([
    { rule: 'AP-32', why: 'It has no organizer, and no filter of the user returns it.' },
  ])
  const organizer = {
    activityid: other,
    participationtypemask: PARTICIPATION.organizer,
    partyid: { table: 'systemuser', id: ben.id },
  }
  await office.regarding.records.as(SYSTEM).create('activityparty', organizer)
  expect(await rules(other)).toEqual(['MO-116'])
})

it('MO-116, AP-31, AP-32: an appointment without organizer, and one whose organizer’s mailbox distributes it', async () => {
  const { anna, ben } = office
  const nobody = await appointment('Nobody’s', undefined, {
    scheduledstart: at('05T10:00'),
    scheduledend: at('05T11:00'),
  })
  const his = await appointment('Ben’s', ben, { scheduledstart: at('06T10:00'), scheduledend: at('06T11:00') })
  await office.cycle(anna)
  const [why] = (await explained(nobody)).why
  expect(why).toEqual({
    rule: 'SC-56',
    why: 'The appointment "Nobody’s" has no organizer. Enter one.',
    remedy: 'Enter the organizer of the appointment.',
  })
  expect((await explained(his)).why).toMatchObject([
    { rule: 'AP-31', why: expect.stringContaining('its organizer’s mailbox distributes it') },
  ])
})

it('AP-1, MO-116, MO-125: a mailbox that does not synchronize is named with what to do; so is a first synchronization that waits', async () => {
  const { anna, ben } = office
  const task = await office.create(anna, 'task', { subject: 'Waits' })
  const system = office.regarding.records.as(SYSTEM)
  await system.update('mailbox', anna.mailboxId, { actdeliverymethod: 2 })
  expect((await explained(task)).why).toMatchObject([
    {
      rule: 'MO-116',
      why: expect.stringContaining('is not set to server-side synchronization'),
      remedy: expect.stringContaining('Choose server-side'),
    },
  ])
  await system.update('mailbox', anna.mailboxId, { actdeliverymethod: 1, statecode: 1 })
  expect((await explained(task)).why).toMatchObject([{ rule: 'MO-116', why: expect.stringContaining('is inactive') }])
  await system.update('mailbox', anna.mailboxId, { statecode: 0 })
  await office.regarding.mailboxes.approve(SYSTEM, [anna.mailboxId])
  await testMailboxes(office.regarding, SYSTEM, [anna.mailboxId])
  expect(await rules(task)).toEqual([])
  expect(await explainItemRecord(office.regarding, as(anna), task, ben.id)).toEqual([])
})

it('MO-117: an item that nobody tracked, one that asks, and one that failed', async () => {
  const { anna } = office
  const usual = { importance: 'normal', sensitivity: 'normal' } as const
  const own = office.make(anna, { kind: 'task', fields: { subject: 'Dentist', status: 'notStarted', ...usual } })
  await office.cycle(anna)
  expect(await explainItem(office.regarding, as(anna), own)).toMatchObject([{ why: [{ rule: 'MO-117' }] }])
  const booked = await appointment('Booked', anna, {
    scheduledstart: at('10T10:00'),
    scheduledend: at('10T11:00'),
    statecode: 3,
    statuscode: 5,
  })
  await office.cycle(anna)
  const clash = office.make(anna, {
    kind: 'event',
    fields: {
      subject: 'Clash',
      time: { allDay: false, start: '2026-02-10T10:30:00', end: '2026-02-10T11:30:00', zone: 'UTC' },
      showAs: 'busy',
      categories: ['$Tracked'],
      ...usual,
    },
  })
  expect(await office.cycle(anna)).toMatchObject({ asked: 1 })
  const [asks] = await explainItem(office.regarding, as(anna), clash)
  expect(asks).toMatchObject({
    pending: { waits: true },
    why: [{ rule: 'MO-117', why: expect.stringContaining('booked already') }],
  })
  expect(asks?.why[0]?.remedy).toMatch(/items answer \S+ yes\|no/)
  await office.remove(booked)
})

it('MO-118, MO-119, AP-36: the decision about a meeting tells whether its attendees were told, and why', async () => {
  const { anna, ben } = office
  const record = await appointment('Told', anna, { scheduledstart: at('12T10:00'), scheduledend: at('12T11:00') })
  await office.regarding.records.as(SYSTEM).create('activityparty', {
    activityid: record,
    participationtypemask: PARTICIPATION.required,
    partyid: { table: 'systemuser', id: ben.id },
    addressused: ben.address,
  })
  await office.cycle(anna)
  expect((await explained(record)).decision?.trace).toContainEqual({ rule: 'AP-35', finding: 'attendees are invited' })
  await office.later(5)
  await office.change(record, { location: 'Berlin' })
  await office.cycle(anna)
  expect((await explained(record)).decision?.trace).toContainEqual({ rule: 'AP-36', finding: 'told of location' })
  await office.later(5)
  const account = await office.create(anna, 'account', { name: 'Adatum' })
  await office.change(record, { regardingobjectid: account })
  await office.cycle(anna)
  const last = (await explained(record)).decision?.trace.find(({ rule }) => rule === 'AP-36')
  expect(last?.finding).toContain('nobody is told')
})

it('MO-120, AP-81: a service activity tells that it goes one way', async () => {
  const { anna } = office
  const service = await office.create(anna, 'serviceappointment', {
    subject: 'Repair',
    scheduledstart: at('16T10:00'),
    scheduledend: at('16T11:00'),
  })
  await office.regarding.records.as(SYSTEM).create('activityparty', {
    activityid: service,
    participationtypemask: PARTICIPATION.resource,
    partyid: { table: 'systemuser', id: anna.id },
  })
  await office.cycle(anna)
  expect(await explained(service)).toMatchObject({ link: { state: 'linked' }, why: [{ rule: 'MO-120' }] })
})

it('MO-121, MO-124, CT-32, CT-30: a contact that was deleted in Outlook, and one that left it', async () => {
  const { anna, ben } = office
  const gone = await office.create(anna, 'contact', { lastname: 'Gone', emailaddress1: 'gone@x.example' })
  const left = await office.create(anna, 'contact', { lastname: 'Left', emailaddress1: 'left@x.example' })
  await office.cycle(anna)
  const items = office.server.account(anna.address).items
  const card = office.items(anna, 'contact').find(({ fields }) => 'lastName' in fields && fields.lastName === 'Gone')
  items.delete(['Contacts'], card?.ref.id as string)
  await office.change(left, { ownerid: { table: 'systemuser', id: ben.id } })
  await office.cycle(anna)
  expect((await explained(gone)).why).toMatchObject([
    { rule: 'MO-121', remedy: expect.stringContaining('Deleted Items') },
  ])
  expect(await rules(left)).toContain('MO-124')
})

it('MO-122, MO-123, CT-22, FD-1: fields that go one way for this user are named, and Company’s option', async () => {
  const { anna } = office
  const contact = await office.create(anna, 'contact', { lastname: 'Field', emailaddress1: 'field@x.example' })
  await office.cycle(anna)
  expect(await rules(contact)).toEqual([])
  await office.regarding.options.setPersonal(SYSTEM, anna.id, { UpdateCompanyField: true })
  await office.set({ SynchronizedFieldDirections: JSON.stringify({ contact: { jobTitle: 'toItem' } }) })
  const { why } = await explained(contact)
  expect(why).toMatchObject([{ rule: 'MO-122' }, { rule: 'MO-123', why: expect.stringContaining('Job title') }])
  expect(why[1]?.remedy).toContain('options direct')
  await office.set({ SynchronizedFieldDirections: null })
})

it('MO-74, MO-94: others’ mailboxes tell nothing; subjects are for owners alone', async () => {
  const { anna, ben } = office
  const [own] = await explainItems(office.regarding, as(anna), { top: 1 })
  expect(own?.subject).not.toBe('***')
  expect((await explainItems(office.regarding, SYSTEM, { top: 1 }))[0]?.subject).toBe('***')
  const seen = office.items(anna, 'task')[0]?.ref.id as string
  expect(JSON.stringify(await explainItem(office.regarding, as(ben), seen))).not.toContain('Dentist')
  expect(await explainItem(office.regarding, as(anna), 'no such item')).toEqual([])
})
