import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

test('SC-1: mailboxes that were enabled for outgoing email before it was carried out get their workload, once', async () => {
  const company = await openCompany(await openTestInstallation())
  try {
    const executor = company.regarding.database.sql
    const outgoing = async () =>
      (
        await sql<{
          id: string
        }>`select mailbox_id as id from mailbox_schedule where workload = 'outgoing' order by 1`.execute(executor)
      ).rows.map((row) => row.id)
    const before = await outgoing()
    expect(before).toContain(company.anna.mailboxId)
    await sql`delete from mailbox_schedule where workload = 'outgoing'`.execute(executor)
    const migration = await readFile('src/database/migrations/0101_outgoing_schedule.sql', 'utf8')
    for (let times = 0; times < 2; times++) await sql.raw(migration).execute(executor)
    expect(await outgoing()).toEqual(before)
  } finally {
    await company.close()
  }
})
