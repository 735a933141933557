import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Principal, RecordError } from '../access.ts'
import type { Catalogue } from '../tables/catalogue.ts'
import { type ColumnRights, DEPTH, holds, type Scope, type SecurityContext } from './context.ts'
import { withFilterPrivilege } from './filters.ts'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM_USER } from './ids.ts'

/** Loads security contexts and keeps them until anything about security changes, in whichever process. */
export interface SecurityContexts {
  /**
   * @param version as it was read a moment ago; read anew without it
   * @throws RecordError `PrivilegeDenied` for a user that does not exist.
   */
  of(executor: Executor, principal: Principal, version?: string): Promise<SecurityContext>
  /** What is known of a user at that version, without asking; undefined when that is not known here. */
  known(principal: Principal, version: string): SecurityContext | undefined
  /** What a team may do by itself, whoever its members are. @throws RecordError `NotFound`. */
  ofTeam(executor: Executor, teamId: string): Promise<SecurityContext>
}

const SYSTEM_CONTEXT: SecurityContext = {
  principal: { kind: 'system' },
  unrestricted: true,
  userId: SYSTEM_USER,
  businessUnitId: ROOT_BUSINESS_UNIT,
  unitsBelow: new Set(),
  teams: [],
  reports: { read: [], write: [] },
  privileges: new Map(),
  columns: new Map(),
}

/** Teams of this type own nothing and hold no roles: membership gives what is shared with the team (SE-81). */
export const ACCESS_TEAM = 1

/** The settings of the organization for managers, and the depth where none was chosen. */
export const HIERARCHY = {
  enabled: 'ishierarchicalsecuritymodelenabled',
  depth: 'maxdepthforhierarchicalsecuritymodel',
  usual: 3,
} as const

/** Contexts kept at once; the ones asked for longest ago go first. */
const MAX_KEPT = 10_000

/** What tells of changed declarations; contexts are asked for by everybody. */
interface Declarations {
  readonly version: number
  mustBe(executor: Executor, version: number): Promise<void>
  lookNowAndThen(executor: Executor): Promise<void>
}

export function securityContexts(catalogue: Catalogue, declarations: Declarations): SecurityContexts {
  const loadOf = loader(catalogue)
  const kept = new Map<string, SecurityContext>()
  const together = keptPairs(inTheNameOf)
  let keptVersion = ''
  const ofUser = async (executor: Executor, id: string, told?: string): Promise<SecurityContext> => {
    const { version, declared } = versionsOf(told ?? (await currentVersion(executor)))
    await declarations.mustBe(executor, declared)
    // What was told may be older than what is kept by now; what was read is not.
    if (version !== keptVersion && !(told !== undefined && Number(version) < Number(keptVersion))) {
      kept.clear()
      keptVersion = version
    }
    const known = kept.get(id)
    if (known) return known
    const loaded = await loadOf(executor, { user: id })
    // Another call may have seen a newer version meanwhile, or this one a newer state than its version.
    if (loaded.version === keptVersion) {
      if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string)
      kept.set(id, loaded.context)
    }
    return loaded.context
  }
  return {
    async of(executor, principal, version) {
      if (principal.kind === 'system') {
        if (!executor.isTransaction) await declarations.lookNowAndThen(executor)
        return SYSTEM_CONTEXT
      }
      const own = await ofUser(executor, principal.id, version)
      return principal.by === undefined ? own : together(own, await ofUser(executor, principal.by, version))
    },
    known(principal, version) {
      if (principal.kind === 'system' || principal.by !== undefined) return undefined
      return version === `${keptVersion}.${declarations.version}` ? kept.get(principal.id) : undefined
    },
    ofTeam: async (executor, team) => (await loadOf(executor, { team })).context,
  }
}

/** The same context for the same two, so that statements compiled for it are found again. */
function keptPairs(make: (own: SecurityContext, actor: SecurityContext) => SecurityContext): typeof make {
  const last = new WeakMap<SecurityContext, { actor: SecurityContext; made: SecurityContext }>()
  return (own, actor) => {
    const found = last.get(own)
    if (found?.actor === actor) return found.made
    const made = make(own, actor)
    last.set(own, { actor, made })
    return made
  }
}

const ACT_FOR_OTHERS = 'prvActOnBehalfOfAnotherUser'

/** Whoever acts in the name of another may do what both may, and owns and creates as the other. */
function inTheNameOf(own: SecurityContext, actor: SecurityContext): SecurityContext {
  if (!holds(actor, ACT_FOR_OTHERS))
    throw new RecordError('PrivilegeDenied', `Acting for another user needs the privilege ${ACT_FOR_OTHERS}.`, {
      privilege: ACT_FOR_OTHERS,
    })
  // Who acted is written down beside what was done (B-83).
  const named = { ...own, principal: { kind: 'user', id: own.userId, by: actor.userId } as const }
  return actor.unrestricted ? named : { ...named, unrestricted: false, both: [own, actor] }
}

/** The versions of everything about security and of what is declared, each of which grows with each change. */
export const securityVersion = sql<string>`((select version from securityversion) || '.' || (select version from customization))`

function versionsOf(text: string): { version: string; declared: number } {
  const [version = '', declared = '0'] = text.split('.')
  return { version, declared: Number(declared) }
}

async function currentVersion(executor: Executor): Promise<string> {
  const { rows } = await sql<{ version: string | null }>`select ${securityVersion} as version`.execute(executor)
  return rows[0]?.version ?? ''
}

/** One grant: a privilege held by the user (no `team`) or one of the teams, with the units it reaches. */
interface Grant {
  name: string
  depth: number
  unit: string
  team: string | null
  /** Of a team's role: whether each member holds it as one of their own at the least depth. */
  inherited: boolean
}

interface Loaded {
  version: string
  user: { unit: string; disabled: boolean } | null
  teams: string[]
  administrator: boolean
  grants: Grant[]
  units: { root: string; unit: string }[]
  reports: { id: string; level: number }[]
  permissions: { name: string; read: boolean; create: boolean; update: boolean }[]
}

type Subject = { user: string; team?: never } | { team: string; user?: never }

function loader(catalogue: Catalogue) {
  const hierarchy = hierarchySettings(catalogue)
  return async (executor: Executor, subject: Subject): Promise<{ version: string; context: SecurityContext }> => {
    const id = subject.user ?? subject.team
    const user = sql`${subject.user ?? null}::uuid`
    const itself = subject.user
      ? sql`select u.businessunitid as unit, coalesce(u.isdisabled, false) or coalesce(b.isdisabled, false) as disabled
          from systemuser u left join businessunit b on b.businessunitid = u.businessunitid where u.systemuserid = ${user}`
      : sql`select t.businessunitid as unit, false as disabled from team t where t.teamid = ${id}::uuid`
    const teams = subject.user
      ? sql`select t.teamid, t.businessunitid, t.teamtype from teammembership m join team t on t.teamid = m.teamid
          where m.systemuserid = ${user}`
      : sql`select t.teamid, t.businessunitid, t.teamtype from team t where t.teamid = ${id}::uuid`
    const { rows } = await sql<{ loaded: string }>`
      with recursive itself as (${itself}),
      member as (${teams}),
      held as (
        select r.roleid, i.unit, null::uuid as team from systemuserroles r, itself i where r.systemuserid = ${user}
        union all
        select r.roleid, m.businessunitid, m.teamid from teamroles r join member m on m.teamid = r.teamid
        where m.teamtype is distinct from ${ACCESS_TEAM}),
      granted as (
        select p.privilegename as name, max(p.privilegedepthmask) as depth, h.unit, h.team,
          bool_or(coalesce(r.isinherited, 1) = 1) as inherited
        from held h join role r on r.roleid = h.roleid join roleprivileges p on p.roleid = h.roleid group by 1, 3, 4),
      below (root, unit) as (
        (select g.unit, g.unit from granted g where g.depth = ${DEPTH.parentChild} union select unit, unit from itself)
        union
        select b.root, c.businessunitid from below b join businessunit c on c.parentbusinessunitid = b.unit),
      hierarchy as (${hierarchy}),
      chain (id, unit, level) as (
        select u.systemuserid, u.businessunitid, 1 from hierarchy h, systemuser u
        where h.depth > 0 and u.parentsystemuserid = ${user}
        union
        select u.systemuserid, u.businessunitid, c.level + 1 from chain c
        join hierarchy h on c.level < h.depth join systemuser u on u.parentsystemuserid = c.id),
      report as (
        select c.id, min(c.level) as level from chain c
        where c.unit in (select b.unit from below b, itself i where b.root = i.unit) and c.id <> ${user} group by 1),
      reports as (
        select id, level from report
        union all select m.teamid, min(r.level) from report r join teammembership m on m.systemuserid = r.id group by 1),
      profile as (
        select fieldsecurityprofileid as id from systemuserprofiles where systemuserid = ${user}
        union
        select p.fieldsecurityprofileid from teamprofiles p join member m on m.teamid = p.teamid)
      select json_build_object(
        'version', (select version::text from securityversion),
        'user', (select row_to_json(itself) from itself),
        'teams', (select coalesce(json_agg(teamid), '[]') from member),
        'administrator', exists (select 1 from held where roleid = ${ROLES.systemAdministrator}::uuid),
        'grants', (select coalesce(json_agg(granted), '[]') from granted),
        'units', (select coalesce(json_agg(below), '[]') from below),
        'reports', (select coalesce(json_agg(reports), '[]') from reports),
        'permissions', (select coalesce(json_agg(p), '[]') from (
          select f.entityname || '.' || f.attributelogicalname as name, bool_or(f.canread = 4) as read,
            bool_or(f.cancreate = 4) as create, bool_or(f.canupdate = 4) as update
          from fieldpermission f where f.fieldsecurityprofileid in (select id from profile) group by 1) p)
      )::text as loaded`.execute(executor)
    const loaded = JSON.parse(rows[0]?.loaded ?? '{}') as Loaded
    if (loaded.user) return { version: loaded.version, context: contextOf(id, loaded.user, loaded) }
    throw subject.user
      ? new RecordError('PrivilegeDenied', `There is no user ${id}.`, { table: 'systemuser' })
      : new RecordError('NotFound', `There is no team ${id}.`, { table: 'team' })
  }
}

/** How many levels of reports a manager reaches; 0 while the organization has not switched it on (SE-83). */
function hierarchySettings(catalogue: Catalogue) {
  const organization = catalogue.find('organization')
  if (!organization?.byName.has(HIERARCHY.enabled)) return sql`select 0 as depth`
  return sql`select coalesce(max(coalesce(${sql.ref(HIERARCHY.depth)}, ${HIERARCHY.usual})), 0) as depth from organization
    where ${sql.ref(HIERARCHY.enabled)}`
}

/** A disabled user keeps identity and teams, and holds nothing (SE-6). */
function contextOf(id: string, user: NonNullable<Loaded['user']>, loaded: Loaded): SecurityContext {
  const { disabled } = user
  const reports = (deepest: number) => loaded.reports.filter(({ level }) => level <= deepest).map((each) => each.id)
  return {
    principal: { kind: 'user', id },
    unrestricted: loaded.administrator && !disabled,
    userId: id,
    businessUnitId: user.unit,
    unitsBelow: new Set(loaded.units.filter(({ root }) => root === user.unit).map(({ unit }) => unit)),
    teams: loaded.teams,
    reports: { read: reports(Infinity), write: reports(1) },
    privileges: disabled ? new Map() : withFilterPrivilege(scopesOf(id, loaded)),
    columns: disabled
      ? new Map()
      : new Map(loaded.permissions.map(({ name, ...rights }) => [name, rights satisfies ColumnRights])),
  }
}

/**
 * Adds up all grants of one privilege. At least depth: what the user owns; for a team's role what that team owns, and
 * what the member owns where the role says that members inherit it (SE-82). Business unit: that of the user, or for a
 * team's role that of the team.
 */
function scopesOf(userId: string, loaded: Loaded): Map<string, Scope> {
  const below = new Map<string, string[]>()
  for (const { root, unit } of loaded.units) below.set(root, [...(below.get(root) ?? []), unit])
  const scopes = new Map<string, { depth: number; businessUnits: Set<string>; owners: Set<string> }>()
  for (const grant of loaded.grants) {
    const name = grant.name.toLowerCase()
    const scope = scopes.get(name) ?? { depth: 0, businessUnits: new Set(), owners: new Set() }
    scopes.set(name, scope)
    scope.depth = Math.max(scope.depth, grant.depth)
    if (grant.team === null || grant.inherited) scope.owners.add(userId)
    if (grant.team !== null) scope.owners.add(grant.team)
    if (grant.depth === DEPTH.businessUnit) scope.businessUnits.add(grant.unit)
    if (grant.depth === DEPTH.parentChild) for (const unit of below.get(grant.unit) ?? []) scope.businessUnits.add(unit)
  }
  return new Map(
    [...scopes].map(([name, { depth, businessUnits, owners }]) => [
      name,
      { depth, organization: depth === DEPTH.organization, businessUnits: [...businessUnits], owners: [...owners] },
    ]),
  )
}
