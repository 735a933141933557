import type { Executor } from '#database'
import { type Access, type Principal, type Reference, type Row, SYSTEM } from '#records'
import { INCOMING, KIND, SERVER } from './rules.ts'

/** Everything the engine reads of a mailbox and its profile before a cycle. */
export interface MailboxSetup {
  id: string
  name: string
  kind: 'user' | 'queue' | 'forward'
  address: string
  /** The user or queue; absent for a forward mailbox. */
  regarding?: Reference
  owner: Reference
  incoming: 'none' | 'client' | 'serverSide' | 'forward'
  active: boolean
  approved: boolean
  enabledForIncoming: boolean
  deleteProcessed: boolean
  /** MB-47: messages received earlier are not looked at. */
  effectiveStart?: Date
  profile?: ProfileSetup
  row: Row
}

export interface ProfileSetup {
  id: string
  name: string
  owner: Reference
  active: boolean
  minimumPollingMinutes: number
  maximumConnections: number
  credentialsOnProfile: boolean
  moveUndelivered: boolean
  /** Folder tracking needs a server with folders that people move messages between (FT-2, B-2). */
  hasFolders: boolean
  row: Row
}

interface Records {
  as(principal: Principal): Access
}

/** Reads mailboxes with their profiles, one statement however many. */
export async function loadSetups(
  records: Records,
  ids: readonly string[],
  executor?: Executor,
): Promise<Map<string, MailboxSetup>> {
  if (!ids.length) return new Map()
  const access = executor ? records.as(SYSTEM).in(executor) : records.as(SYSTEM)
  const page = await access.query({
    table: 'mailbox',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'mailboxid', operator: 'in', values: ids }],
    },
    links: [
      {
        kind: 'link',
        type: 'outer',
        table: 'emailserverprofile',
        from: 'emailserverprofileid',
        to: 'emailserverprofile',
        alias: PROFILE,
        columns: 'all',
      },
    ],
  })
  return new Map(
    page.rows.map((row) => {
      const [mailbox, profile] = divide(row)
      return [String(row['mailboxid']), setupOf(mailbox, profile['emailserverprofileid'] ? profile : undefined)]
    }),
  )
}

const PROFILE = 'profile'

/** The columns of the mailbox, and those of its profile. */
function divide(row: Row): [Row, Row] {
  const mailbox: Row = {}
  const profile: Row = {}
  for (const [name, value] of Object.entries(row))
    if (name.startsWith(`${PROFILE}.`)) profile[name.slice(PROFILE.length + 1)] = value
    else mailbox[name] = value
  return [mailbox, profile]
}

export function setupOf(row: Row, profile: Row | undefined): MailboxSetup {
  const start = latest(row['processemailreceivedafter'], profile?.['processemailsreceivedafter'])
  return {
    id: String(row['mailboxid']),
    name: String(row['name']),
    kind: nameOf(KIND, row['kind']),
    address: String(row['emailaddress'] ?? ''),
    owner: referenceOf(row, 'ownerid') as Reference,
    incoming: nameOf(INCOMING, row['incomingemaildeliverymethod']),
    active: Number(row['statecode']) === 0,
    approved: Number(row['emailrouteraccessapproval']) === 1,
    enabledForIncoming: row['enabledforincomingemail'] === true,
    deleteProcessed: row['processanddeleteemails'] === true,
    row,
    ...optional('regarding', referenceOf(row, 'regardingobjectid')),
    ...optional('effectiveStart', start),
    ...optional('profile', profile && profileOf(profile)),
  }
}

function profileOf(row: Row): ProfileSetup {
  return {
    id: String(row['emailserverprofileid']),
    name: String(row['name']),
    owner: referenceOf(row, 'ownerid') as Reference,
    active: Number(row['statecode']) === 0,
    minimumPollingMinutes: Number(row['minpollingintervalinminutes'] ?? 0),
    maximumConnections: Number(row['maxconcurrentconnections'] ?? 10),
    credentialsOnProfile: Number(row['authenticateusing']) === 1,
    moveUndelivered: row['moveundeliveredemails'] === true,
    hasFolders: Number(row['servertype']) !== SERVER.pop3,
    row,
  }
}

/** A lookup as a reference, or undefined when it is empty. */
export function referenceOf(row: Row, column: string): Reference | undefined {
  const id = row[column]
  const table = row[`${column}_table`]
  return typeof id === 'string' && typeof table === 'string' ? { table, id } : undefined
}

/** The later of two dates (MB-47). */
function latest(...dates: unknown[]): Date | undefined {
  return dates.filter((date): date is Date => date instanceof Date).sort((a, b) => b.getTime() - a.getTime())[0]
}

function nameOf<T extends Record<string, number>>(names: T, value: unknown): keyof T {
  const found = Object.entries(names).find(([, code]) => code === Number(value))
  if (!found) throw new Error(`Value ${String(value)} is none of ${Object.keys(names).join(', ')}.`)
  return found[0]
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>)
}
