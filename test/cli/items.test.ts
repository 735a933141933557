import { afterAll, beforeAll, expect, it } from 'vitest'
import { PARTICIPATION, SYSTEM } from '#records'
import { runCommand } from '../../src/cli/run.ts'
import { type Office, openOffice } from '../items/support/office.ts'
import { openTestInstallation } from '../support/database.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice(await openTestInstallation(), { confirmed: false })
})
afterAll(() => office?.close())

// What a command answers is looked into freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Data = any

async function run(...words: string[]): Promise<{ code: number; data: Data; text: string; said: string }> {
  const said: string[] = []
  let data: unknown
  let text = ''
  const output = {
    result: (shown: string, given: unknown) => {
      text = shown
      data = given
    },
    say: (line: string) => void said.push(line),
    progress: () => undefined,
  }
  const code = await runCommand(office.regarding, words, output, new AbortController().signal)
  return { code, data: JSON.parse(JSON.stringify(data ?? null)), text, said: said.join('\n') }
}
const anna = 'anna@adatum.example'
const NOBODY = '00000000-0000-4000-8000-0000000000ff'
const card = (lastName: string) => ({ kind: 'contact', fields: { lastName } }) as const

it.each(['plan', 'confirm', 'questions', 'answer', 'conflicts', 'resolve', 'restore', 'explain', 'failures'])(
  'B-23, MO-18: items %s tells how it is used, and refuses a mailbox, question, conflict or copy that there is not',
  async (name) => {
    expect(await run('items', name, '--help')).toMatchObject({
      code: 0,
      text: expect.stringContaining(`regarding items ${name}`),
    })
    const more = { answer: ['yes'], resolve: ['item'] }[name] ?? []
    const wrong = await run('items', name, NOBODY, ...more)
    expect(wrong.code).toBe({ explain: 1 }[name] ?? 66)
    expect(`${wrong.text}${wrong.said}`).toContain(NOBODY)
    expect(await run('items', name, ...Array.from({ length: 1001 }, String))).toMatchObject({
      code: 64,
      said: expect.stringContaining('Usage'),
    })
  },
)

it('B-42: plan, questions and confirm: the first synchronization is looked at, agreed to and begun', async () => {
  await office.create(office.anna, 'contact', {
    firstname: 'Dora',
    lastname: 'Lind',
    emailaddress1: 'dora@lind.example',
  })
  expect(await run('items', 'confirm', anna)).toMatchObject({
    code: 1,
    said: expect.stringContaining('was not read yet'),
  })
  const plan = await run('items', 'plan', anna)
  expect(plan).toMatchObject({ code: 0, text: expect.stringMatching(/^0 matched, 0 new in CRM, 1 new in Outlook/) })
  expect(plan.text).toMatch(/contact +Dora Lind +create +– +held back/)
  expect(plan.data).toMatchObject({
    summary: { newInMailbox: 1 },
    deeds: [{ name: 'Dora Lind', kind: 'contact', mailbox: 'create', held: true }],
  })
  expect(office.items(office.anna, 'contact')).toEqual([])
  await office.cycle(office.anna)
  const asked = await run('items', 'questions', anna)
  expect(asked.data).toMatchObject([{ kind: 'firstSync' }])
  // What waits for the confirmation is what is planned.
  expect((await run('items', 'plan', anna)).data).toEqual({ ...plan.data, questions: [] })
  expect(asked.text).toContain('Answer: regarding items answer')
  expect(await run('items', 'answer', asked.data[0].id, 'perhaps')).toMatchObject({
    code: 64,
    said: expect.stringContaining('yes or no'),
  })
  expect(await run('items', 'answer', asked.data[0].id, 'no')).toMatchObject({
    code: 1,
    said: expect.stringContaining('waits as long'),
  })
  expect(await run('items', 'confirm', anna, 'ben@adatum.example')).toMatchObject({ code: 1 })
  expect(await run('items', 'confirm', anna)).toMatchObject({ code: 0, data: { confirmed: [office.anna.mailboxId] } })
  expect(await run('items', 'questions')).toMatchObject({ code: 0, text: 'Nothing is asked.' })
  expect(await office.cycle(office.anna)).toMatchObject({ createdItems: 1 })
  expect(await run('items', 'plan', anna)).toMatchObject({
    code: 0,
    text: 'Nothing is to be done.',
    data: { deeds: [] },
  })
  await office.later(1)
})

it('AP-12, MO-16, MO-117: a question about one thing is told, and answered once', async () => {
  const { anna: person } = office
  office.make(person, card('Twin'))
  office.make(person, card('Twin'))
  await office.cycle(person)
  const twin = await office.create(person, 'contact', { lastname: 'Twin' })
  expect(await office.cycle(person)).toMatchObject({ asked: 1 })
  const [question] = (await run('items', 'questions', anna)).data
  const why = await run('items', 'explain', `contact:${twin.id}`, '--user', anna)
  expect(why.text).toMatch(/MO-117 +Synchronization asks: 2 contacts in the mailbox look like "Twin"/)
  expect(why.text).toContain(`items answer ${question.id} yes|no`)
  const plan = await run('items', 'plan', anna)
  expect(plan.text).toMatch(
    new RegExp(`^Nothing is to be done.\\n\\nWaits for an answer[^]*${question.id} +2 contacts`),
  )
  const failures = await run('items', 'failures', anna)
  expect(failures).toMatchObject({ code: 0, data: [{ outcome: 'asked', record: twin }] })
  expect(failures.text).toContain(`contact:${twin.id}  asked  2 contacts in the mailbox look like "Twin"`)
  expect(await run('items', 'failures', 'ben@adatum.example')).toMatchObject({ text: 'Nothing has failed.', data: [] })
  expect(await run('items', 'answer', question.id, 'yes')).toMatchObject({ code: 0, data: { answer: 'yes' } })
  expect(await run('items', 'answer', question.id, 'yes')).toMatchObject({ code: 66 })
  expect(await office.cycle(person)).toMatchObject({ createdItems: 1 })
})

it('B-70: conflicts shows both values, resolve takes the other one, once', async () => {
  const { anna: person } = office
  const task = await office.create(person, 'task', { subject: 'Call' })
  await office.cycle(person)
  const [item] = office.items(person, 'task')
  await office.later(5)
  await office.change(task, { subject: 'Call Otto' })
  await office.later(5)
  office.server
    .account(person.address)
    .items.change(['Tasks'], item?.ref.id as string, { kind: 'task', set: { subject: 'Call Ida' } })
  await office.cycle(person)
  expect(await run('items', 'conflicts', 'ben@adatum.example')).toMatchObject({
    code: 0,
    text: 'There are no conflicts.',
  })
  const tray = await run('items', 'conflicts')
  // By the names that people know them by; it is called as the winner has it.
  expect(tray.text).toMatch(/task:Call Ida +Subject +Call Otto +Call Ida +mailbox/)
  const [{ id }] = tray.data
  expect(await run('items', 'resolve', id, 'mine')).toMatchObject({ code: 64 })
  expect(await run('items', 'resolve', id, 'record')).toMatchObject({
    code: 0,
    data: { conflict: id, taken: 'record' },
  })
  expect(await run('items', 'resolve', id, 'record')).toMatchObject({ code: 66 })
  await office.cycle(person)
  expect(office.items(person, 'task')).toMatchObject([{ fields: { subject: 'Call Otto' } }])
  await office.remove(task)
  await office.cycle(person)
})

it('B-41: restore lists what was lost, by name and fields, and brings it back once', async () => {
  const { anna: person } = office
  const call = await office.create(person, 'phonecall', { subject: 'Ring Zoe' })
  await office.cycle(person)
  await office.later(5)
  const [item] = office.items(person, 'task')
  office.server
    .account(person.address)
    .items.change(['Tasks'], item?.ref.id as string, { kind: 'task', set: { subject: 'Ring Zoe today' } })
  await office.cycle(person)
  const list = await run('items', 'restore', anna)
  expect(list.text).toMatch(/phonecall +Ring Zoe +overwritten: Subject +CRM/)
  expect(list.data[0]).toMatchObject({ name: 'Ring Zoe', fields: ['Subject'], deed: 'overwritten', side: 'record' })
  expect(list.data[0]).not.toHaveProperty('copy')
  await office.change(call, { subject: 'Ring Zoe now' })
  const refused = await run('items', 'restore', anna, list.data[0].id)
  expect(refused).toMatchObject({
    code: 1,
    said: expect.stringMatching(/“Ring Zoe now” was changed since: Subject.*--overwrite/),
  })
  expect(await run('items', 'restore', anna, list.data[0].id, '--overwrite')).toMatchObject({
    code: 0,
    text: '“Ring Zoe” is restored in the CRM. Nobody was told.',
  })
  expect(await run('items', 'restore', anna, list.data[0].id)).toMatchObject({
    code: 66,
    said: expect.stringContaining('restored already'),
  })
  expect(await office.row(call)).toMatchObject({ subject: 'Ring Zoe' })
})

it('MO-94, MO-117: explain tells of an item whether it is linked, and why it is not', async () => {
  const { anna: person } = office
  const id = office.make(person, {
    kind: 'task',
    fields: { subject: 'Dentist', status: 'notStarted', importance: 'normal', sensitivity: 'normal' },
  })
  await office.cycle(person)
  const own = await run('items', 'explain', id)
  expect(own).toMatchObject({ code: 0, data: [{ why: [{ rule: 'MO-117' }] }] })
  expect(own.text).toMatch(/^Not linked\.\nMO-117 +Nobody has tracked it/)
  const linked = office.items(person, 'task').find(({ marks }) => marks.recordId !== undefined)
  const told = await run('items', 'explain', linked?.ref.id as string)
  expect(told.text).toMatch(
    /^Linked to phonecall:\S+\.\nLinked \(item \S+\)\. Last to the mailbox, 2026-01-05 \d\d:\d\d UTC\./,
  )
})

it('AP-57: reply answers an invitation for the user who is named, and for nobody else', async () => {
  const { anna: organizer, ben, clock } = office
  const at = (hours: number) => new Date(clock.now().getTime() + 7 * 86_400_000 + hours * 3_600_000)
  const meeting = await office.create(organizer, 'appointment', {
    subject: 'Harvest',
    scheduledstart: at(0),
    scheduledend: at(1),
  })
  const party = ({ id, address }: typeof ben, participationtypemask: number) => ({
    activityid: meeting,
    participationtypemask,
    addressused: address,
    partyid: { table: 'systemuser', id },
  })
  await office.regarding.records
    .as(SYSTEM)
    .createMany('activityparty', [party(organizer, PARTICIPATION.organizer), party(ben, PARTICIPATION.required)])
  await office.cycle(organizer)
  const wanted = `appointment:${meeting.id}`
  const early = await run('items', 'reply', wanted, 'accepted', '--user', ben.address)
  expect(early).toMatchObject({ code: 66, said: expect.stringContaining('in no calendar of yours') })
  await office.cycle(ben)
  await run('items', 'confirm', ben.address)
  await office.cycle(ben)
  expect(await run('items', 'reply', wanted, 'perhaps', '--user', ben.address)).toMatchObject({ code: 64 })
  expect(await run('items', 'reply', wanted, 'accepted')).toMatchObject({
    code: 64,
    said: expect.stringContaining('--user says who answers'),
  })
  const own = await run('items', 'reply', wanted, 'declined', '--user', anna)
  expect(own.said).toContain('The meeting is your own')
  expect(await run('items', 'reply', wanted, 'tentative', '--user', ben.address)).toMatchObject({
    code: 0,
    data: { record: meeting, answer: 'tentative' },
  })
  await office.cycle(ben)
  const [invitation] = office.items(ben, 'event')
  expect(invitation).toMatchObject({ role: 'attendee', answer: 'tentative' })
})

it('FD-2, FD-3, FD-7: options fields shows the table, options direct changes one, and says what cannot be', async () => {
  const { text, data } = await run('options', 'fields', 'contact')
  expect(text).toMatch(/^Pair +Outlook +Direction +CRM/)
  expect(data.find((field: Data) => field.pair === 'jobTitle')).toMatchObject({
    direction: 'both',
    columns: ['jobtitle'],
  })
  expect(await run('options', 'fields', 'account')).toMatchObject({
    code: 64,
    said: expect.stringContaining('"account" is no table'),
  })
  expect(await run('options', 'direct', 'contact', 'jobTitle', 'toItem')).toMatchObject({
    code: 0,
    text: expect.stringContaining('is CRM → Outlook now'),
  })
  expect(await run('options', 'direct', 'contact', 'jobTitle', 'sideways')).toMatchObject({
    code: 64,
    said: expect.stringContaining('one of both, toRecord'),
  })
  expect(await run('options', 'direct', 'contact', 'nothing', 'both')).toMatchObject({
    code: 64,
    said: expect.stringContaining('There are '),
  })
  const fixed = (await run('options', 'fields', 'appointment')).data.find((field: Data) => field.allowed.length === 1)
  expect(await run('options', 'direct', 'appointment', fixed.pair, 'none')).toMatchObject({
    code: 64,
    said: expect.stringContaining('is fixed'),
  })
  expect((await run('options', 'direct', 'contact', 'jobTitle', 'next')).data).toMatchObject({ direction: 'none' })
  expect(await run('options', 'direct', '--help')).toMatchObject({
    code: 0,
    text: expect.stringContaining('<direction>'),
  })
})
