import { afterAll, beforeAll, expect, it } from 'vitest'
import { createToken, type RunningServer, startServer } from '#http'
import { ROLES, SYSTEM } from '#records'
import type { Person } from '../incoming/support/company.ts'
import { type Office, openOffice } from '../items/support/office.ts'
import { openTestInstallation } from '../support/database.ts'
import { API, type Client, client } from './support/site.ts'

let office: Office
let server: RunningServer
let anna: Client
let ben: Client
beforeAll(async () => {
  office = await openOffice(await openTestInstallation(), { confirmed: false })
  server = await startServer(office.regarding, { port: 0 })
  anna = await as(office.anna)
  ben = await as(office.ben)
})
afterAll(async () => {
  await server?.close()
  await office?.close()
})

async function as(person: Person): Promise<Client> {
  const expires = new Date(office.clock.now().getTime() + 24 * 3_600_000)
  const { secret } = await createToken(office.regarding, person.id, 'test', expires)
  return client(server.url, { authorization: `Bearer ${secret}` })
}
const NOBODY = '00000000-0000-4000-8000-0000000000ff'
const ask = (who: Client, name: string, parameters = '') => who.get(`${API}/${name}(${parameters})`)

it.each([
  ['AnswerInvitation', { Record: { '@odata.id': `appointments(${NOBODY})` }, Answer: 'accepted' }],
  ['AnswerItemQuestion', { QuestionId: NOBODY, Yes: true }],
  ['ConfirmItemSynchronization', { MailboxIds: [NOBODY] }],
  ['ResolveItemConflict', { ConflictId: NOBODY, Take: 'item' }],
  ['RestoreItemCopy', { CopyId: NOBODY }],
])('MO-18, B-23: %s refuses what there is not, what is no id and what it does not know', async (name, body) => {
  const missing = await anna.post(`${API}/${name}`, body)
  expect([missing.status, missing.json.error.message]).toEqual([404, expect.stringContaining(NOBODY)])
  const [parameter] = Object.keys(body) as [string]
  expect((await anna.post(`${API}/${name}`, { ...body, [parameter]: 'nonsense' })).status).toBe(400)
  expect((await anna.post(`${API}/${name}`, { ...body, Else: 1 })).status).toBe(400)
  expect((await anna.post(`${API}/${name}`, {})).status).toBe(400)
  expect((await client(server.url).post(`${API}/${name}`, body)).status).toBe(401)
})

it('B-42, MO-18: the first synchronization is asked about and confirmed by the mailbox’s owner alone', async () => {
  const { anna: person } = office
  await office.create(person, 'contact', { firstname: 'Dora', lastname: 'Lind', emailaddress1: 'dora@lind.example' })
  expect(
    (await anna.post(`${API}/ConfirmItemSynchronization`, { MailboxIds: [person.mailboxId] })).json.error.message,
  ).toContain('was not read yet')
  await office.cycle(person)
  const { value } = (await ask(anna, 'RetrieveItemQuestions')).json
  expect(value).toMatchObject([
    { Kind: 'firstSync', MailboxId: person.mailboxId, Text: expect.stringContaining('1 new in Outlook') },
  ])
  expect((await ask(ben, 'RetrieveItemQuestions')).json.value).toEqual([])
  expect((await ask(ben, 'RetrieveItemQuestions', `MailboxId=${person.mailboxId}`)).json.value).toEqual([])
  expect((await ben.post(`${API}/AnswerItemQuestion`, { QuestionId: value[0].QuestionId, Yes: true })).status).toBe(404)
  expect(
    (await ben.post(`${API}/ConfirmItemSynchronization`, { MailboxIds: [person.mailboxId] })).status,
  ).toBeGreaterThanOrEqual(403)
  expect((await anna.post(`${API}/AnswerItemQuestion`, { QuestionId: value[0].QuestionId, Yes: false })).status).toBe(
    400,
  )
  expect(
    (await anna.post(`${API}/AnswerItemQuestion`, { QuestionId: value[0].QuestionId, Yes: true })).status,
  ).toBeLessThan(300)
  expect((await ask(anna, 'RetrieveItemQuestions')).json.value).toEqual([])
  expect(await office.cycle(person)).toMatchObject({ createdItems: 1 })
  await office.later(1)
})

it('B-70, B-41: conflicts and copies are seen and settled by the mailbox’s owner alone', async () => {
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
  const [conflict] = (await ask(anna, 'RetrieveItemConflicts')).json.value
  expect(conflict).toMatchObject({ Field: 'subject', RecordValue: 'Call Otto', ItemValue: 'Call Ida', Winner: 'item' })
  expect((await ask(ben, 'RetrieveItemConflicts')).json.value).toEqual([])
  const take = { ConflictId: conflict.ConflictId, Take: 'item' }
  expect((await ben.post(`${API}/ResolveItemConflict`, take)).status).toBe(404)
  expect((await anna.post(`${API}/ResolveItemConflict`, take)).status).toBeLessThan(300)
  expect((await anna.post(`${API}/ResolveItemConflict`, take)).status).toBe(404)

  const of = `MailboxId=${person.mailboxId}`
  const [copy] = (await ask(anna, 'RetrieveItemCopies', of)).json.value
  expect(copy).toMatchObject({ Side: 'record', Was: 'overwritten', Subject: 'Call Otto', Fields: ['Subject'] })
  expect((await ask(ben, 'RetrieveItemCopies', of)).status).toBe(404)
  expect((await ben.post(`${API}/RestoreItemCopy`, { CopyId: copy.CopyId })).status).toBe(404)
  await office.change(task, { subject: 'Call nobody' })
  const refused = await anna.post(`${API}/RestoreItemCopy`, { CopyId: copy.CopyId })
  expect([refused.status, refused.json.error.message]).toEqual([412, expect.stringContaining('changed since: Subject')])
  expect((await anna.post(`${API}/RestoreItemCopy`, { CopyId: copy.CopyId, Overwrite: true })).status).toBeLessThan(300)
  expect(await office.row(task)).toMatchObject({ subject: 'Call Otto' })
})

it('MO-94, MO-74: ExplainItemRecord, ExplainItem and RetrieveItemSynchronizationFailures tell what happened, subjects to owners alone', async () => {
  const { anna: person } = office
  const meeting = await office.create(person, 'appointment', {
    subject: 'Secret',
    scheduledstart: new Date('2026-02-01T10:00:00Z'),
    scheduledend: new Date('2026-02-01T11:00:00Z'),
  })
  await office.regarding.records
    .as(SYSTEM)
    .createMany('activityparty', [
      { activityid: meeting, participationtypemask: 5, partyid: { table: 'systemuser', id: person.id } },
    ])
  expect(await office.cycle(person)).toMatchObject({ failed: 1 })
  const of = `Record=@r&@r=${encodeURIComponent(JSON.stringify({ '@odata.id': `appointments(${meeting.id})` }))}`
  const record = await anna.get(`${API}/ExplainItemRecord(Record=@r)?${of.split('&').slice(1).join('&')}`)
  expect(record.json.value).toMatchObject([
    {
      Readable: true,
      Why: [
        {
          Rule: 'SC-56',
          Why: expect.stringContaining('has no organizer'),
          Remedy: 'Enter the organizer of the appointment.',
        },
      ],
      Decision: { Outcome: 'failed', Code: 'OrganizerMissing' },
    },
  ])
  const failures = (await ask(anna, 'RetrieveItemSynchronizationFailures')).json.value
  expect(failures[0]).toMatchObject({
    Code: 'OrganizerMissing',
    Subject: 'Secret',
    Text: expect.stringContaining('Enter one'),
  })
  expect((await ask(ben, 'RetrieveItemSynchronizationFailures')).text).not.toContain('Secret')
  expect((await ask(anna, 'RetrieveItemSynchronizationFailures', 'Top=0')).status).toBe(400)
  const [task] = office.items(person, 'task')
  const item = await ask(anna, 'ExplainItem', `ItemId='${task?.ref.id}'`)
  expect(item.json.value).toMatchObject([{ MailboxId: person.mailboxId, Link: { State: 'linked' } }])
  expect((await ask(anna, 'ExplainItem', `ItemId='nothing'`)).json.value).toEqual([])
})

it('FD-4, FD-7: everybody sees the directions of fields; an administrator changes one, what is fixed is refused', async () => {
  const { value } = (await ask(anna, 'RetrieveSyncFields', `Table='task'`)).json
  expect(value[0]).toMatchObject({ Table: 'task', Direction: expect.any(String) })
  expect((await ask(anna, 'RetrieveSyncFields', `Table='account'`)).status).toBe(400)
  const set = { Table: 'contact', Pair: 'jobTitle', Direction: 'toItem' }
  expect((await anna.post(`${API}/SetSyncFieldDirection`, set)).status).toBe(403)
  const system = office.regarding.records.as(SYSTEM)
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id: office.ben.id },
    roleid: { table: 'role', id: ROLES.systemAdministrator },
  })
  expect((await ben.post(`${API}/SetSyncFieldDirection`, set)).json).toMatchObject({ Direction: 'toItem' })
  const unknown = await ben.post(`${API}/SetSyncFieldDirection`, { ...set, Pair: 'nothing' })
  expect([unknown.status, unknown.json.error.message]).toEqual([400, expect.stringContaining('There are ')])
})
