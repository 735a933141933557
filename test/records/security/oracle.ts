import type { Privilege } from '#records'
import { at, type Organization, type Principal, type Record, type TableName } from './organization.ts'

/** A slow, obvious answer to who may do what in an organization. */

/** Levels of reports that managers reach; 0 while the hierarchy is off. */
export type Levels = number

/** Whether the user may do it to the record. */
export function mayDo(
  world: Organization,
  levels: Levels,
  userAt: number,
  privilege: Privilege,
  record: Record,
): boolean {
  const user = at(world.users, userAt)
  if (user.disabled) return false
  if (user.administrator) return true
  const held = grantsOf(world, userAt).filter((each) => each.table === record.table && each.privilege === privilege)
  if (held.length === 0) return false
  const owner = ownerOf(world, record)
  if (held.some((grant) => isReached(world, userAt, grant, owner))) return true
  const holders = [itself(userAt), ...teamsOf(world, userAt)]
  const reports = reportsOf(world, levels, userAt, privilege)
  if (reports.some((each) => isSame(each, owner))) return true
  return world.shares.some(
    (share) =>
      share.record.table === record.table &&
      share.record.index === record.index &&
      share.rights.includes(privilege) &&
      [...holders, ...reports].some((each) => isSame(each, share.with)),
  )
}

/** Whether the user holds the privilege at all. */
export function holdsAny(world: Organization, userAt: number, privilege: Privilege, table: TableName): boolean {
  const user = at(world.users, userAt)
  if (user.disabled) return false
  return (
    user.administrator ||
    grantsOf(world, userAt).some((grant) => grant.table === table && grant.privilege === privilege)
  )
}

/** Whether a record of this owner would be within reach of the user's roles: creating, and giving away. */
export function reachesOwner(
  world: Organization,
  userAt: number,
  privilege: Privilege,
  table: TableName,
  owner: Principal,
): boolean {
  const user = at(world.users, userAt)
  if (user.disabled) return false
  if (user.administrator) return true
  return grantsOf(world, userAt)
    .filter((grant) => grant.table === table && grant.privilege === privilege)
    .some((grant) => isReached(world, userAt, grant, owner))
}

/** What the user may do with the job title of contacts. */
export function onJobTitle(world: Organization, userAt: number): { read: boolean; create: boolean; update: boolean } {
  const user = at(world.users, userAt)
  if (user.disabled) return { read: false, create: false, update: false }
  if (user.administrator) return { read: true, create: true, update: true }
  const profiles = [...user.profiles, ...user.teams.flatMap((team) => at(world.teams, team).profiles)].map((profile) =>
    at(world.profiles, profile),
  )
  return {
    read: profiles.some(({ read }) => read),
    create: profiles.some(({ create }) => create),
    update: profiles.some(({ update }) => update),
  }
}

export function ownerOf(world: Organization, { table, index }: Record): Principal {
  const rows = { account: world.accounts, contact: world.contacts, activity: world.activities }[table]
  return at<{ owner: Principal }>(rows, index).owner
}

interface Grant {
  table: TableName
  privilege: Privilege
  depth: number
  /** The unit in which the role is held. */
  unit: number
  team: number | undefined
  /** Whether it covers what the user owns. */
  own: boolean
}

function isReached(world: Organization, userAt: number, grant: Grant, owner: Principal): boolean {
  if (grant.own && isSame(owner, itself(userAt))) return true
  if (owner.kind === 'team' && owner.index === grant.team) return true
  if (grant.depth === 8) return true
  const unit = owner.kind === 'user' ? at(world.users, owner.index).unit : at(world.teams, owner.index).unit
  if (grant.depth === 2) return unit === grant.unit
  return grant.depth === 4 && isBelow(world, unit, grant.unit)
}

function grantsOf(world: Organization, userAt: number): Grant[] {
  const user = at(world.users, userAt)
  const own = user.roles.flatMap((role) =>
    at(world.roles, role).grants.map((grant) => ({ ...grant, unit: user.unit, team: undefined, own: true })),
  )
  const ofTeams = user.teams.flatMap((team) => {
    const { unit, roles } = at(world.teams, team)
    return roles.flatMap((role) => {
      const { grants, inherited } = at(world.roles, role)
      return grants.map((grant) => ({ ...grant, unit, team, own: inherited }))
    })
  })
  return [...own, ...ofTeams]
}

/** The reports, and their teams, whose records the hierarchy of managers opens for the privilege. */
function reportsOf(world: Organization, levels: Levels, userAt: number, privilege: Privilege): Principal[] {
  const deepest = privilege === 'read' ? levels : ['write', 'append', 'appendTo'].includes(privilege) ? 1 : 0
  const { unit } = at(world.users, userAt)
  return world.users.flatMap((user, report) => {
    const level = levelBelow(world, report, userAt)
    if (level === 0 || level > Math.min(deepest, levels) || !isBelow(world, user.unit, unit)) return []
    return [itself(report), ...teamsOf(world, report)]
  })
}

/** 1 for a direct report of the manager, 2 for a report's report …; 0 for nobody of theirs. */
function levelBelow(world: Organization, userAt: number, managerAt: number): number {
  let level = 1
  for (let above = at(world.users, userAt).manager; above !== undefined; above = at(world.users, above).manager) {
    if (above === managerAt) return level
    level++
  }
  return 0
}

function isBelow(world: Organization, unit: number, root: number): boolean {
  if (unit === root) return true
  return unit !== 0 && isBelow(world, at(world.units, unit).parent, root)
}

const itself = (index: number): Principal => ({ kind: 'user', index })

const teamsOf = (world: Organization, userAt: number): Principal[] =>
  at(world.users, userAt).teams.map((index) => ({ kind: 'team', index }))

const isSame = (a: Principal, b: Principal) => a.kind === b.kind && a.index === b.index
