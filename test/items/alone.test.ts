import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItems } from '#items'
import { MailboxError, type NewItem } from '#mailbox'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const MANY = 200
const WORST = 77

describe.each(engines)('one of a page of two hundred is refused, %s', (engine) => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation(engine))
    await office.set({ EnableSssItemLevelMonitoring: true })
  })
  afterAll(async () => office?.close())

  const items = (name: string) =>
    office.items(office.anna, 'task').filter(({ fields }) => 'subject' in fields && fields.subject?.startsWith(name))

  it('SC-56: by the CRM: it fails alone, and nothing of the others is done twice', async () => {
    const { anna, regarding, server } = office
    await sql`alter table task add constraint not_this check (subject <> ${sql.lit(`New ${WORST}`)})`.execute(
      regarding.database.sql,
    )
    for (let n = 0; n < MANY; n++) office.make(anna, task(`New ${n}`))
    const writes = writesTo(office)
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: MANY - 1, failed: 1 })
    expect(writes).toEqual(Array.from({ length: MANY - 1 }, () => 'items.update'))
    const subjects = (await office.rows('task')).map((row) => String(row['subject']))
    expect(new Set(subjects).size).toBe(MANY - 1)
    expect(subjects).not.toContain(`New ${WORST}`)
    const failed = await explainItems(regarding, { kind: 'user', id: anna.id }, { outcomes: ['failed'] })
    expect(failed).toMatchObject([{ code: 'RecordRefused', subject: `New ${WORST}` }])
    server.faults.clear()
    await office.cycle(anna)
  })

  it('SC-56: by the mailbox: it fails alone, and the others are linked', async () => {
    const { anna, regarding, server } = office
    await regarding.records.as({ kind: 'user', id: anna.id }).createMany('task', named('Left'))
    const error = new MailboxError('permanent', 'NotSupported', 'Not this one.', { scope: 'item' })
    server.faults.plan({ error, call: 'items.create', skip: WORST })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: MANY - 1, linked: MANY - 1, failed: 1 })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, linked: 1 })
    expect(items('Left')).toHaveLength(MANY)
  })

  it('SC-33: where the mailbox breaks off, what it took is linked at once, and the rest follows', async () => {
    const { anna, regarding, server } = office
    await regarding.records.as({ kind: 'user', id: anna.id }).createMany('task', named('Cut'))
    const lost = new MailboxError('transient', 'Timeout', 'The connection was lost.')
    server.faults.plan({ error: lost, call: 'items.create', skip: WORST, times: MANY })
    await expect(office.cycle(anna)).rejects.toMatchObject({ kind: 'transient' })
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from item_link where state = 'linked' and subject like 'Cut %'`.execute(
      regarding.database.sql,
    )
    expect(rows[0]?.count).toBe(WORST)
    server.faults.clear()
    expect(await office.cycle(anna)).toMatchObject({ createdItems: MANY - WORST })
    expect(items('Cut')).toHaveLength(MANY)
  })
})

const task = (subject: string): NewItem => ({
  kind: 'task',
  fields: { subject, status: 'notStarted', importance: 'normal', sensitivity: 'normal', categories: ['$Tracked'] },
})

const named = (name: string) => Array.from({ length: MANY }, (_, n) => ({ subject: `${name} ${n}` }))

/** What is written to mailboxes from now on. */
function writesTo({ server }: Office): string[] {
  const writes: string[] = []
  server.faults.chance = ({ name, moment }) => {
    if (moment === 'before' && /create|update|remove/.test(name)) writes.push(name)
    return undefined
  }
  return writes
}
