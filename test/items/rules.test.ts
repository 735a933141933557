import { afterAll, beforeAll, expect, it } from 'vitest'
import { openQuestions, readItem } from '#items'
import { SYSTEM } from '#records'
import { answerItemQuestion } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { mapContext, taskItem } from './support/map.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice(await openTestInstallation())
})
afterAll(() => office?.close())

const usual = { status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const

it('CT-35, AP-6: a contact that is passed on leaves the former owner’s mailbox and comes into the new one’s', async () => {
  const { anna, ben } = office
  const contact = await office.create(anna, 'contact', { lastname: 'Lind', emailaddress1: 'dora@lind.example' })
  await office.cycle(anna)
  await office.cycle(ben)
  expect([office.items(anna, 'contact').length, office.items(ben, 'contact').length]).toEqual([1, 0])
  await office.change(contact, { ownerid: { table: 'systemuser', id: ben.id } })
  expect(await office.cycle(anna)).toMatchObject({ removedItems: 1 })
  expect(await office.cycle(ben)).toMatchObject({ createdItems: 1 })
  expect([office.items(anna, 'contact').length, office.items(ben, 'contact').length]).toEqual([0, 1])
  expect(await office.rows('contact')).toHaveLength(1)
})

it('SF-16: a filter that was changed counts from the next cycle', async () => {
  const { anna } = office
  const task = await office.create(anna, 'task', { subject: 'Filtered' })
  const filters = (await office.regarding.filters.active(anna.id, 'online')).get('task') ?? []
  const set = (statecode: number) =>
    Promise.all(filters.map(({ id }) => office.regarding.records.as(SYSTEM).update('userquery', id, { statecode })))
  await set(1)
  expect(await office.cycle(anna)).toMatchObject({ createdItems: 0 })
  await set(0)
  expect(await office.cycle(anna)).toMatchObject({ createdItems: 1 })
  await set(1)
  expect(await office.cycle(anna)).toMatchObject({ removedItems: 1 })
  expect(await office.row(task)).toMatchObject({ subject: 'Filtered' })
  await set(0)
  await office.remove(task)
  await office.cycle(anna)
})

it('TK-11: whom a task is assigned to in Outlook says nothing to the CRM', () => {
  const fields = { subject: 'Call' }
  const assigned = readItem(taskItem(fields, { assigned: true }), 'task', mapContext())
  expect(assigned).toEqual(readItem(taskItem(fields), 'task', mapContext()))
})

it('AP-12, MO-16: a task of the mailbox that a duplicate rule matches is asked about, left alone after no, and made after yes', async () => {
  const { anna, regarding } = office
  const system = regarding.records.as(SYSTEM)
  const rule = await system.create('duplicaterule', {
    name: 'Tasks',
    baseentityname: 'task',
    matchingentityname: 'task',
  })
  await system.create('duplicaterulecondition', {
    regardingobjectid: { table: 'duplicaterule', id: rule },
    baseattributename: 'subject',
    matchingattributename: 'subject',
    operatorcode: 0,
  })
  await regarding.records.duplicates.publish(SYSTEM, rule)
  const as = { kind: 'user', id: anna.id } as const
  await office.create(anna, 'task', { subject: 'Call Otto' })
  await office.cycle(anna)
  for (const [yes, createdRecords] of [
    [false, 0],
    [true, 1],
  ] as const) {
    office.make(anna, { kind: 'task', fields: { ...usual, subject: 'Call Otto', categories: ['$Tracked'] } })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 0, asked: 1 })
    const [question] = await openQuestions(regarding, as)
    expect(question).toMatchObject({
      kind: 'duplicate',
      text: expect.stringMatching(/^“.+”: .*Save it all the same\?$/),
    })
    await answerItemQuestion(regarding, as, question?.id as string, yes)
    expect(await office.cycle(anna)).toMatchObject({ createdRecords, asked: 0 })
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, asked: 0 })
  }
  await system.delete('duplicaterule', rule)
})
