import { sql } from 'kysely'
import type { Database } from '#database'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import { assemble, type Regarding, testMailboxes } from '#sync'
import { type Clock, systemClock } from '#time'
import type { Dovecot } from '../../support/dovecot.ts'

export interface Employee {
  user: string
  address: string
  userId: string
  mailboxId: string
}

export interface Office {
  regarding: Regarding
  employees: Employee[]
}

/** Users who accept all email, with mailboxes on a real server that is reached through `port`. */
export async function openOffice(
  database: Database,
  dovecot: Dovecot,
  options: { count: number; port?: number; clock?: Clock },
): Promise<Office> {
  const regarding = await assemble(database, options.clock ?? systemClock)
  await addProfile(regarding, {
    name: 'Dovecot',
    servertype: 3,
    incomingserverlocation: dovecot.host,
    incomingportnumber: options.port ?? dovecot.port,
    incomingsecurity: 0,
  })
  return { regarding, employees: await hire(regarding, dovecot, options.count) }
}

/** The profile under which new mailboxes come. */
export async function addProfile(regarding: Regarding, values: Values): Promise<void> {
  const owners = await sql<{ systemuserid: string }>`select systemuserid from systemuser limit 1`.execute(
    regarding.database.sql,
  )
  await regarding.mailboxes.createProfile(SYSTEM, {
    isdefault: true,
    processemailsreceivedafter: new Date('2020-01-01T00:00:00Z'),
    ownerid: { table: 'systemuser', id: String(owners.rows[0]?.systemuserid) },
    ...values,
  })
}

let hired = 0

/** New users (or queues), each with an enabled mailbox. */
export async function hire(
  regarding: Regarding,
  dovecot: Pick<Dovecot, 'newUser'>,
  count: number,
  kind: 'user' | 'queue' = 'user',
): Promise<Employee[]> {
  const employees: Employee[] = []
  for (let index = 0; index < count; index++) {
    const user = dovecot.newUser()
    const address = `${user}@adatum.example`
    const userId = await (kind === 'user' ? addUser : addQueue)(regarding, address)
    const { rows } = await sql<{ mailboxid: string }>`
      select mailboxid from mailbox where regardingobjectid = ${userId}`.execute(regarding.database.sql)
    const mailboxId = String(rows[0]?.mailboxid)
    await regarding.records.as(SYSTEM).update('mailbox', mailboxId, {
      allowemailconnectortousecredentials: true,
      username: user,
      password: 'secret',
      outgoingemaildeliverymethod: 0,
      ...(kind === 'user' ? { actdeliverymethod: 2 } : { incomingfilter: 0 }),
    })
    employees.push({ user, address, userId, mailboxId })
  }
  const ids = employees.map((employee) => employee.mailboxId)
  await regarding.mailboxes.approve(SYSTEM, ids)
  const results = await testMailboxes(regarding, SYSTEM, ids)
  const failed = [...results.values()].flat().find((result) => result.status === 'failure')
  if (failed) throw new Error(failed.text)
  return employees
}

/** A salesperson who accepts all email. */
async function addUser(regarding: Regarding, address: string): Promise<string> {
  const system = regarding.records.as(SYSTEM)
  const id = await system.create('systemuser', {
    firstname: 'Employee',
    lastname: String(hired++),
    internalemailaddress: address,
    domainname: address,
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id },
    roleid: { table: 'role', id: ROLES.salesperson },
  })
  await regarding.options.setPersonal(SYSTEM, id, { Track: 0 })
  return id
}

/** A queue of a salesperson. */
async function addQueue(regarding: Regarding, address: string): Promise<string> {
  const owner = await addUser(regarding, `owner-of-${address}`)
  return regarding.records.as(SYSTEM).create('queue', {
    name: `Queue ${hired++}`,
    emailaddress: address,
    ownerid: { table: 'systemuser', id: owner },
  })
}

/** What the database says of all letters: emails by Message-ID, and marks still to be set. */
export async function tally(database: Database): Promise<{ emails: number; keys: number; wants: number }> {
  const { rows } = await sql<{ emails: number; keys: number; wants: number }>`select
    (select count(*)::int from email) as emails,
    (select count(distinct messageid)::int from email) as keys,
    (select count(*)::int from email_copy where gone_on is null
       and (want_tracked is not null or state <> 'tracked' or not tracked_category)) as wants`.execute(database.sql)
  return rows[0] as { emails: number; keys: number; wants: number }
}
