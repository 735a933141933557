import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openQuestions, restorable } from '#items'
import type { CalendarItem, Item } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { answerItemQuestion, restoreItem } from '#sync'
import type { Person } from '../incoming/support/company.ts'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
afterEach(async () => office?.close())

describe('a cycle of appointments, contacts and tasks', () => {
  beforeEach(async () => {
    office = await openOffice(await openTestInstallation())
  })

  it('AP-2, CT-1: a contact that a filter returns is made in the mailbox once, and linked', async () => {
    const { anna } = office
    await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern', emailaddress1: 'otto@kern.example' })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, linked: 1, failed: 0 })
    expect(office.items(anna, 'contact')).toMatchObject([
      { fields: { firstName: 'Otto', lastName: 'Kern', email1: 'otto@kern.example' } },
    ])
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, createdItems: 0, updatedItems: 0 })
  })

  it('AP-20, AP-21: what changes on one side comes to the other', async () => {
    const { anna } = office
    const otto = await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern', jobtitle: 'Buyer' })
    await office.cycle(anna)
    await office.later(5)
    await office.change(otto, { jobtitle: 'Head of purchasing' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1 })
    const [item] = office.items(anna, 'contact')
    expect(item).toMatchObject({ fields: { jobTitle: 'Head of purchasing' } })
    await office.later(5)
    office.server
      .account(anna.address)
      .items.change(['Contacts'], item?.ref.id as string, { kind: 'contact', set: { mobile: '+49 170 1' } })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, updatedItems: 0 })
    expect(await office.row(otto)).toMatchObject({ mobilephone: '+49 170 1', jobtitle: 'Head of purchasing' })
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('B-4, AP-20: what is moved to another folder and changed there comes to the CRM, though that folder counts up to the same version', async () => {
    const { anna, server } = office
    const { items } = server.account(anna.address)
    const second = ['Contacts', 'Second']
    items.createFolder('contact', second)
    const otto = await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern' })
    await office.cycle(anna)
    await office.later(5)
    const [made] = office.items(anna, 'contact')
    const id = made?.ref.id as string
    for (const jobTitle of ['Clerk', 'Buyer']) items.change(['Contacts'], id, { kind: 'contact', set: { jobTitle } })
    await office.cycle(anna)
    await office.later(5)
    const [old] = office.items(anna, 'contact') as [Item]
    items.move(['Contacts'], old.ref.id, second)
    const card = () => items.list(second)[0] as Item
    for (let at = 1; at < 10 && card().ref.version !== old.ref.version; at++)
      items.change(second, card().ref.id, { kind: 'contact', set: { mobile: `+49 170 ${at}` } })
    expect(card().ref).toMatchObject({ version: old.ref.version })
    expect(card().ref.id).not.toBe(old.ref.id)
    const { mobile } = card().fields as { mobile?: string }
    expect(mobile).toBeTruthy()
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, updatedItems: 0, failed: 0 })
    expect(await office.row(otto)).toMatchObject({ mobilephone: mobile })
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-3, TK-2: a task with the tracked category becomes a record; one without is never read into the CRM', async () => {
    const { anna } = office
    const fields = { status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const
    office.make(anna, { kind: 'task', fields: { ...fields, subject: 'Call Otto', categories: ['$Tracked'] } })
    office.make(anna, { kind: 'task', fields: { ...fields, subject: 'Dentist' } })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    expect(await office.rows('task')).toMatchObject([{ subject: 'Call Otto', ownerid: anna.id }])
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-30, AP-35: an appointment of the organizer becomes a meeting, and its attendees are invited once', async () => {
    const { anna, ben, server } = office
    await meeting(office, anna, [ben], { subject: 'Pumps', scheduledstart: at(10), scheduledend: at(11) })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, failed: 0 })
    expect(office.items(anna, 'event')).toMatchObject([{ fields: { subject: 'Pumps' }, role: 'organizer' }])
    expect(server.meetingMail.filter(({ kind }) => kind === 'request')).toHaveLength(1)
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
    expect(server.meetingMail).toHaveLength(1)
  })

  it('AP-31, AP-57: in the mailbox of another attendee the invitation is linked, and no second item is made', async () => {
    const { anna, ben } = office
    await meeting(office, anna, [ben], { subject: 'Pumps', scheduledstart: at(10), scheduledend: at(11) })
    await office.cycle(ben)
    await office.cycle(anna)
    expect(await office.cycle(ben)).toMatchObject({ createdItems: 0, linked: 1 })
    expect(office.items(ben, 'event')).toHaveLength(1)
    expect(await office.rows('appointment')).toHaveLength(1)
  })

  it('AP-31, AP-21: what the CRM says of a meeting that a guest tracked first comes to everybody with its organizer’s mailbox', async () => {
    const { anna, ben, server } = office
    const time = { allDay: false, start: '2026-01-20T12:00:00', end: '2026-01-20T13:00:00', zone: 'Europe/Berlin' }
    const fields = { subject: 'Pumps', time, showAs: 'busy', importance: 'normal', sensitivity: 'normal' } as const
    office.make(anna, { kind: 'event', fields })
    const [own] = office.items(anna, 'event')
    const mailbox = await server.open(anna.address)
    const attendees = [{ address: ben.address, role: 'required' as const, answer: 'none' as const }]
    await mailbox.items?.update((own as CalendarItem).ref, { kind: 'event', set: { attendees } }, { notify: 'all' })
    await mailbox.close()
    const [invitation] = office.items(ben, 'event')
    const { items } = server.account(ben.address)
    items.change(['Calendar'], invitation?.ref.id as string, { kind: 'event', set: { categories: ['$Tracked'] } })
    expect(await office.cycle(ben)).toMatchObject({ createdRecords: 1, failed: 0 })
    const [row] = await office.rows('appointment')
    await office.later(5)
    await office.change({ table: 'appointment', id: String(row?.['activityid']) }, { location: 'Room 7' })
    expect(await office.cycle(ben)).toMatchObject({ updatedItems: 0, failed: 0 })
    expect(office.items(ben, 'event')).toMatchObject([{ fields: expect.not.objectContaining({ location: 'Room 7' }) }])
    expect(await office.cycle(anna)).toMatchObject({ linked: 1, updatedItems: 1, failed: 0 })
    for (const person of [anna, ben])
      expect(office.items(person, 'event')).toMatchObject([{ fields: { location: 'Room 7' } }])
    expect(server.meetingMail.filter(({ kind }) => kind === 'request')).toHaveLength(2)
    for (const person of [ben, anna, ben]) await office.cycle(person)
    for (const person of [anna, ben]) expect(await office.cycle(person)).toMatchObject({ seen: 0 })
    expect(await office.rows('appointment')).toMatchObject([{ location: 'Room 7' }])
  })

  it('AP-70, AP-54: a tracked series becomes a series with its exceptions; later ones follow', async () => {
    const { anna, server } = office
    const calendar = server.account(anna.address).items
    const id = office.make(anna, {
      kind: 'event',
      fields: {
        subject: 'Weekly',
        time: { allDay: false, start: '2026-01-12T10:00:00', end: '2026-01-12T11:00:00', zone: 'Europe/Berlin' },
        showAs: 'busy',
        importance: 'normal',
        sensitivity: 'normal',
        categories: ['$Tracked'],
      },
      series: {
        recurrence: { frequency: 'weekly', interval: 1, end: { count: 8 } },
        cancelled: ['2026-01-19T10:00:00'],
        exceptions: [{ originalStart: '2026-01-26T10:00:00', fields: { subject: 'Weekly, long' } }],
      },
    })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    const [series] = await office.rows('recurringappointmentmaster')
    expect(series).toMatchObject({ subject: 'Weekly', deletedexceptionslist: '2026-01-19T10:00:00' })
    const exceptions = async () => (await office.rows('appointment')).filter((row) => row['instancetypecode'] === 3)
    expect(await exceptions()).toMatchObject([
      {
        subject: 'Weekly, long',
        recurrenceid: '2026-01-26T10:00:00',
        scheduledstart: new Date('2026-01-26T09:00:00Z'),
        scheduleddurationminutes: 60,
      },
    ])
    calendar.change(['Calendar'], id, {
      kind: 'event',
      occurrences: [{ originalStart: '2026-02-02T10:00:00', set: { location: 'Berlin' } }],
    })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0, createdItems: 0 })
    expect((await exceptions()).map((row) => String(row['recurrenceid'])).sort()).toEqual([
      '2026-01-26T10:00:00',
      '2026-02-02T10:00:00',
    ])
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, createdItems: 0 })
  })

  it('TK-31, B-41: deleting a task in the mailbox deletes the record, of which a sealed copy is kept', async () => {
    const { anna } = office
    const task = await office.create(anna, 'task', { subject: 'Call Otto', scheduledend: at(12) })
    await office.cycle(anna)
    const [item] = office.items(anna, 'task')
    office.server.account(anna.address).items.delete(['Tasks'], item?.ref.id as string)
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1 })
    expect(await office.row(task)).toBeUndefined()
    const [copy] = await restorable(office.regarding, { kind: 'user', id: anna.id }, anna.mailboxId)
    await restoreItem(office.regarding, { kind: 'user', id: anna.id }, copy?.id as string)
    expect(await office.row(task)).toMatchObject({ subject: 'Call Otto' })
    await office.cycle(anna)
    expect(office.items(anna, 'task')).toHaveLength(0)
  })
})

// What no other test of both engines asks of the store.
describe.each(engines)('a folder listed anew, and a service activity, on %s', (engine) => {
  beforeEach(async () => {
    office = await openOffice(await openTestInstallation(engine))
  })

  it.each([
    ['yes: they go', true, 1],
    ['no: they are unlinked and stay', false, 3],
  ])(
    'B-4, B-14, B-44: when ids are lost every item is found again by its key; of what is missing its owner is asked, once, and says %s',
    async (_what, yes, left) => {
      const { anna, server, regarding } = office
      const tasks = []
      for (const subject of ['One', 'Two', 'Three']) tasks.push(await office.create(anna, 'task', { subject }))
      await office.cycle(anna)
      const { items } = server.account(anna.address)
      items.invalidateCursors(['Tasks'])
      expect(await office.cycle(anna)).toMatchObject({
        createdItems: 0,
        createdRecords: 0,
        deletedRecords: 0,
        failed: 0,
      })
      expect(office.items(anna, 'task')).toHaveLength(3)
      const user = { kind: 'user', id: anna.id } as const
      expect(await openQuestions(regarding, user)).toEqual([])
      for (const { ref, fields } of office.items(anna, 'task'))
        if ('subject' in fields && fields.subject !== 'One') items.delete(['Tasks'], ref.id)
      items.invalidateCursors(['Tasks'])
      expect(await office.cycle(anna)).toMatchObject({ createdItems: 0, deletedRecords: 0, asked: 1 })
      await office.change(tasks[1] as Reference, { subject: 'Changed' })
      expect(await office.cycle(anna)).toMatchObject({ createdItems: 0, deletedRecords: 0, asked: 0, failed: 0 })
      expect(await office.rows('task')).toHaveLength(3)
      const [question, ...others] = await openQuestions(regarding, user)
      expect(others).toEqual([])
      expect(question).toMatchObject({ kind: 'deleteBrake', extent: 2 })
      expect(question?.text).toMatch(
        /2 linked items were not found again: “(Two”, “Three|Three”, “Two)”\. Were they deleted\?$/,
      )
      await answerItemQuestion(regarding, user, question?.id as string, yes)
      expect(await office.cycle(anna)).toMatchObject({ createdItems: 0, deletedRecords: 3 - left, failed: 0 })
      expect(await office.rows('task')).toHaveLength(left)
      expect(await office.cycle(anna)).toMatchObject({ seen: 0, asked: 0, createdItems: 0, deletedRecords: 0 })
      expect(office.items(anna, 'task')).toHaveLength(1)
    },
  )

  it('B-14, B-44: of a folder that is listed anew and is empty its owner is asked whether its items were deleted', async () => {
    const { anna, server, regarding } = office
    await office.create(anna, 'task', { subject: 'Only' })
    await office.cycle(anna)
    const { items } = server.account(anna.address)
    for (const { ref } of office.items(anna, 'task')) items.delete(['Tasks'], ref.id)
    const folder = items.at(['Tasks'])
    folder.forgotten = folder.removed.at(-1)?.change as number
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 0, asked: 1, failed: 0 })
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 0, asked: 0, failed: 0 })
    const user = { kind: 'user', id: anna.id } as const
    const [question] = await openQuestions(regarding, user)
    expect(question?.text).toBe(
      'The mail server listed a folder as empty in which 1 linked items were. Were they deleted?',
    )
    await answerItemQuestion(regarding, user, question?.id as string, true)
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1, createdItems: 0, failed: 0 })
    expect(await office.rows('task')).toEqual([])
  })

  it('AP-80, AP-81, AP-82: a service activity is the owner’s copy: what is changed there never comes back, and is overwritten', async () => {
    const { anna, server } = office
    const record = await office.create(anna, 'serviceappointment', {
      subject: 'Repair',
      scheduledstart: at(10),
      scheduledend: at(11),
    })
    await office.regarding.records.as(SYSTEM).create('activityparty', {
      activityid: record,
      participationtypemask: PARTICIPATION.resource,
      partyid: { table: 'systemuser', id: anna.id },
    })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, failed: 0 })
    const [item] = office.items(anna, 'event')
    const file = { name: 'plan.txt', type: 'text/plain', content: Buffer.from('The plan') }
    await office.later(5)
    const mailbox = await server.open(anna.address)
    const change = { kind: 'event', set: { subject: 'Mine' }, attachments: { add: [file] } } as const
    await mailbox.items?.update((item as CalendarItem).ref, change, { notify: 'none' })
    await mailbox.close()
    await office.set({ IsAppointmentAttachmentSyncEnabled: true })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 0, updatedItems: 0, failed: 0 })
    expect(await office.row(record)).toMatchObject({ subject: 'Repair' })
    expect(await office.rows('activitymimeattachment')).toEqual([])
    await office.later(5)
    await office.change(record, { location: 'Hall 2' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, updatedRecords: 0, failed: 0 })
    expect(office.items(anna, 'event')).toMatchObject([
      { fields: { subject: 'Repair', location: 'Hall 2' }, attachments: [{ name: 'plan.txt' }] },
    ])
    expect(server.meetingMail).toEqual([])
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })
})

const at = (hour: number) => new Date(`2026-01-06T${hour}:00:00Z`)

async function meeting(office: Office, organizer: Person, required: readonly Person[], values: Values) {
  const record = await office.create(organizer, 'appointment', values)
  const party = (person: Person, role: number) => ({
    activityid: record,
    participationtypemask: role,
    partyid: { table: 'systemuser', id: person.id },
    addressused: person.address,
  })
  await office.regarding.records
    .as(SYSTEM)
    .createMany('activityparty', [
      party(organizer, PARTICIPATION.organizer),
      ...required.map((person) => party(person, PARTICIPATION.required)),
    ])
  return record
}
