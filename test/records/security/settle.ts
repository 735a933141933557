import { type Records, ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { at, type Organization, type Principal } from './organization.ts'

/** The ids that the parts of an organization got in the database. */
export interface Settled {
  units: string[]
  users: string[]
  teams: string[]
  roles: string[]
  accounts: string[]
  notes: string[]
  reference(principal: Principal): { table: string; id: string }
}

/** Creates the organization in the database beside those that are there; business units below the root. */
export async function settle(records: Records, world: Organization): Promise<Settled> {
  const system = records.as(SYSTEM)
  const units: string[] = []
  for (const [n, { parent }] of world.units.entries())
    units.push(
      await system.create('businessunit', {
        name: `Unit ${n}`,
        parentbusinessunitid: n === 0 ? ROOT_BUSINESS_UNIT : at(units, parent),
      }),
    )
  const users = await system.createMany(
    'systemuser',
    world.users.map((user, n) => ({
      lastname: `User ${n}`,
      businessunitid: at(units, user.unit),
      isdisabled: user.disabled,
    })),
  )
  const teams = await system.createMany(
    'team',
    world.teams.map((team, n) => ({ name: `Team ${n}`, businessunitid: at(units, team.unit) })),
  )
  const roles = await system.createMany(
    'role',
    world.roles.map((_, n) => ({ name: `Role ${n}`, businessunitid: ROOT_BUSINESS_UNIT })),
  )
  await system.createMany(
    'roleprivileges',
    world.roles.flatMap((grants, role) =>
      grants.map(({ privilege, depth }) => ({
        roleid: at(roles, role),
        privilegename: `prv${privilege[0]?.toUpperCase()}${privilege.slice(1)}Account`,
        privilegedepthmask: depth,
      })),
    ),
  )
  await system.createMany(
    'teammembership',
    world.users.flatMap((user, n) =>
      user.teams.map((team) => ({ systemuserid: at(users, n), teamid: at(teams, team) })),
    ),
  )
  await system.createMany(
    'systemuserroles',
    world.users.flatMap((user, n) => [
      ...user.roles.map((role) => ({ systemuserid: at(users, n), roleid: at(roles, role) })),
      ...(user.administrator ? [{ systemuserid: at(users, n), roleid: ROLES.systemAdministrator }] : []),
    ]),
  )
  await system.createMany(
    'teamroles',
    world.teams.flatMap((team, n) => team.roles.map((role) => ({ teamid: at(teams, n), roleid: at(roles, role) }))),
  )
  const reference = (principal: Principal) =>
    principal.kind === 'user'
      ? { table: 'systemuser', id: at(users, principal.index) }
      : { table: 'team', id: at(teams, principal.index) }
  const accounts = await system.createMany(
    'account',
    world.accounts.map(({ owner }, n) => ({ name: `Account ${n}`, ownerid: reference(owner) })),
  )
  const notes = await system.createMany(
    'annotation',
    accounts.map((id) => ({ objectid: { table: 'account', id }, subject: 'A note' })),
  )
  for (const share of world.shares)
    await system.share({ table: 'account', id: at(accounts, share.account) }, reference(share.with), share.rights)
  return { units, users, teams, roles, accounts, notes, reference }
}
