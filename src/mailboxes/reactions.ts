import type { Executor } from '#database'
import type { Access, Reaction, Row, RowsChanged, Values } from '#records'
import { approvalOfNew } from './approval.ts'
import { EXCHANGE_ONLINE_PROFILE } from './exchangeOnline.ts'
import { checkMailbox, checkProfile, MailboxRuleError, STATUS } from './rules.ts'
import { referenceOf } from './setup.ts'

/** Reads and writes as SYSTEM within a transaction. */
type SystemIn = (tx: Executor) => Access
type React = (access: Access, change: RowsChanged) => Promise<void>

const ADDRESS: Readonly<Record<string, string>> = { systemuser: 'internalemailaddress', queue: 'emailaddress' }
/** Columns of a mailbox on which its rules depend. */
const RULED = [
  'kind',
  'regardingobjectid',
  'incomingemaildeliverymethod',
  'outgoingemaildeliverymethod',
  'actdeliverymethod',
  'emailserverprofile',
  'processanddeleteemails',
]
/** Changes of these make earlier tests worthless (MB-65 and the state machine under MB-80). */
const RETEST = ['emailaddress', 'emailserverprofile', 'username', 'password']

/**
 * What holds of profiles and mailboxes by whatever interface they are written, and what follows when they, or
 * the users and queues they belong to, change; in the same transaction.
 */
export function mailboxReactions(systemIn: SystemIn): Reaction[] {
  const on = (table: string, kinds: Reaction['kinds'], react: React): Reaction => ({
    table,
    kinds,
    react: (change, tx) => react(systemIn(tx), change),
  })
  return [
    on('emailserverprofile', ['create', 'update'], checkProfiles),
    { table: 'emailserverprofile', kinds: ['delete'], react: keepConfigured },
    on('mailbox', ['create', 'update'], checkMailboxes),
    on('mailbox', ['update'], followMailboxes),
    on('systemuser', ['update'], followOwners),
    on('queue', ['update'], followOwners),
  ]
}

/** MB-5, MB-25; a new default takes the place of the old one (MB-3). */
async function checkProfiles(access: Access, change: RowsChanged): Promise<void> {
  const rows = await rowsOf(access, change)
  for (const row of rows) checkProfile(row)
  const chosen = rows.findLast((row) => row['isdefault'] === true)?.['emailserverprofileid']
  if (chosen === undefined) return
  const defaults = await rowsWhere(access, 'emailserverprofile', 'isdefault', [true])
  const others = defaults.map((row) => String(row['emailserverprofileid'])).filter((id) => id !== chosen)
  const changes = others.map((emailserverprofileid) => ({ emailserverprofileid, isdefault: false }))
  if (changes.length) await access.updateMany('emailserverprofile', changes)
}

/** MB-2. */
function keepConfigured({ rows }: RowsChanged): Promise<void> {
  if (!rows.some(({ id }) => id === EXCHANGE_ONLINE_PROFILE)) return Promise.resolve()
  throw new MailboxRuleError(
    'MB-2',
    'emailserverprofileid',
    'The profile of the configured Exchange Online cannot be deleted. Deactivate it, or let it be the default no more.',
  )
}

/** MB-50, MB-91. */
async function checkMailboxes(access: Access, change: RowsChanged): Promise<void> {
  const ruled = change.kind === 'create' ? change : touching(change, RULED)
  const rows = await rowsOf(access, ruled)
  const profiles = await rowsWhere(
    access,
    'emailserverprofile',
    'emailserverprofileid',
    idsIn(rows, 'emailserverprofile'),
  )
  for (const row of rows)
    checkMailbox(
      row,
      profiles.find((profile) => profile['emailserverprofileid'] === row['emailserverprofile']),
    )
}

/** A changed address is mirrored and to be approved again (MB-32, MB-65); what was tested is to be tested again. */
async function followMailboxes(access: Access, change: RowsChanged): Promise<void> {
  const rows = await rowsOf(access, touching(change, RETEST))
  const moved = new Set(touching(change, ['emailaddress']).rows.map((row) => row.id))
  const changes = rows.map((row): Values => {
    const approval = moved.has(String(row['mailboxid'])) && {
      emailrouteraccessapproval: approvalOfNew(row['emailaddress']),
      isemailaddressapprovedbyo365admin: false,
    }
    return { mailboxid: String(row['mailboxid']), ...UNTESTED, ...approval }
  })
  if (changes.length) await access.updateMany('mailbox', changes)
  for (const row of rows) {
    const owner = referenceOf(row, 'regardingobjectid')
    const column = owner && ADDRESS[owner.table]
    if (owner && column && row['isprimary'] !== false && moved.has(String(row['mailboxid'])))
      await access.update(owner.table, owner.id, { [column]: row['emailaddress'] ?? null })
  }
}

const DISABLED: Values = { enabledforincomingemail: false, enabledforoutgoingemail: false, enabledforact: false }
const UNTESTED: Values = {
  incomingemailstatus: STATUS.notRun,
  outgoingemailstatus: STATUS.notRun,
  actstatus: STATUS.notRun,
  ...DISABLED,
}

/** The mailbox has its user's or queue's address (MB-32), and is inactive with its user, until it is tested anew (MB-76, SE-6). */
async function followOwners(access: Access, change: RowsChanged): Promise<void> {
  const column = ADDRESS[change.table] as string
  const touched = touching(change, [column, 'isdisabled', 'islicensed'])
  const owners = await rowsOf(access, touched)
  const ids = touched.rows.map((row) => row.id)
  const mailboxes = await rowsWhere(access, 'mailbox', 'regardingobjectid', ids)
  const changes = mailboxes.flatMap((mailbox): Values[] => {
    const owner = owners.find((row) => row[`${change.table}id`] === mailbox['regardingobjectid'])
    if (!owner) return []
    const state =
      change.table === 'systemuser' ? (isWorking(owner) ? { statecode: 0 } : { statecode: 1, ...DISABLED }) : {}
    const address = mailbox['isprimary'] === false ? {} : { emailaddress: owner[column] ?? null }
    return [{ mailboxid: String(mailbox['mailboxid']), ...address, ...state }]
  })
  if (changes.length) await access.updateMany('mailbox', changes)
}

function isWorking(user: Row): boolean {
  return user['isdisabled'] !== true && user['islicensed'] !== false
}

function touching(change: RowsChanged, columns: readonly string[]): RowsChanged {
  return { ...change, rows: change.rows.filter((row) => row.columns.some((name) => columns.includes(name))) }
}

function rowsOf(access: Access, change: RowsChanged): Promise<Row[]> {
  return rowsWhere(
    access,
    change.table,
    `${change.table}id`,
    change.rows.map((row) => row.id),
  )
}

async function rowsWhere(
  access: Access,
  table: string,
  column: string,
  values: readonly (string | boolean)[],
): Promise<Row[]> {
  if (!values.length) return []
  const page = await access.query({
    table,
    filter: { kind: 'filter', type: 'and', items: [{ kind: 'condition', column, operator: 'in', values }] },
  })
  return page.rows
}

function idsIn(rows: readonly Row[], column: string): string[] {
  return [...new Set(rows.map((row) => row[column]).filter((id) => typeof id === 'string'))]
}
