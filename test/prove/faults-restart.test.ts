import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { mail } from '../incoming/support/company.ts'
import { otherSide, signInAsUser } from '../mailbox/imap/otherSide.ts'
import { makeTestTarget, TEST_KEY } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { type Crew, openCrew } from './support/crew.ts'
import { type Employee, type Office, openOffice, tally } from './support/office.ts'

let dovecot: Dovecot
let database: Database
let office: Office
let crew: Crew
let remove: () => Promise<void>
beforeAll(async () => {
  dovecot = await startDovecot()
  const made = await makeTestTarget('server')
  if (!('url' in made.target)) throw new Error('A server was asked for')
  remove = made.remove
  database = await openDatabase(made.target, { key: { text: TEST_KEY } })
  office = await openOffice(database, dovecot, { count: 2 })
  crew = await openCrew('killable.ts', [made.target.url, TEST_KEY])
})
afterAll(async () => {
  await crew?.close()
  await database?.close()
  await remove?.()
  await dovecot?.stop()
})

/** Minutes lie between two sweeps: only a watch brings these letters in. */
test('B-10: a process that was killed leaves its watches behind as if they stood; the next one watches at once', async () => {
  const [first, second] = office.employees as [Employee, Employee]
  await crew.start()
  await expect.poll(atRest, { timeout: 20_000 }).toBe(true)
  await crew.kill(0)
  await post(first, '<meanwhile@foreign.example>')
  await crew.start()
  await expect.poll(tracked, { timeout: 10_000 }).toBe(1)
  await expect.poll(atRest, { timeout: 10_000 }).toBe(true)
  await post(second, '<after@foreign.example>')
  await expect.poll(tracked, { timeout: 10_000 }).toBe(2)
  expect(await tally(database)).toMatchObject({ emails: 2, keys: 2 })
})

const tracked = async () => (await tally(database)).emails

async function post({ user, address }: Employee, messageId: string): Promise<void> {
  const client = await signInAsUser(dovecot, user)
  await otherSide(dovecot, user, client).deliver(
    ['INBOX'],
    mail({ from: 'otto@foreign.example', to: address, messageId }),
  )
  client.close()
}

/** Both are watched, neither runs, and the next sweep is more than a minute away. */
async function atRest(): Promise<boolean> {
  const { rows } = await sql<{ resting: number }>`
    select count(*)::int as resting from mailbox_schedule
    where workload = 'incoming' and watched_since is not null and lease_owner is null
      and next_due > now() + interval '1 minute'`.execute(database.sql)
  return rows[0]?.resting === office.employees.length
}
