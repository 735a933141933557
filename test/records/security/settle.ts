import { type Records, type Reference, ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import { at, type Organization, type Principal, type Record } from './organization.ts'

/** The ids that the parts of an organization got in the database. */
export interface Settled {
  world: Organization
  units: string[]
  users: string[]
  teams: string[]
  roles: string[]
  profiles: string[]
  accounts: string[]
  contacts: string[]
  activities: string[]
  /** One party of each activity, one note of each account. */
  parties: string[]
  notes: string[]
  /** One of each account and its primary contact, where the relationship is declared. */
  ties: string[]
  principal: (principal: Principal) => Reference
  record: (record: Record) => Reference
}

export const TIES = { name: 'new_Account_Contact', table: 'new_accountcontact', first: 'account', second: 'contact' }

const VERBS = { create: 'Create', read: 'Read', write: 'Write', delete: 'Delete', append: 'Append' } as const
const NAMES = { account: 'Account', contact: 'Contact', activity: 'Activity' } as const
const verb = (privilege: string) =>
  (VERBS as { [name: string]: string })[privilege] ?? `${privilege[0]?.toUpperCase()}${privilege.slice(1)}`

/** Creates many organizations at once, beside each other and below the root unit: a few statements for each table. */
export async function settle(records: Records, worlds: readonly Organization[]): Promise<Settled[]> {
  const system = records.as(SYSTEM)
  const all: Settled[] = worlds.map(empty)
  /** Rows of one table for every organization; the ids go back to where the rows came from. */
  const create = async (table: string, into: keyof Settled | undefined, rows: (one: Settled) => Values[]) => {
    const given = all.map(rows)
    const ids = await system.createMany(table, given.flat())
    let next = 0
    for (const [n, { length }] of given.entries()) {
      const own = ids.slice(next, (next += length))
      if (into !== undefined) (at(all, n)[into] as string[]).push(...own)
    }
  }
  const depth = Math.max(...worlds.map(({ units }) => units.length))
  for (let n = 0; n < depth; n++)
    await create('businessunit', 'units', ({ world, units }) => {
      const unit = world.units[n]
      const above = n === 0 ? ROOT_BUSINESS_UNIT : at(units, unit?.parent ?? 0)
      return unit ? [{ name: `Unit ${n}`, parentbusinessunitid: above }] : []
    })
  for (let n = 0; n < 4; n++)
    await create('systemuser', 'users', ({ world, units, users }) => {
      const user = at(world.users, n)
      return [
        {
          lastname: `User ${n}`,
          businessunitid: at(units, user.unit),
          isdisabled: user.disabled,
          ...(user.manager === undefined ? {} : { parentsystemuserid: at(users, user.manager) }),
        },
      ]
    })
  await create('team', 'teams', ({ world, units }) =>
    world.teams.map((team, n) => ({
      name: `Team ${n}`,
      businessunitid: at(units, team.unit),
      teamtype: team.access ? 1 : 0,
    })),
  )
  await create('role', 'roles', ({ world }) =>
    world.roles.map((role, n) => ({
      name: `Role ${n}`,
      businessunitid: ROOT_BUSINESS_UNIT,
      isinherited: role.inherited ? 1 : 0,
    })),
  )
  await create('roleprivileges', undefined, ({ world, roles }) =>
    world.roles.flatMap((role, n) =>
      role.grants.map((grant) => ({
        roleid: at(roles, n),
        privilegename: `prv${verb(grant.privilege)}${NAMES[grant.table]}`,
        privilegedepthmask: grant.depth,
      })),
    ),
  )
  await create('teammembership', undefined, ({ world, users, teams }) =>
    world.users.flatMap((user, n) =>
      user.teams.map((team) => ({ systemuserid: at(users, n), teamid: at(teams, team) })),
    ),
  )
  await create('systemuserroles', undefined, ({ world, users, roles }) =>
    world.users.flatMap((user, n) =>
      [...user.roles.map((role) => at(roles, role)), ...(user.administrator ? [ROLES.systemAdministrator] : [])].map(
        (roleid) => ({ systemuserid: at(users, n), roleid }),
      ),
    ),
  )
  await create('teamroles', undefined, ({ world, teams, roles }) =>
    world.teams.flatMap((team, n) => team.roles.map((role) => ({ teamid: at(teams, n), roleid: at(roles, role) }))),
  )
  await settleProfiles(create)
  await settleRecords(create)
  if (records.catalogue.find(TIES.table))
    await create(TIES.table, 'ties', ({ world, accounts, contacts }) =>
      world.accounts.map(({ contact }, n) => ({ accountid: at(accounts, n), contactid: at(contacts, contact) })),
    )
  for (const one of all)
    for (const share of one.world.shares)
      await system.share(one.record(share.record), one.principal(share.with), share.rights)
  return all
}

type Create = (table: string, into: keyof Settled | undefined, rows: (one: Settled) => Values[]) => Promise<void>

async function settleProfiles(create: Create): Promise<void> {
  await create('fieldsecurityprofile', 'profiles', ({ world }) => world.profiles.map((_, n) => ({ name: `P ${n}` })))
  await create('fieldpermission', undefined, ({ world, profiles }) =>
    world.profiles.map((profile, n) => ({
      fieldsecurityprofileid: at(profiles, n),
      entityname: 'contact',
      attributelogicalname: 'jobtitle',
      canread: profile.read ? 4 : 0,
      cancreate: profile.create ? 4 : 0,
      canupdate: profile.update ? 4 : 0,
    })),
  )
  await create('systemuserprofiles', undefined, ({ world, users, profiles }) =>
    world.users.flatMap((user, n) =>
      user.profiles.map((each) => ({ systemuserid: at(users, n), fieldsecurityprofileid: at(profiles, each) })),
    ),
  )
  await create('teamprofiles', undefined, ({ world, teams, profiles }) =>
    world.teams.flatMap((team, n) =>
      team.profiles.map((each) => ({ teamid: at(teams, n), fieldsecurityprofileid: at(profiles, each) })),
    ),
  )
}

export const nameOf = (contactId: string) => `c${contactId.replaceAll('-', '')}`

async function settleRecords(create: Create): Promise<void> {
  await create('contact', 'contacts', ({ world, principal }) =>
    world.contacts.map(({ owner }, n) => ({
      lastname: `Contact ${n}`,
      jobtitle: `Secret ${n}`,
      ownerid: principal(owner),
    })),
  )
  await create('account', 'accounts', ({ world, principal, contacts }) =>
    world.accounts.map(({ owner, contact }, n) => ({
      name: `Account ${n}`,
      primarycontactid: at(contacts, contact),
      emailaddress1: `${nameOf(at(contacts, contact))}@a${n}.example`,
      ownerid: principal(owner),
    })),
  )
  for (let n = 0; n < 3; n++) {
    const kind = (['task', 'phonecall', 'email'] as const)[n] as string
    await create(kind, 'activities', ({ world, principal, accounts }) => {
      const { owner, account } = at(world.activities, n)
      const regardingobjectid = { table: 'account', id: at(accounts, account) }
      return [{ subject: `Activity ${n}`, ownerid: principal(owner), regardingobjectid }]
    })
  }
  await create('activityparty', 'parties', ({ world, record, contacts }) =>
    world.activities.map(({ party }, n) => ({
      activityid: record({ table: 'activity', index: n }),
      participationtypemask: 2,
      partyid: { table: 'contact', id: at(contacts, party) },
    })),
  )
  await create('annotation', 'notes', ({ accounts }) =>
    accounts.map((id) => ({ objectid: { table: 'account', id }, subject: 'A note' })),
  )
}

function empty(world: Organization): Settled {
  const one: Settled = {
    world,
    units: [],
    users: [],
    teams: [],
    roles: [],
    profiles: [],
    accounts: [],
    contacts: [],
    activities: [],
    parties: [],
    notes: [],
    ties: [],
    principal: ({ kind, index }) =>
      kind === 'user' ? { table: 'systemuser', id: at(one.users, index) } : { table: 'team', id: at(one.teams, index) },
    record: ({ table, index }) => {
      if (table === 'activity') return { table: at(world.activities, index).kind, id: at(one.activities, index) }
      return { table, id: at(table === 'account' ? one.accounts : one.contacts, index) }
    },
  }
  return one
}
