import { sql } from 'kysely'
import type { Database } from '#database'
import type { IncomingOutcome } from '#incoming'
import { SimulatedServer } from '#mailbox'
import { type Reference, ROLES, ROOT_BUSINESS_UNIT, type Row, SYSTEM, type Values } from '#records'
import { assemble, type Regarding, runIncomingMailbox, testMailboxes } from '#sync'
import { SimulatedClock } from '#time'

/** A small company over a simulated mail server: two users, a queue, a few customers. Everything else is the real thing. */
export interface Company {
  regarding: Regarding
  server: SimulatedServer
  clock: SimulatedClock
  anna: Person
  ben: Person
  support: Person
  contact(values: Values): Promise<Reference>
  account(values: Values): Promise<Reference>
  cycle(mailbox: Person): Promise<IncomingOutcome>
  emails(where?: Record<string, unknown>): Promise<Row[]>
  parties(emailId: string): Promise<Row[]>
  set(settings: Record<string, unknown>): Promise<void>
  close(): Promise<void>
}

export interface Person {
  id: string
  mailboxId: string
  address: string
}

export interface Mail {
  from: string
  to?: string | string[]
  cc?: string | string[]
  subject?: string
  messageId?: string
  inReplyTo?: string
  references?: string
  body?: string
  headers?: Record<string, string>
}

let count = 0

/** A message as it travels; each gets its own Message-ID unless one is given. */
export function mail(given: Mail): Uint8Array {
  const lines = [
    `From: ${given.from}`,
    `To: ${list(given.to)}`,
    ...(given.cc ? [`Cc: ${list(given.cc)}`] : []),
    `Subject: ${given.subject ?? 'Hello'}`,
    `Message-ID: ${given.messageId ?? `<mail-${++count}@test.example>`}`,
    'Date: Mon, 05 Jan 2026 08:00:00 +0000',
    ...(given.inReplyTo ? [`In-Reply-To: ${given.inReplyTo}`] : []),
    ...(given.references ? [`References: ${given.references}`] : []),
    ...Object.entries(given.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    'MIME-Version: 1.0',
    ...(given.headers?.['Content-Type'] ? [] : ['Content-Type: text/plain; charset=utf-8']),
    '',
    given.body ?? 'Good morning',
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

export async function openCompany(
  database: Database,
  options: { server?: Partial<ConstructorParameters<typeof SimulatedServer>[0]> } = {},
): Promise<Company> {
  const clock = new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
  const server = new SimulatedServer({ ...options.server, clock })
  const regarding = await assemble(database, clock, { servers: new Map([['test', server]]) })
  const system = regarding.records.as(SYSTEM)
  await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Simulated',
    servertype: 3,
    incomingserverlocation: 'memory:test',
    isdefault: true,
    processemailsreceivedafter: new Date('2025-01-01T00:00:00Z'),
    ownerid: { table: 'systemuser', id: await anyOwner(regarding) },
  })
  const anna = await addUser(regarding, 'Anna', 'Berg', 'anna@adatum.example')
  const ben = await addUser(regarding, 'Ben', 'Holt', 'ben@adatum.example')
  const support = await addQueue(regarding, 'Support', 'support@adatum.example', anna)
  for (const person of [anna, ben, support]) {
    server.account(person.address)
    await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
    const results = await testMailboxes(regarding, SYSTEM, [person.mailboxId])
    const failed = [...results.values()]
      .flat()
      .find((result) => result.direction === 'incoming' && result.status !== 'success')
    if (failed) throw new Error(`${person.address}: ${failed.text}`)
    const account = server.account(person.address)
    for (const item of account.list(['INBOX'])) account.delete(['INBOX'], item.id) // the confirmation
  }
  const create = async (table: string, values: Values) => ({
    table,
    id: await system.create(table, { ownerid: { table: 'systemuser', id: anna.id }, ...values }),
  })
  return {
    regarding,
    server,
    clock,
    anna,
    ben,
    support,
    contact: (values) => create('contact', values),
    account: (values) => create('account', values),
    cycle: (person) => runIncomingMailbox(regarding, person.mailboxId, { guard: () => Promise.resolve() }),
    emails: (where = {}) => emailsWhere(regarding, where),
    parties: (emailId) => partiesOf(regarding, emailId),
    set: (settings) => regarding.options.setOrganization(SYSTEM, settings),
    close: () => regarding.close(),
  }
}

async function anyOwner(regarding: Regarding): Promise<string> {
  const page = await regarding.records.as(SYSTEM).query({ table: 'systemuser', columns: ['systemuserid'], top: 1 })
  return String(page.rows[0]?.['systemuserid'])
}

export async function addUser(
  regarding: Regarding,
  firstname: string,
  lastname: string,
  address: string,
): Promise<Person> {
  const system = regarding.records.as(SYSTEM)
  const id = await system.create('systemuser', {
    firstname,
    lastname,
    internalemailaddress: address,
    domainname: address,
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id },
    roleid: { table: 'role', id: ROLES.salesperson },
  })
  return { id, address, mailboxId: await mailboxOf(regarding, id) }
}

export async function addQueue(regarding: Regarding, name: string, address: string, owner: Person): Promise<Person> {
  const id = await regarding.records
    .as(SYSTEM)
    .create('queue', { name, emailaddress: address, ownerid: { table: 'systemuser', id: owner.id } })
  return { id, address, mailboxId: await mailboxOf(regarding, id) }
}

async function mailboxOf(regarding: Regarding, ownerId: string): Promise<string> {
  const page = await regarding.records.as(SYSTEM).query({
    table: 'mailbox',
    columns: ['mailboxid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'regardingobjectid', operator: 'eq', values: [ownerId] }],
    },
  })
  return String(page.rows[0]?.['mailboxid'])
}

async function emailsWhere(regarding: Regarding, where: Record<string, unknown>): Promise<Row[]> {
  const items = Object.entries(where).map(([column, value]) => ({
    kind: 'condition' as const,
    column,
    operator: 'eq' as const,
    values: [value as string],
  }))
  const page = await regarding.records.as(SYSTEM).query({
    table: 'email',
    filter: { kind: 'filter', type: 'and', items },
    order: [{ column: 'createdon' }],
  })
  return page.rows
}

async function partiesOf(regarding: Regarding, emailId: string): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select participationtypemask, partyid, partyid_table, addressused, unresolvedpartyname from activityparty
    where activityid = ${emailId} order by participationtypemask, addressused
  `.execute(regarding.database.sql)
  return rows
}

function list(value: string | string[] | undefined): string {
  return (value === undefined ? [] : [value].flat()).join(', ')
}

/** Makes the database refuse emails with the subject, as a customization may; returns what lifts it. */
export async function refuseSubject(regarding: Regarding, subject: string): Promise<() => Promise<unknown>> {
  const { sql: executor } = regarding.database
  await sql`alter table email add constraint refused check (subject <> ${sql.lit(subject)}) not valid`.execute(executor)
  return () => sql`alter table email drop constraint refused`.execute(executor)
}
