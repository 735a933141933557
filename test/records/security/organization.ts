import fc from 'fast-check'
import type { Privilege } from '#records'

/** A small random organization, and a slow, obvious answer to who may do what in it. Everything is an index. */

export const PRIVILEGES: readonly Privilege[] = ['read', 'write', 'delete', 'append', 'appendTo', 'assign', 'share']
const DEPTHS = [1, 2, 4, 8] as const

export interface Organization {
  /** The parent of each unit; the first has none, every other a unit before it. */
  units: { parent: number }[]
  users: { unit: number; disabled: boolean; teams: number[]; roles: number[]; administrator: boolean }[]
  teams: { unit: number; roles: number[] }[]
  /** What each role grants on accounts. */
  roles: { privilege: Privilege; depth: (typeof DEPTHS)[number] }[][]
  accounts: { owner: Principal }[]
  shares: { account: number; with: Principal; rights: Privilege[] }[]
}

export interface Principal {
  kind: 'user' | 'team'
  index: number
}

const UNITS = 4
const USERS = 3
const TEAMS = 2
const ROLES = 3
const ACCOUNTS = 5

const index = (count: number) => fc.nat({ max: count - 1 })
const some = (count: number) => fc.uniqueArray(index(count), { maxLength: count })
const principal: fc.Arbitrary<Principal> = fc.oneof(
  fc.record({ kind: fc.constant('user' as const), index: index(USERS) }),
  fc.record({ kind: fc.constant('team' as const), index: index(TEAMS) }),
)
const privilege = fc.constantFrom(...PRIVILEGES)
const times = <T>(count: number, of: fc.Arbitrary<T>) => fc.array(of, { minLength: count, maxLength: count })
const grants = fc.uniqueArray(
  fc.record({
    privilege: fc.oneof({ weight: 2, arbitrary: fc.constant('read' as const) }, privilege),
    depth: fc.constantFrom(...DEPTHS),
  }),
  { maxLength: 5, selector: (grant) => grant.privilege },
)

export const organizations: fc.Arbitrary<Organization> = fc.record({
  units: fc.tuple(
    ...Array.from({ length: UNITS }, (_, at) => fc.record({ parent: fc.nat({ max: Math.max(at - 1, 0) }) })),
  ),
  users: times(
    USERS,
    fc.record({
      unit: index(UNITS),
      disabled: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
      teams: some(TEAMS),
      roles: some(ROLES),
      administrator: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  ),
  teams: times(TEAMS, fc.record({ unit: index(UNITS), roles: some(ROLES) })),
  roles: times(ROLES, grants),
  accounts: times(ACCOUNTS, fc.record({ owner: principal })),
  shares: fc.uniqueArray(
    fc.record({
      account: index(ACCOUNTS),
      with: principal,
      rights: fc.uniqueArray(privilege, { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 4, selector: (share) => `${share.account} ${share.with.kind} ${share.with.index}` },
  ),
})

/** Whether the user may do it to the account: the oracle. */
export function mayDo(world: Organization, userAt: number, privilege: Privilege, accountAt: number): boolean {
  const user = at(world.users, userAt)
  if (user.disabled) return false
  if (user.administrator) return true
  const { owner } = at(world.accounts, accountAt)
  const ownerUnit = owner.kind === 'user' ? at(world.users, owner.index).unit : at(world.teams, owner.index).unit
  const held = grantsOf(world, userAt).filter((grant) => grant.privilege === privilege)
  const reached = held.some(({ depth, unit, team }) => {
    if (owner.kind === 'user' && owner.index === userAt) return true
    if (owner.kind === 'team' && owner.index === team) return true
    if (depth === 8) return true
    if (depth === 2) return ownerUnit === unit
    return depth === 4 && isBelow(world, ownerUnit, unit)
  })
  const shared = world.shares.some(
    (share) =>
      share.account === accountAt &&
      share.rights.includes(privilege) &&
      (share.with.kind === 'user' ? share.with.index === userAt : user.teams.includes(share.with.index)),
  )
  return reached || (held.length > 0 && shared)
}

/** Whether the user holds the privilege at all. */
export function holdsAny(world: Organization, userAt: number, privilege: Privilege): boolean {
  const user = at(world.users, userAt)
  if (user.disabled) return false
  return user.administrator || grantsOf(world, userAt).some((grant) => grant.privilege === privilege)
}

function grantsOf(world: Organization, userAt: number) {
  const user = at(world.users, userAt)
  const own = user.roles.flatMap((role) =>
    at(world.roles, role).map((grant) => ({ ...grant, unit: user.unit, team: -1 })),
  )
  const ofTeams = user.teams.flatMap((team) => {
    const { unit, roles } = at(world.teams, team)
    return roles.flatMap((role) => at(world.roles, role).map((grant) => ({ ...grant, unit, team })))
  })
  return [...own, ...ofTeams]
}

function isBelow(world: Organization, unit: number, root: number): boolean {
  if (unit === root) return true
  return unit !== 0 && isBelow(world, at(world.units, unit).parent, root)
}

export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new Error(`No item ${index}`)
  return item
}
