import fc from 'fast-check'
import type { Privilege } from '#records'

/** Small random organizations. Everything is an index. */

export const PRIVILEGES = ['read', 'write', 'delete', 'append', 'appendTo', 'assign', 'share'] as const
const TABLES = ['account', 'contact', 'activity'] as const
const ACTIVITIES = ['task', 'phonecall', 'email'] as const
const DEPTHS = [1, 2, 4, 8] as const

export type TableName = (typeof TABLES)[number]

export interface Principal {
  kind: 'user' | 'team'
  index: number
}

export interface Record {
  table: TableName
  index: number
}

export interface Organization {
  /** The parent of each unit; the first has none, every other a unit before it. */
  units: { parent: number }[]
  users: {
    unit: number
    disabled: boolean
    administrator: boolean
    teams: number[]
    roles: number[]
    /** A user before this one. */
    manager: number | undefined
    profiles: number[]
  }[]
  /** Access teams own nothing and hold no roles. */
  teams: { unit: number; access: boolean; roles: number[]; profiles: number[] }[]
  roles: { inherited: boolean; grants: { table: TableName; privilege: Privilege | 'create'; depth: number }[] }[]
  /** What each profile allows on the secured job title of contacts. */
  profiles: { read: boolean; create: boolean; update: boolean }[]
  accounts: { owner: Principal; contact: number }[]
  contacts: { owner: Principal }[]
  activities: { kind: (typeof ACTIVITIES)[number]; owner: Principal; account: number; party: number }[]
  shares: { record: Record; with: Principal; rights: Privilege[] }[]
}

const UNITS = 4
const USERS = 4
const TEAMS = 2
const ROLES = 3
const PROFILES = 2
const ROWS = 3

const index = (count: number) => fc.nat({ max: count - 1 })
const some = (count: number) => fc.uniqueArray(index(count), { maxLength: count })
const times = <T>(count: number, of: (at: number) => fc.Arbitrary<T>) =>
  fc.tuple(...Array.from({ length: count }, (_, at) => of(at)))
const seldom = (one: number) => fc.nat({ max: one - 1 }).map((n) => n === 0)
const principal: fc.Arbitrary<Principal> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('user' as const), index: index(USERS) }) },
  fc.record({ kind: fc.constant('team' as const), index: index(TEAMS) }),
)
const table = fc.constantFrom(...TABLES)
const privilege = fc.oneof(
  { weight: 3, arbitrary: fc.constant('read' as const) },
  fc.constantFrom(...PRIVILEGES, 'create' as const),
)

const drawn = fc.record({
  units: times(UNITS, (at) => fc.record({ parent: fc.nat({ max: Math.max(at - 1, 0) }) })),
  users: times(USERS, (at) =>
    fc.record({
      unit: index(UNITS),
      disabled: seldom(12),
      administrator: seldom(16),
      teams: some(TEAMS),
      roles: some(ROLES),
      manager: at === 0 ? fc.constant(undefined) : fc.option(index(at), { nil: undefined, freq: 2 }),
      profiles: fc.uniqueArray(index(PROFILES), { maxLength: 1 }),
    }),
  ),
  teams: times(TEAMS, () =>
    fc.record({
      unit: index(UNITS),
      access: seldom(3),
      roles: some(ROLES),
      profiles: fc.uniqueArray(index(PROFILES), { maxLength: 1 }),
    }),
  ),
  roles: times(ROLES, () =>
    fc.record({
      inherited: fc.boolean(),
      grants: fc.uniqueArray(fc.record({ table, privilege, depth: fc.constantFrom(...DEPTHS) }), {
        minLength: 4,
        maxLength: 14,
        selector: (grant) => `${grant.table} ${grant.privilege}`,
      }),
    }),
  ),
  profiles: times(PROFILES, () => fc.record({ read: fc.boolean(), create: fc.boolean(), update: fc.boolean() })),
  accounts: times(ROWS, () => fc.record({ owner: principal, contact: index(ROWS) })),
  contacts: times(ROWS, () => fc.record({ owner: principal })),
  activities: times(ROWS, (at) =>
    fc.record({
      kind: fc.constant(ACTIVITIES[at % ACTIVITIES.length] as (typeof ACTIVITIES)[number]),
      owner: principal,
      account: index(ROWS),
      party: index(ROWS),
    }),
  ),
  shares: fc.uniqueArray(
    fc.record({
      record: fc.record({ table, index: index(ROWS) }),
      with: principal,
      rights: fc.uniqueArray(fc.constantFrom(...PRIVILEGES), { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 5, selector: (share) => JSON.stringify([share.record, share.with]) },
  ),
})

export const organizations: fc.Arbitrary<Organization> = drawn.map((world) => {
  const ownable = (owner: Principal): Principal =>
    owner.kind === 'team' && at(world.teams, owner.index).access ? { kind: 'user', index: owner.index } : owner
  const owned = <T extends { owner: Principal }>(rows: T[]) =>
    rows.map((row) => ({ ...row, owner: ownable(row.owner) }))
  return {
    ...world,
    teams: world.teams.map((team) => (team.access ? { ...team, roles: [] } : team)),
    accounts: owned(world.accounts),
    contacts: owned(world.contacts),
    activities: owned(world.activities),
  }
})

export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new Error(`No item ${index}`)
  return item
}
