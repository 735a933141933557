import type { Executor } from '#database'
import { approvalSuffices, type MailboxSetup, setupOf } from '#mailboxes'
import type { Options, Settings } from '#options'
import { type Access, type Condition, type Principal, type Reference, type Row, SYSTEM } from '#records'
import { alwaysTracked } from './acceptRules.ts'
import { ACCEPT, type Acceptance, type Actor } from './model.ts'

interface Dependencies {
  records: { as(principal: Principal): Access }
  options: Options
  database: { sql: Executor }
}

const CREATE = ['off', 'contact', 'lead'] as const

/** Key under which actors are kept. */
export const actorKey = (record: Reference): string => `${record.table}:${record.id}`

/**
 * The users and queues among `records` as those who may accept mail, own it and create people: their mailboxes, their
 * options, their privileges. A fixed number of statements, however many.
 */
export async function loadActors(
  { records, options, database }: Dependencies,
  wanted: readonly Reference[],
  settings: Settings,
  executor?: Executor,
): Promise<Map<string, Actor>> {
  const access = executor ? records.as(SYSTEM).in(executor) : records.as(SYSTEM)
  const ids = [...new Set(wanted.filter(isActor).map((record) => record.id))]
  if (!ids.length) return new Map()
  const mailboxes = await mailboxesOf(access, ids, settings)
  const people = new Set<string>()
  for (const record of wanted) if (record.table === 'systemuser') people.add(record.id)
  for (const row of mailboxes.values()) if (row['ownerid_table'] === 'systemuser') people.add(String(row['ownerid']))
  const personal = await options.personal([...people], executor)
  const queues = settings['RouteEmailToOwnersQueue'] === true ? await defaultQueues(access, [...people]) : new Map()
  const wishes = await alwaysTracked(executor ?? database.sql, [...people])
  const actors = new Map<string, Actor>()
  for (const record of wanted) {
    if (!isActor(record) || actors.has(actorKey(record))) continue
    const row = mailboxes.get(record.id)
    const setup = row && setupOf(row, undefined)
    const owner = setup?.owner ?? (record.table === 'systemuser' ? record : undefined)
    const chosen = owner ? personal.get(owner.id) : undefined
    const rights = await rightsOf(records, owner)
    actors.set(actorKey(record), {
      record,
      name: setup?.name ?? record.id,
      acceptance: acceptanceOf(record, setup, personal.get(record.id)),
      processes: setup !== undefined && processes(setup, settings),
      ownerMayWriteEmail: rights.email,
      create: CREATE[Number(chosen?.['Create'] ?? 0)] ?? 'off', // T-75, T-78
      mayCreate: { contact: rights.contact, lead: rights.lead },
      ...(setup ? { mailboxId: setup.id } : {}),
      ...(wishes.has(record.id) ? { alwaysTracks: new Set(wishes.get(record.id)) } : {}),
      ...(owner ? { owner } : {}),
      ...(owner && queues.has(owner.id) ? { ownerDefaultQueue: String(queues.get(owner.id)) } : {}),
    })
  }
  return actors
}

function isActor(record: Reference): record is Actor['record'] {
  return record.table === 'systemuser' || record.table === 'queue'
}

/** A candidate counts only when its mailbox is processed (T-21). */
function processes(setup: MailboxSetup, settings: Settings): boolean {
  const viaForward = setup.incoming === 'forward'
  return (
    setup.active &&
    approvalSuffices(setup, settings) &&
    (viaForward || (setup.incoming === 'serverSide' && setup.enabledForIncoming))
  )
}

/** PO-22 for users, PO-35 for queues. */
function acceptanceOf(record: Reference, setup: MailboxSetup | undefined, chosen: Settings | undefined): Acceptance {
  const value = record.table === 'queue' ? (setup?.row['incomingfilter'] ?? ACCEPT.replies) : chosen?.['Track']
  const code = Number(value ?? ACCEPT.replies)
  return Object.values(ACCEPT).find((acceptance) => acceptance === code) ?? ACCEPT.replies
}

async function rightsOf(
  records: Dependencies['records'],
  owner: Reference | undefined,
): Promise<Record<'email' | 'contact' | 'lead', boolean>> {
  if (!owner) return { email: false, contact: false, lead: false }
  if (owner.table !== 'systemuser') return { email: true, contact: false, lead: false }
  const access = records.as({ kind: 'user', id: owner.id })
  return {
    email: await access.may('create', 'email'),
    contact: await access.may('create', 'contact'),
    lead: await access.may('create', 'lead'),
  }
}

async function defaultQueues(access: Access, people: readonly string[]): Promise<Map<string, string>> {
  const rows = await rowsWhereIn(access, 'systemuser', 'systemuserid', people)
  return new Map(
    [...rows].flatMap(([id, row]) => (typeof row['queueid'] === 'string' ? [[id, row['queueid']] as const] : [])),
  )
}

/** The mailbox by which a user or queue takes part: of several (B-3) one that is processed, the first one before others. */
async function mailboxesOf(access: Access, ids: readonly string[], settings: Settings): Promise<Map<string, Row>> {
  const page = await access.query({
    table: 'mailbox',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'regardingobjectid', operator: 'in', values: ids }],
    },
    order: [{ column: 'isprimary', descending: true }, { column: 'createdon' }],
  })
  const chosen = new Map<string, Row>()
  for (const row of page.rows) {
    const id = String(row['regardingobjectid'])
    const known = chosen.get(id)
    if (!known || (!processes(setupOf(known, undefined), settings) && processes(setupOf(row, undefined), settings)))
      chosen.set(id, row)
  }
  return chosen
}

async function rowsWhereIn(
  access: Access,
  table: string,
  column: string,
  values: readonly string[],
): Promise<Map<string, Row>> {
  if (!values.length) return new Map()
  const condition: Condition = { kind: 'condition', column, operator: 'in', values }
  const page = await access.query({ table, filter: { kind: 'filter', type: 'and', items: [condition] } })
  return new Map(page.rows.map((row) => [String(row[column]), row]))
}
