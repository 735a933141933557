import type { Principal, Privilege } from '../access.ts'
import type { Table } from '../tables/catalogue.ts'

/** How far a role's privilege reaches, by the masks of the field. */
export const DEPTH = { user: 1, businessUnit: 2, parentChild: 4, organization: 8 } as const

/**
 * What one privilege on one table reaches for a principal. A record is within reach when it belongs to one of
 * `businessUnits`, or to one of `owners`, or is shared with the principal; `organization` reaches everything. No scope
 * at all: the privilege is not held, and neither sharing nor the hierarchy of managers helps.
 */
export interface Scope {
  /** The deepest grant, of `DEPTH`. */
  depth: number
  organization: boolean
  businessUnits: readonly string[]
  owners: readonly string[]
  /** Reach of somebody else within which a record must lie as well. */
  within?: Scope
}

export interface ColumnRights {
  read: boolean
  create: boolean
  update: boolean
}

/** Everything about a principal that deciding on rights needs; loaded with one statement and cached by version. */
export interface SecurityContext {
  principal: Principal
  /** Holds every privilege on everything: SYSTEM and System Administrators. */
  unrestricted: boolean
  /** The user on whose behalf rows are written. */
  userId: string
  businessUnitId: string
  /** The user's business unit and all below it. */
  unitsBelow: ReadonlySet<string>
  /** The user and the user's teams: whom records are shared with, and whom `eq-userteams` means. */
  teams: readonly string[]
  /** Reports, and the teams they are members of, by what the hierarchy of managers allows (SE-83). */
  reports: { read: readonly string[]; write: readonly string[] }
  /** By name in lower case, e.g. `prvreadcontact`. Empty for a disabled user. */
  privileges: ReadonlyMap<string, Scope>
  /** Rights on secured columns, by `table.column`; the profiles of user and teams added up. */
  columns: ReadonlyMap<string, ColumnRights>
  /** Both must allow what is done: the user, and whoever acts in the user's name. */
  both?: readonly SecurityContext[]
}

const VERBS: Readonly<Record<Privilege, string>> = {
  create: 'Create',
  read: 'Read',
  write: 'Write',
  delete: 'Delete',
  append: 'Append',
  appendTo: 'AppendTo',
  assign: 'Assign',
  share: 'Share',
}

/** The field's name of a privilege on a table, e.g. `prvAppendToAccount`. */
export const privilegeName = (privilege: Privilege, table: Table): string =>
  `prv${VERBS[privilege]}${table.privilegeName}`

const EVERYTHING: Scope = { depth: DEPTH.organization, organization: true, businessUnits: [], owners: [] }

/** The reach of a privilege on a table that is no child; undefined when it is not held. */
export function scopeOf(context: SecurityContext, privilege: Privilege, table: Table): Scope | undefined {
  if (context.both) return narrowed(context.both.map((each) => scopeOf(each, privilege, table)))
  return context.unrestricted ? EVERYTHING : context.privileges.get(privilegeName(privilege, table).toLowerCase())
}

function narrowed([scope, within]: (Scope | undefined)[]): Scope | undefined {
  return scope && within && { ...scope, within }
}

/** Whether a privilege is held that belongs to no table. */
export function holds(context: SecurityContext, privilege: string): boolean {
  if (context.both) return context.both.every((each) => holds(each, privilege))
  return context.unrestricted || context.privileges.has(privilege.toLowerCase())
}

/** The deepest grant of a privilege, by any of the principal's roles; 0 when it is not held. */
export function depthHeld(context: SecurityContext, privilege: string): number {
  if (context.both) return Math.min(...context.both.map((each) => depthHeld(each, privilege)))
  return context.unrestricted ? DEPTH.organization : (context.privileges.get(privilege.toLowerCase())?.depth ?? 0)
}

/** Whether a record with this owner would be within reach (creating and assigning). Sharing plays no part. */
export function reaches(scope: Scope | undefined, record: Place): boolean {
  if (!scope || (scope.within && !reaches(scope.within, record))) return false
  if (scope.organization) return true
  return (
    (record.businessUnit !== undefined && scope.businessUnits.includes(record.businessUnit)) ||
    (record.owner !== undefined && scope.owners.includes(record.owner))
  )
}

/** Whether a privilege that belongs to no table reaches a record that stands there, e.g. `prvSendAsUser` (OE-20). */
export function reachesRecord(context: SecurityContext, privilege: string, place: Place): boolean {
  if (context.both) return context.both.every((each) => reachesRecord(each, privilege, place))
  return context.unrestricted || reaches(context.privileges.get(privilege.toLowerCase()), place)
}

/** Where a record stands: what rights are measured by. */
export interface Place {
  owner?: string
  businessUnit?: string
}

/** The least depth at which a role of the principal's own would reach a record that stands there. */
export function depthNeeded(context: SecurityContext, { owner, businessUnit }: Place): string {
  if (owner === context.userId || (owner !== undefined && context.teams.includes(owner))) return 'User'
  if (businessUnit === undefined) return 'Organization'
  if (businessUnit === context.businessUnitId) return 'Business Unit'
  return context.unitsBelow.has(businessUnit) ? 'Parent: Child Business Units' : 'Organization'
}

/**
 * Owners whose records the hierarchy of managers opens for a privilege: nothing is deleted, assigned or shared by it, and
 * what is personal (mailboxes, options, filters) stays so.
 */
export function reportsFor(context: SecurityContext, privilege: Privilege, table: Table): readonly string[] {
  if (!(table.hasActivities || table.activity || table.view || table.custom)) return []
  if (privilege === 'read') return context.reports.read
  return privilege === 'write' || privilege === 'append' || privilege === 'appendTo' ? context.reports.write : []
}

const NO_RIGHTS: ColumnRights = { read: false, create: false, update: false }
const ALL_RIGHTS: ColumnRights = { read: true, create: true, update: true }

/** What a principal may do with one column (SE-20…SE-24). A column joined from others shows no more than they do. */
export function columnRights(context: SecurityContext, table: Table, column: string): ColumnRights {
  if (context.both) return shared(context.both.map((each) => columnRights(each, table, column)))
  if (context.unrestricted) return ALL_RIGHTS
  const declared = table.byName.get(column)
  if (!declared?.secured) return ALL_RIGHTS
  if (declared.joins)
    return { ...NO_RIGHTS, read: declared.joins.every((source) => columnRights(context, table, source).read) }
  return context.columns.get(`${table.name}.${column}`) ?? NO_RIGHTS
}

const shared = (rights: readonly ColumnRights[]): ColumnRights => ({
  read: rights.every(({ read }) => read),
  create: rights.every(({ create }) => create),
  update: rights.every(({ update }) => update),
})

/** Whether the principal may read the column, and so filter and sort by it. */
export const mayReadColumn = (context: SecurityContext, table: Table, column: string): boolean =>
  columnRights(context, table, column).read
