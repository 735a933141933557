import { sql } from 'kysely'
import type { Database } from '#database'
import { SimulatedServer } from '#mailbox'
import { type Reference, ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import { assemble, type Regarding, testMailboxes } from '#sync'
import { type Clock, uuid7 } from '#time'

/** A clock that never makes anybody wait: sleeping moves it. */
class InstantClock implements Clock {
  #now = Date.parse('2026-01-05T08:00:00Z')

  now(): Date {
    return new Date(this.#now)
  }

  sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds
    return Promise.resolve()
  }
}

/** Somebody with a mailbox. `accepts` is the code of T-20. */
export interface Person {
  kind: 'systemuser' | 'queue'
  id: string
  mailboxId: string
  address: string
  accepts: 0 | 1 | 2 | 4
  /** Creates contacts for strangers (T-75). */
  creates: boolean
  /** Deletes what it has processed (MB-43). */
  deletes: boolean
}

/**
 * One database in which many seeds play, one after the other: users, queues and customers stay, everything that a run
 * makes is removed before the next. What a run needs new (server, ids, crashes) is put in place by the run.
 */
export interface Ground {
  regarding: Regarding
  clock: InstantClock
  people: Person[]
  /** Addresses of contacts. */
  customers: string[]
  /** Records that emails can regard. */
  accounts: Reference[]
  /** Puts the server and the source of ids of a run in place. */
  use(server: SimulatedServer, random: () => number): void
  /** Brings settings of the organization to these values. */
  settle(settings: Record<string, boolean | number>): Promise<void>
  reset(): Promise<void>
  close(): Promise<void>
}

/** Whom a seed may choose among. */
const USERS = [
  { accepts: 0, creates: false },
  { accepts: 0, creates: true },
  { accepts: 1, creates: false },
  { accepts: 1, creates: false },
  { accepts: 2, creates: false },
  { accepts: 2, creates: true },
  { accepts: 4, creates: false },
  { accepts: 0, creates: true },
] as const
const QUEUES = [
  { accepts: 0, deletes: false },
  { accepts: 1, deletes: false },
  { accepts: 0, deletes: true },
] as const

export async function openGround(database: Database): Promise<Ground> {
  const clock = new InstantClock()
  const servers = new Map([['simulated', new SimulatedServer({ clock })]])
  let random = Math.random
  const bytes = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256))
  // In the order in which they are made, as clocks that go on give them.
  let made = 0
  const newId = () => uuid7(new Date(clock.now().getTime() + ++made), bytes)
  const regarding = await assemble(database, clock, { servers, newId })
  const system = regarding.records.as(SYSTEM)
  const administrator = { table: 'systemuser', id: await anyUser(regarding) }
  await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Simulated',
    servertype: 3,
    incomingserverlocation: 'memory:simulated',
    isdefault: true,
    processemailsreceivedafter: new Date('2025-01-01T00:00:00Z'),
    ownerid: administrator,
  })
  const people: Person[] = []
  for (const [index, user] of USERS.entries()) people.push(await addUser(regarding, index, user))
  for (const [index, queue] of QUEUES.entries())
    people.push(await addQueue(regarding, index, queue, (people[0] as Person).id))
  for (const person of people) servers.get('simulated')?.account(person.address)
  await regarding.mailboxes.approve(
    SYSTEM,
    people.map((person) => person.mailboxId),
  )
  await testMailboxes(
    regarding,
    SYSTEM,
    people.map((person) => person.mailboxId),
  )
  const customers = ['kara@kern.example', 'lars@lund.example', 'mona@mohr.example']
  for (const [index, emailaddress1] of customers.entries()) {
    const owner = people[(index * 2) % USERS.length] as Person
    await system.create('contact', {
      lastname: emailaddress1.split('@')[0] ?? '',
      emailaddress1,
      ownerid: { table: owner.kind, id: owner.id },
    })
  }
  const accounts: Reference[] = []
  for (const name of ['Kern AG', 'Lund ApS', 'Mohr KG'])
    accounts.push({ table: 'account', id: await system.create('account', { name, ownerid: administrator }) })
  const baseline = clock.now()
  let settled = ''
  return {
    regarding,
    clock,
    people,
    customers,
    accounts,
    use(server, source) {
      servers.set('simulated', server)
      random = source
      made = 0
    },
    async settle(settings) {
      if (JSON.stringify(settings) === settled) return
      await regarding.options.setOrganization(SYSTEM, settings)
      settled = JSON.stringify(settings)
    },
    reset: () => reset(database, baseline, clock),
    close: () => regarding.close(),
  }
}

const EMPTIED = [
  'mailbox_folder',
  'email_copy',
  'decision',
  'email_folder_rule',
  'thread_choice',
  'block_rule',
  'accept_rule',
  'track_request',
  'mailboxtrackingfolder',
  'queueitem',
  'activityparty',
  'email',
  'changefeed',
  'tracelog',
] as const

/** One statement. What was made after the baseline goes. */
async function reset(database: Database, baseline: Date, clock: InstantClock): Promise<void> {
  await clock.sleep(60_000)
  const emptied = EMPTIED.map((table, index) => sql`${sql.id(`e${index}`)} as (delete from ${sql.table(table)})`)
  await sql`with ${sql.join(emptied)},
    contacts as (delete from contact where createdon > ${baseline}),
    addresses as (delete from emailaddress where createdon > ${baseline})
    select 1`.execute(database.sql)
}

async function anyUser(regarding: Regarding): Promise<string> {
  const { rows } = await regarding.records.as(SYSTEM).query({ table: 'systemuser', columns: ['systemuserid'], top: 1 })
  return String(rows[0]?.['systemuserid'])
}

async function addUser(regarding: Regarding, index: number, user: (typeof USERS)[number]): Promise<Person> {
  const system = regarding.records.as(SYSTEM)
  const address = `user${index}@adatum.example`
  const id = await system.create('systemuser', {
    firstname: 'User',
    lastname: String(index),
    internalemailaddress: address,
    domainname: address,
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id },
    roleid: { table: 'role', id: ROLES.salesperson },
  })
  await regarding.options.setPersonal(SYSTEM, id, {
    Track: user.accepts,
    Create: user.creates ? 'Contacts' : 'Off',
  })
  return { kind: 'systemuser', id, address, mailboxId: await mailboxOf(regarding, id), deletes: false, ...user }
}

async function addQueue(
  regarding: Regarding,
  index: number,
  { accepts, deletes }: (typeof QUEUES)[number],
  owner: string,
): Promise<Person> {
  const address = `queue${index}@adatum.example`
  const id = await regarding.records
    .as(SYSTEM)
    .create('queue', { name: `Queue ${index}`, emailaddress: address, ownerid: { table: 'systemuser', id: owner } })
  const mailboxId = await mailboxOf(regarding, id)
  const values: Values = { incomingfilter: accepts, processanddeleteemails: deletes }
  await regarding.records.as(SYSTEM).update('mailbox', mailboxId, values)
  return { kind: 'queue', id, address, mailboxId, accepts, deletes, creates: false }
}

async function mailboxOf(regarding: Regarding, ownerId: string): Promise<string> {
  const { rows } = await sql<{ mailboxid: string }>`
    select mailboxid from mailbox where regardingobjectid = ${ownerId}`.execute(regarding.database.sql)
  return String(rows[0]?.mailboxid)
}
