import { type RawBuilder, sql } from 'kysely'
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
  ...grant(['DuplicateRule'], ['Read'], organization),
  ...grant(['ImportMap'], ALL, user),
  ...grant(['AsyncOperation', 'DuplicateRecord'], ['Read', 'Delete'], user),
})

/** Working in Outlook (SE-30). */
const outlookApp = (): Grants => ({
  ...named(['prvUseOfficeApps', 'prvSyncToOutlook', 'prvSendEmail']), // SE-60
  ...grant(['EmailTemplate'], ['Read', 'AppendTo'], organization),
  ...grant(['EmailSignature'], ALL, user),
  ...grant(['EmailServerProfile'], ['Read'], organization),
  ...grant(['Mailbox'], ['Read', 'Write'], user),
  ...grant(['UserSettings'], ['Read', 'Write'], user),
  ...grant(['mailboxtrackingfolder'], ['Read'], user),
  ...grant(['tracelog'], ['Read', 'Write', 'Delete'], user), // MO-6, MO-10
})

/** Working in Outlook, with and without network, and sending for others who consented (SE-30, SE-50, SE-60). */
const outlook = (): Grants => ({
  ...outlookApp(),
  ...named(['prvGoOffline', 'prvSendAsUser']),
})

const salesperson = (): Grants => ({
  ...everyone(),
  ...outlook(),
  ...grant(['Activity', ...WORK], ['Read', 'AppendTo'], businessUnit),
  ...grant(['Account', 'Contact'], ['Read', 'AppendTo'], organization),
  ...grant(['Activity', ...WORK], ['Create', 'Write', 'Delete', 'Append', 'Assign', 'Share'], user),
  ...named(['prvMerge']),
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
      ...grant(['DuplicateRule'], ALL, organization),
      ...named(['prvPublishDuplicateRule']),
      ...grant(
        ['Entity', 'Attribute', 'Relationship', 'OptionSet'],
        ['Create', 'Read', 'Write', 'Delete'],
        organization,
      ),
      ...named(['prvPublishCustomization']),
      ...grant(['ServiceEndpoint'], ALL, user),
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
      ...outlookApp(),
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
        'prvReadSystemApplicationMetadata',
        'prvReadUserApplicationMetadata',
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

/** Makes the rows that every installation has: the root unit, SYSTEM and the standard roles. */
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
  await sql`
    insert into role (roleid, name, description, ismanaged, isinherited, businessunitid, createdon, createdby, modifiedon, modifiedby)
    select roleid, name, description, true, 1, ${ROOT_BUSINESS_UNIT}::uuid, ${stamp}
    from ${rowset(roles, ROLE_COLUMNS, 'r')} on conflict do nothing`.execute(tx)
  await shipPrivileges(tx, stamp)
}

type Shipped = { roleid: string; privilegename: string; privilegedepthmask: number }

/**
 * Brings standard roles up to this version: what is new in them is added, what they no longer need is taken away, and
 * whatever an administrator has changed since it was shipped is left alone (SE-85).
 */
async function shipPrivileges(tx: Executor, stamp: RawBuilder<unknown>): Promise<void> {
  const wanted: Shipped[] = STANDARD.flatMap(({ id, grants }) =>
    Object.entries(grants()).map(([privilegename, privilegedepthmask]) => ({
      roleid: id,
      privilegename,
      privilegedepthmask,
    })),
  )
  const { rows: before } = await sql<Shipped>`
    select roleid, privilegename, privilegedepthmask from role_shipped`.execute(tx)
  const text = ({ roleid, privilegename, privilegedepthmask }: Shipped) =>
    `${roleid} ${privilegename} ${privilegedepthmask}`
  if (before.map(text).toSorted().join() === wanted.map(text).toSorted().join()) return
  const now = rowset(wanted, PRIVILEGE_COLUMNS, 'n')
  await sql`with n as (select * from ${now}),
    gone as (
      delete from roleprivileges p using role_shipped s
      where ${same('p', 's')} and p.privilegedepthmask = s.privilegedepthmask
        and not exists (select 1 from n where ${same('n', 's')})),
    other as (
      update roleprivileges p set privilegedepthmask = n.privilegedepthmask, versionnumber = nextval('recordversion')
      from n join role_shipped s on ${same('n', 's')}
      where ${same('p', 'n')} and p.privilegedepthmask = s.privilegedepthmask
        and n.privilegedepthmask <> s.privilegedepthmask)
    insert into roleprivileges (roleprivilegeid, roleid, privilegename, privilegedepthmask, createdon, createdby,
      modifiedon, modifiedby)
    select gen_random_uuid(), roleid, privilegename, privilegedepthmask, ${stamp} from n
    where not exists (select 1 from role_shipped s where ${same('n', 's')}) on conflict do nothing`.execute(tx)
  await sql`delete from role_shipped`.execute(tx)
  await sql`insert into role_shipped (roleid, privilegename, privilegedepthmask)
    select roleid, privilegename, privilegedepthmask from ${now}`.execute(tx)
}

const same = (one: string, other: string) =>
  sql.raw(`${one}.roleid = ${other}.roleid and ${one}.privilegename = ${other}.privilegename`)

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
