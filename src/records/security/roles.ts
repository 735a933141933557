import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { Catalogue } from '../tables/catalogue.ts'
import { DEPTH } from './context.ts'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM_USER } from './ids.ts'

/** The standard roles (70 §4) and what they may do, as short as a table in the manual. */

const { user, businessUnit, parentChild, organization } = DEPTH

type Verb = 'Create' | 'Read' | 'Write' | 'Delete' | 'Append' | 'AppendTo' | 'Assign' | 'Share'
const ALL: readonly Verb[] = ['Create', 'Read', 'Write', 'Delete', 'Append', 'AppendTo', 'Assign', 'Share']
const WORK = ['Account', 'Contact', 'Lead', 'Opportunity', 'Incident'] as const

type Grants = Record<string, number>

const grant = (tables: readonly string[], verbs: readonly Verb[], depth: number): Grants =>
  Object.fromEntries(tables.flatMap((table) => verbs.map((verb) => [`prv${verb}${table}`, depth])))

const named = (names: readonly string[], depth: number = organization): Grants =>
  Object.fromEntries(names.map((name) => [name, depth]))

/** What everybody needs to find their way: who works here, and in which unit. */
const everyone = (): Grants => ({
  ...grant(['User', 'Team', 'BusinessUnit', 'Role', 'Queue', 'Equipment', 'Organization'], ['Read'], organization),
  ...grant(['User', 'Team', 'Queue', 'Equipment'], ['AppendTo'], organization),
  ...named(['prvSearchAvailability', 'prvReadQuery', 'prvAppendToQuery']),
  ...grant(['UserQuery'], ALL, user), // SF-57
})

/** Working in Outlook, with and without network (SE-30, SE-50, SE-60). */
const outlook = (): Grants => ({
  ...named(['prvUseOfficeApps', 'prvSyncToOutlook', 'prvGoOffline', 'prvSendAsUser']),
  ...grant(['EmailServerProfile'], ['Read'], organization),
  ...grant(['Mailbox'], ['Read', 'Write'], user),
  ...grant(['UserSettings'], ['Read', 'Write'], user),
  ...grant(['mailboxtrackingfolder'], ['Read'], user),
  ...grant(['tracelog'], ['Read', 'Write', 'Delete'], user), // MO-6, MO-10
})

const salesperson = (): Grants => ({
  ...everyone(),
  ...outlook(),
  ...grant(['Activity', ...WORK], ['Read', 'AppendTo'], businessUnit),
  ...grant(['Account', 'Contact'], ['Read', 'AppendTo'], organization),
  ...grant(['Activity', ...WORK], ['Create', 'Write', 'Delete', 'Append', 'Assign', 'Share'], user),
})

/** Depths of several grants; later ones win, so that the lesser stand first. */
const STANDARD: readonly { id: string; name: string; description: string; grants: () => Grants }[] = [
  {
    id: ROLES.systemAdministrator,
    name: 'System Administrator',
    description: 'Holds every privilege on everything, custom tables included.',
    grants: () => ({}),
  },
  {
    id: ROLES.systemCustomizer,
    name: 'System Customizer',
    description: 'Shapes tables and settings; sees the records they own.',
    grants: () => ({
      ...everyone(),
      ...outlook(),
      ...grant(['Activity', ...WORK], ALL, user),
      ...grant(['Query'], ['Create', 'Read', 'Write', 'Append', 'AppendTo'], organization),
      ...named(['prvWriteOrgSettings', 'prvCustomize', 'prvReadFieldSecurityProfile', 'prvAdminFilter']),
      ...grant(['EmailServerProfile'], ['Create', 'Read', 'Write', 'Append', 'AppendTo'], organization),
      ...grant(['Mailbox'], ['Read', 'Write', 'Append', 'AppendTo'], organization),
    }),
  },
  {
    id: ROLES.salesperson,
    name: 'Salesperson',
    description: 'Works on own records and reads those of the business unit.',
    grants: salesperson,
  },
  {
    id: ROLES.salesManager,
    name: 'Sales Manager',
    description: 'Works on the records of the business unit and of those below it.',
    grants: () => ({
      ...salesperson(),
      ...grant(['Activity', ...WORK], ALL, parentChild),
      ...grant(['Account', 'Contact'], ['Read', 'AppendTo'], organization),
      ...grant(['Queue'], ['Create', 'Read', 'Write', 'Append', 'AppendTo'], organization),
    }),
  },
  {
    id: ROLES.customerServiceRepresentative,
    name: 'Customer Service Representative',
    description: 'Works on cases and activities of the business unit, and on queues.',
    grants: () => ({
      ...salesperson(),
      ...grant(['Incident', 'Activity'], ALL, businessUnit),
      ...grant(['Queue'], ['Read', 'Write', 'AppendTo'], organization),
    }),
  },
  {
    id: ROLES.appForOutlookUser,
    name: 'App for Outlook User',
    description: 'The least that the App for Outlook needs; business tables come with a business role.', // SE-30, SE-32
    grants: () => ({
      ...everyone(),
      ...outlook(),
      ...grant(['Activity'], ['Create', 'Read', 'Write', 'Delete', 'Append', 'AppendTo', 'Share'], user),
      ...grant(['Account'], ['Read', 'AppendTo'], user),
      ...grant(['Contact'], ['Create', 'Read', 'AppendTo'], user),
      ...grant(['Incident', 'Opportunity', 'Competitor', 'Connection'], ['Read'], user),
      ...named([
        'prvReadAppModule',
        'prvReadAttribute',
        'prvReadEntity',
        'prvReadRelationship',
        'prvReadSystemForm',
        'prvReadWebResource',
      ]),
    }),
  },
  {
    id: ROLES.delegate,
    name: 'Delegate',
    description: 'Allows to act on behalf of another user.',
    grants: () => named(['prvActOnBehalfOfAnotherUser', 'prvSendAsUser']),
  },
]

/** The privileges that standard roles are seeded with; what an administrator changed later is left alone. */
export async function seedSecurity(tx: Executor, catalogue: Catalogue, now: Date): Promise<void> {
  for (const name of ['businessunit', 'systemuser', 'role', 'roleprivileges']) catalogue.table(name)
  const at = now.toISOString()
  const stamp = sql`${at}::timestamptz, ${SYSTEM_USER}::uuid, ${at}::timestamptz, ${SYSTEM_USER}::uuid`
  await sql`insert into businessunit (businessunitid, name, isdisabled, createdon, createdby, modifiedon, modifiedby)
    values (${ROOT_BUSINESS_UNIT}, 'Organization', false, ${stamp}) on conflict do nothing`.execute(tx)
  await sql`insert into systemuser (systemuserid, firstname, lastname, businessunitid, isdisabled, islicensed, accessmode, identityid,
      createdon, createdby, modifiedon, modifiedby)
    values (${SYSTEM_USER}, null, 'SYSTEM', ${ROOT_BUSINESS_UNIT}, true, false, 4, 0, ${stamp}) on conflict do nothing`.execute(
    tx,
  )
  const roles = STANDARD.map(({ id, name, description }) => ({ roleid: id, name, description }))
  const { rows: added } = await sql<{ roleid: string }>`
    insert into role (roleid, name, description, ismanaged, businessunitid, createdon, createdby, modifiedon, modifiedby)
    select roleid, name, description, true, ${ROOT_BUSINESS_UNIT}::uuid, ${stamp}
    from ${rowset(roles, ROLE_COLUMNS, 'r')} on conflict do nothing returning roleid`.execute(tx)
  const fresh = new Set(added.map((row) => row.roleid))
  const privileges = STANDARD.filter(({ id }) => fresh.has(id)).flatMap(({ id, grants }) =>
    Object.entries(grants()).map(([privilegename, privilegedepthmask]) => ({
      roleid: id,
      privilegename,
      privilegedepthmask,
    })),
  )
  if (privileges.length === 0) return
  await sql`insert into roleprivileges (roleprivilegeid, roleid, privilegename, privilegedepthmask, createdon, createdby,
      modifiedon, modifiedby)
    select gen_random_uuid(), roleid, privilegename, privilegedepthmask, ${stamp}
    from ${rowset(privileges, PRIVILEGE_COLUMNS, 'r')} on conflict do nothing`.execute(tx)
}

const ROLE_COLUMNS = [
  { name: 'roleid', type: 'uuid' },
  { name: 'name', type: 'text' },
  { name: 'description', type: 'text' },
]
const PRIVILEGE_COLUMNS = [
  { name: 'roleid', type: 'uuid' },
  { name: 'privilegename', type: 'text' },
  { name: 'privilegedepthmask', type: 'integer' },
]
