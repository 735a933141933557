import { type RawBuilder, sql } from 'kysely'
import { rowset } from '#database'
import { RecordError } from '../access.ts'
import type { Table } from '../tables/catalogue.ts'
import type { Stored } from '../write/values.ts'
import type { Write } from '../write/write.ts'
import { DEPTH, depthHeld } from './context.ts'
import { ROLES } from './ids.ts'
import { ACCESS_TEAM } from './load.ts'
import { idArray } from './predicate.ts'

/**
 * What must hold of the rows that security itself is made of, before they are written: nobody is above themselves, access
 * teams hold no roles, and nobody gives away more than they hold (SE-84). Other tables pass at once.
 * @throws RecordError `ValidationFailed` or `PrivilegeDenied`, naming the privilege.
 */
export async function checkSecurityRows(write: Write, table: Table, rows: readonly Stored[]): Promise<void> {
  switch (table.name) {
    case 'businessunit':
      return checkNoCircle(write, table, 'parentbusinessunitid', rows)
    case 'systemuser':
      await checkIdentity(write, rows)
      return checkNoCircle(write, table, 'parentsystemuserid', rows)
    case 'teamroles':
      await checkTakesRoles(write, rows)
      return checkRolesHeld(write, idsOf(rows, 'roleid'))
    case 'systemuserroles':
      return checkRolesHeld(write, idsOf(rows, 'roleid'))
    case 'teammembership':
      return checkTeamsHeld(write, idsOf(rows, 'teamid'))
    case 'roleprivileges':
      return checkPrivilegesHeld(write, rows)
  }
}

const idsOf = (rows: readonly Stored[], column: string) =>
  [...new Set(rows.map((row) => row[column]))].filter((id) => typeof id === 'string')

/** Units and managers form trees: whoever would come to stand above themselves is refused. */
async function checkNoCircle(write: Write, table: Table, column: string, rows: readonly Stored[]): Promise<void> {
  const moved = rows.filter((row) => typeof row[column] === 'string')
  if (moved.length === 0) return
  const name = sql.table(table.name)
  const [id, above] = [sql.ref(table.id), sql.ref(column)]
  // Two moves at once could close a circle that neither sees.
  await sql`select pg_advisory_xact_lock(hashtext(${`regarding.${column}`}))`.execute(write.tx)
  const pairs = moved.map((row) => ({ id: row[table.id], above: row[column] }))
  const { rows: found } = await sql<{ id: string }>`with recursive moved as (select * from ${rowset(pairs, PAIR, 'r')}),
      step (start, at) as (
        select id, above from moved
        union
        select s.start, coalesce((select m.above from moved m where m.id = s.at), t.${above}) from step s
        join ${name} as t on t.${id} = s.at where s.at <> s.start)
    select start as id from step where start = at limit 1`.execute(write.tx)
  const [circle] = found
  if (circle)
    throw new RecordError(
      'ValidationFailed',
      `${table.label} ${circle.id} would stand above itself: choose one that is not below it.`,
      { table: table.name, column },
    )
}

const PAIR = [
  { name: 'id', type: 'uuid' },
  { name: 'above', type: 'uuid' },
]

async function checkTakesRoles(write: Write, rows: readonly Stored[]): Promise<void> {
  const { rows: found } = await sql<{ name: string }>`select name from team
    where teamid = any(${idArray(idsOf(rows, 'teamid'))}) and teamtype = ${ACCESS_TEAM} limit 1`.execute(write.tx)
  const [team] = found
  if (team)
    throw new RecordError(
      'ValidationFailed',
      `“${team.name}” is an access team, which holds no roles: membership gives what is shared with it.`,
      { table: 'teamroles', column: 'teamid' },
    )
}

/** Whoever changes by what somebody signs in could come in as them. */
const IDENTITY = ['domainname', 'internalemailaddress', 'azureactivedirectoryobjectid', 'applicationid'] as const

/** Names and ids by which others sign in are changed only by those who hold all that the others do. */
async function checkIdentity(write: Write, rows: readonly Stored[]): Promise<void> {
  const { unrestricted, userId } = write.context
  if (unrestricted) return
  for (const row of rows) {
    const given = IDENTITY.filter((name) => row[name] !== undefined)
    if (given.length === 0 || row['systemuserid'] === userId) continue
    const differs = given.map((name) => sql`${sql.ref(`u.${name}`)} is distinct from ${row[name]}::text`)
    const { rows: held } = await sql<{ id: string }>`select distinct r.roleid as id
      from systemuser u join (
        select systemuserid, roleid from systemuserroles
        union all select m.systemuserid, t.roleid from teammembership m join teamroles t on t.teamid = m.teamid) r
        on r.systemuserid = u.systemuserid
      where u.systemuserid = ${row['systemuserid']}::uuid and (${sql.join(differs, sql` or `)})`.execute(write.tx)
    await checkRolesHeld(
      write,
      held.map((each) => each.id),
    )
  }
}

/** The System Administrator's rights are no list, so only those who have them give them. */
async function checkRolesHeld(write: Write, roles: readonly string[]): Promise<void> {
  if (write.context.unrestricted || roles.length === 0) return
  if (roles.includes(ROLES.systemAdministrator)) tooMuch('System Administrator')
  await checkHeld(
    write,
    sql`select privilegename as name, privilegedepthmask as depth from roleprivileges
    where roleid = any(${idArray(roles)})`,
  )
}

async function checkTeamsHeld(write: Write, teams: readonly string[]): Promise<void> {
  if (write.context.unrestricted || teams.length === 0) return
  const { rows } = await sql<{ id: string }>`select distinct roleid as id from teamroles
    where teamid = any(${idArray(teams)})`.execute(write.tx)
  await checkRolesHeld(
    write,
    rows.map((row) => row.id),
  )
}

/** Of a privilege that is changed, what the change leaves alone counts as it is. */
async function checkPrivilegesHeld(write: Write, rows: readonly Stored[]): Promise<void> {
  if (write.context.unrestricted || rows.length === 0) return
  const given = rows.map((row) => ({
    id: row['roleprivilegeid'],
    name: row['privilegename'] ?? null,
    depth: row['privilegedepthmask'] ?? null,
  }))
  await checkHeld(
    write,
    sql`select coalesce(r.name, p.privilegename) as name,
      coalesce(r.depth, p.privilegedepthmask) as depth
    from ${rowset(given, GIVEN, 'r')} left join roleprivileges p on p.roleprivilegeid = r.id`,
  )
}

const GIVEN = [
  { name: 'id', type: 'uuid' },
  { name: 'name', type: 'text' },
  { name: 'depth', type: 'integer' },
]

async function checkHeld(write: Write, given: RawBuilder<{ name: string; depth: number }>): Promise<void> {
  const { rows } = await given.execute(write.tx)
  for (const { name, depth } of rows) {
    if (depthHeld(write.context, name) < Math.min(depth, DEPTH.organization)) tooMuch(name)
  }
}

function tooMuch(privilege: string): never {
  throw new RecordError(
    'PrivilegeDenied',
    `Nobody gives more than they hold: ${privilege} is missing at the depth that would be given.`,
    { table: 'role', privilege },
  )
}
