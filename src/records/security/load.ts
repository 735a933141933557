import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Principal, RecordError } from '../access.ts'
import { type ColumnRights, DEPTH, holds, type Scope, type SecurityContext } from './context.ts'
import { withFilterPrivilege } from './filters.ts'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM_USER } from './ids.ts'

/** Loads security contexts and keeps them until anything about security changes, in whichever process. */
export interface SecurityContexts {
  /** @throws RecordError `PrivilegeDenied` for a user that does not exist. */
  of(executor: Executor, principal: Principal): Promise<SecurityContext>
}

const SYSTEM_CONTEXT: SecurityContext = {
  principal: { kind: 'system' },
  unrestricted: true,
  userId: SYSTEM_USER,
  businessUnitId: ROOT_BUSINESS_UNIT,
  teams: [],
  privileges: new Map(),
  columns: new Map(),
}

/** Contexts kept at once; the ones asked for longest ago go first. */
const MAX_KEPT = 10_000

export function securityContexts(): SecurityContexts {
  const kept = new Map<string, SecurityContext>()
  let keptVersion = ''
  const ofUser = async (executor: Executor, id: string): Promise<SecurityContext> => {
    const version = await currentVersion(executor)
    if (version !== keptVersion) {
      kept.clear()
      keptVersion = version
    }
    const known = kept.get(id)
    if (known) return known
    const loaded = await load(executor, id)
    // Another call may have seen a newer version meanwhile, or this one a newer state than its version.
    if (loaded.version === keptVersion) {
      if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string)
      kept.set(id, loaded.context)
    }
    return loaded.context
  }
  return {
    async of(executor, principal) {
      if (principal.kind === 'system') return SYSTEM_CONTEXT
      const own = await ofUser(executor, principal.id)
      return principal.by === undefined ? own : inTheNameOf(own, await ofUser(executor, principal.by))
    },
  }
}

const ACT_FOR_OTHERS = 'prvActOnBehalfOfAnotherUser'

/** Whoever acts in the name of another may do what both may, and owns and creates as the other. */
function inTheNameOf(own: SecurityContext, actor: SecurityContext): SecurityContext {
  if (!holds(actor, ACT_FOR_OTHERS))
    throw new RecordError('PrivilegeDenied', `Acting for another user needs the privilege ${ACT_FOR_OTHERS}.`, {
      privilege: ACT_FOR_OTHERS,
    })
  return actor.unrestricted ? own : { ...own, unrestricted: false, both: [own, actor] }
}

async function currentVersion(executor: Executor): Promise<string> {
  const { rows } = await sql<{ version: string }>`select version::text as version from securityversion`.execute(
    executor,
  )
  return rows[0]?.version ?? ''
}

/** One grant: a privilege held by the user (no `team`) or one of the teams, with the units it reaches. */
interface Grant {
  name: string
  depth: number
  unit: string
  team: string | null
}

interface Loaded {
  version: string
  user: { unit: string; disabled: boolean } | null
  teams: string[]
  administrator: boolean
  grants: Grant[]
  units: { root: string; unit: string }[]
  permissions: { name: string; read: boolean; create: boolean; update: boolean }[]
}

async function load(executor: Executor, userId: string): Promise<{ version: string; context: SecurityContext }> {
  const { rows } = await sql<{ loaded: string }>`
    with recursive member as (
      select m.teamid, t.businessunitid from teammembership m join team t on t.teamid = m.teamid
      where m.systemuserid = ${userId}::uuid),
    held as (
      select r.roleid, u.businessunitid as unit, null::uuid as team
      from systemuserroles r join systemuser u on u.systemuserid = r.systemuserid where u.systemuserid = ${userId}::uuid
      union all
      select r.roleid, m.businessunitid, m.teamid from teamroles r join member m on m.teamid = r.teamid),
    granted as (
      select p.privilegename as name, max(p.privilegedepthmask) as depth, h.unit, h.team
      from held h join roleprivileges p on p.roleid = h.roleid group by 1, 3, 4),
    below (root, unit) as (
      select distinct g.unit, g.unit from granted g where g.depth = ${DEPTH.parentChild}
      union
      select b.root, c.businessunitid from below b join businessunit c on c.parentbusinessunitid = b.unit),
    profile as (
      select fieldsecurityprofileid as id from systemuserprofiles where systemuserid = ${userId}::uuid
      union
      select p.fieldsecurityprofileid from teamprofiles p join member m on m.teamid = p.teamid)
    select json_build_object(
      'version', (select version::text from securityversion),
      'user', (select json_build_object('unit', u.businessunitid, 'disabled', coalesce(u.isdisabled, false) or coalesce(b.isdisabled, false))
        from systemuser u left join businessunit b on b.businessunitid = u.businessunitid where u.systemuserid = ${userId}::uuid),
      'teams', (select coalesce(json_agg(teamid), '[]') from member),
      'administrator', exists (select 1 from held where roleid = ${ROLES.systemAdministrator}::uuid),
      'grants', (select coalesce(json_agg(granted), '[]') from granted),
      'units', (select coalesce(json_agg(below), '[]') from below),
      'permissions', (select coalesce(json_agg(p), '[]') from (
        select f.entityname || '.' || f.attributelogicalname as name, bool_or(f.canread = 4) as read,
          bool_or(f.cancreate = 4) as create, bool_or(f.canupdate = 4) as update
        from fieldpermission f where f.fieldsecurityprofileid in (select id from profile) group by 1) p)
    )::text as loaded`.execute(executor)
  const loaded = JSON.parse(rows[0]?.loaded ?? '{}') as Loaded
  if (!loaded.user) throw new RecordError('PrivilegeDenied', `There is no user ${userId}.`, { table: 'systemuser' })
  return { version: loaded.version, context: contextOf(userId, loaded.user, loaded) }
}

/** A disabled user keeps identity and teams, and holds nothing (SE-6). */
function contextOf(userId: string, user: NonNullable<Loaded['user']>, loaded: Loaded): SecurityContext {
  const { disabled } = user
  return {
    principal: { kind: 'user', id: userId },
    unrestricted: loaded.administrator && !disabled,
    userId,
    businessUnitId: user.unit,
    teams: loaded.teams,
    privileges: disabled ? new Map() : withFilterPrivilege(scopesOf(userId, loaded)),
    columns: disabled
      ? new Map()
      : new Map(loaded.permissions.map(({ name, ...rights }) => [name, rights satisfies ColumnRights])),
  }
}

/**
 * Adds up all grants of one privilege. At least depth: what the user owns, and for a team's role also what that team
 * owns. Business unit: that of the user, or for a team's role that of the team.
 */
function scopesOf(userId: string, loaded: Loaded): Map<string, Scope> {
  const below = new Map<string, string[]>()
  for (const { root, unit } of loaded.units) below.set(root, [...(below.get(root) ?? []), unit])
  const scopes = new Map<string, { organization: boolean; businessUnits: Set<string>; owners: Set<string> }>()
  for (const grant of loaded.grants) {
    const scope = scopes.get(grant.name.toLowerCase()) ?? {
      organization: false,
      businessUnits: new Set(),
      owners: new Set(),
    }
    scopes.set(grant.name.toLowerCase(), scope)
    scope.owners.add(userId)
    if (grant.team !== null) scope.owners.add(grant.team)
    if (grant.depth === DEPTH.organization) scope.organization = true
    if (grant.depth === DEPTH.businessUnit) scope.businessUnits.add(grant.unit)
    if (grant.depth === DEPTH.parentChild) for (const unit of below.get(grant.unit) ?? []) scope.businessUnits.add(unit)
  }
  return new Map(
    [...scopes].map(([name, scope]) => [
      name,
      { organization: scope.organization, businessUnits: [...scope.businessUnits], owners: [...scope.owners] },
    ]),
  )
}
