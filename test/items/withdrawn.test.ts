import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NewItem } from '#mailbox'
import { ROLES, SYSTEM } from '#records'
import { testMailboxes } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice(await openTestInstallation('server'))
})
afterAll(() => office?.close())

let hour = 8

/** Each at an hour of its own. */
const event = (subject: string, { body = '', categories = [] as string[] } = {}): NewItem => ({
  kind: 'event',
  fields: {
    subject,
    time: {
      allDay: false,
      start: `2026-02-02T${String(++hour).padStart(2, '0')}:00:00`,
      end: `2026-02-02T${String(hour).padStart(2, '0')}:30:00`,
      zone: 'UTC',
    },
    body: { text: body },
    categories,
    showAs: 'busy',
    importance: 'normal',
    sensitivity: 'normal',
  },
})

it('SE-43: of what is not tracked nothing is stored but ids and keyed hashes', async () => {
  const { anna, regarding } = office
  const fields = { status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const
  office.make(anna, event('Heartsease', { body: 'Heartsease in the garden' }))
  office.make(anna, { kind: 'task', fields: { ...fields, subject: 'Heartsease', body: { text: 'Heartsease' } } })
  office.make(anna, { kind: 'contact', fields: { lastName: 'Heartsease', email1: 'heartsease@garden.example' } })
  expect(await office.cycle(anna)).toMatchObject({ createdRecords: 0, failed: 0 })
  expect(await tablesWith('heartsease')).toEqual([])
  const seen = await sql<{ count: number }>`select count(*)::int as count from item_identity`.execute(
    regarding.database.sql,
  )
  expect(seen.rows[0]?.count).toBeGreaterThan(0)
  office.make(anna, event('Loosestrife', { categories: ['$Tracked'] }))
  await office.cycle(anna)
  expect(await tablesWith('loosestrife')).toContain('appointment')
})

it('AP-86: attachments that are no longer synchronized stay in Outlook, and in the CRM none appears', async () => {
  const { anna, server, regarding } = office
  await office.set({ IsAppointmentAttachmentSyncEnabled: true })
  const { items } = server.account(anna.address)
  const id = office.make(anna, event('Pumps', { categories: ['$Tracked'] }))
  const put = (name: string) =>
    items.change(['Calendar'], id, {
      kind: 'event',
      attachments: { add: [{ name, type: 'text/plain', content: new TextEncoder().encode(name) }] },
    })
  put('first.txt')
  await office.cycle(anna)
  const record = (await office.rows('appointment')).find((row) => row['subject'] === 'Pumps')
  const files = async () => (await office.rows('activitymimeattachment')).map((row) => row['filename'])
  expect(await files()).toEqual(['first.txt'])
  await office.set({ IsAppointmentAttachmentSyncEnabled: false })
  put('second.txt')
  await office.later(5)
  await office.change({ table: 'appointment', id: String(record?.['activityid']) }, { location: 'Room 7' })
  for (let round = 0; round < 2; round++) await office.cycle(anna)
  const item = office.items(anna, 'event').find(({ ref }) => ref.id === id)
  expect(item).toMatchObject({
    fields: { location: 'Room 7' },
    attachments: [{ name: 'first.txt' }, { name: 'second.txt' }],
  })
  expect(await files()).toEqual(['first.txt'])
  expect(await regarding.records.as(SYSTEM).retrieve('appointment', String(record?.['activityid']))).toBeDefined()
})

it('SE-71, AP-92, CT-30: access that is withdrawn takes the copy away; own contacts stay', async () => {
  const { anna, ben } = office
  const contact = await office.create(anna, 'contact', { lastname: 'Kept' })
  const task = await office.create(anna, 'task', { subject: 'Passed on' })
  await office.create(anna, 'task', { subject: 'Hers' })
  await office.cycle(anna)
  const names = () => [
    ...office.items(anna, 'task').flatMap((item) => (item.kind === 'task' ? [item.fields.subject ?? ''] : [])),
    ...office.items(anna, 'contact').flatMap((item) => (item.kind === 'contact' ? [item.fields.lastName ?? ''] : [])),
  ]
  expect(names()).toEqual(expect.arrayContaining(['Passed on', 'Hers', 'Kept']))
  await office.change(task, { ownerid: { table: 'systemuser', id: ben.id } })
  await office.change(contact, { statecode: 1, statuscode: 2 })
  await office.cycle(anna)
  expect(names()).not.toContain('Passed on')
  expect(names()).toEqual(expect.arrayContaining(['Hers', 'Kept']))
})

it('SE-41, SE-42: a privilege that the user lost stops items in the next cycle, and is named by the test as well', async () => {
  const { anna, regarding } = office
  const system = regarding.records.as(SYSTEM)
  const { rows } = await system.query({ table: 'systemuserroles' })
  const own = rows.find((row) => row['systemuserid'] === anna.id)
  await system.delete('systemuserroles', String(own?.[regarding.records.catalogue.table('systemuserroles').id]))
  const lacking = { kind: 'permanent', code: 'PrivilegeDenied', message: expect.stringContaining('prvSyncToOutlook') }
  await expect(office.cycle(anna)).rejects.toMatchObject(lacking)
  const act = (await testMailboxes(regarding, SYSTEM, [anna.mailboxId])).get(anna.mailboxId)
  expect(act?.find(({ direction }) => direction === 'act')).toMatchObject({
    status: 'failure',
    code: 'PrivilegeDenied',
    text: expect.stringContaining('prvSyncToOutlook'),
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id: anna.id },
    roleid: { table: 'role', id: ROLES.salesperson },
  })
  await testMailboxes(regarding, SYSTEM, [anna.mailboxId])
  expect(await office.cycle(anna)).toMatchObject({ failed: 0 })
})

/** The tables in which a word stands anywhere, in whatever letters. */
async function tablesWith(word: string): Promise<string[]> {
  const { sql: executor } = office.regarding.database
  const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(executor)
  const found: string[] = []
  for (const { name } of rows) {
    const hit = await sql<{ is: boolean }>`select exists (select from ${sql.table(name)} t
      where t::text ilike ${`%${word}%`}) as is`.execute(executor)
    if (hit.rows[0]?.is) found.push(name)
  }
  return found
}
