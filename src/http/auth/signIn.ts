import { sql } from 'kysely'
import { RecordError } from '#records'
import { note } from './audit.ts'
import type { AuthDependencies, Origin } from './dependencies.ts'
import { hashPassword, verifyNothing, verifyPassword } from './passwords.ts'
import { openSession } from './sessions.ts'
import { beginAttempt } from './throttle.ts'

const SHORTEST_PASSWORD = 10
/** Characters; nobody may keep us busy with a novel. */
export const LONGEST_PASSWORD = 256
export const LONGEST_NAME = 320

export type SignIn =
  | { kind: 'signedIn'; userId: string; secret: string }
  | { kind: 'refused' }
  | { kind: 'throttled'; wait: number }

/**
 * Signs a person in by name (or address) and password. Unknown names, users without a password, disabled users and wrong
 * passwords get the same answer after the same time.
 */
export async function signIn(
  dependencies: AuthDependencies,
  name: string,
  password: string,
  from: Origin,
): Promise<SignIn> {
  const attempt = await beginAttempt(dependencies, 'password', name, from.address)
  if (attempt.wait !== undefined) {
    await note(dependencies, 'throttled', { from })
    return { kind: 'throttled', wait: attempt.wait }
  }
  const account = await accountOf(dependencies, name)
  if (!(await isRight(dependencies, account, password))) {
    await note(dependencies, 'refused', { userId: account?.user_id, from })
    return { kind: 'refused' }
  }
  const userId = (account as Account).user_id
  await attempt.succeeded()
  const session = await openSession(dependencies, userId, from)
  await note(dependencies, 'signedIn', { userId, subjectId: session.id, from })
  return { kind: 'signedIn', userId, secret: session.secret }
}

/**
 * Sets a user's password and ends the sessions that the old one opened.
 * @throws RecordError `NotFound`, or `ValidationFailed` for a password that is too short, too long or the user's own name.
 */
export async function setPassword(dependencies: AuthDependencies, userId: string, password: string): Promise<void> {
  const { database, clock } = dependencies
  const { rows } = await sql<{ names: (string | null)[] }>`
    select array[domainname, internalemailaddress, fullname] as names from systemuser
    where systemuserid = ${userId}`.execute(database.sql)
  const user = rows[0]
  if (!user) throw new RecordError('NotFound', `There is no user ${userId}.`, { table: 'systemuser' })
  checkPassword(password, user.names)
  const hash = await hashPassword(password)
  await database.transaction(async (tx) => {
    await store(dependencies, userId, hash, clock.now(), tx)
    await sql`delete from session where user_id = ${userId}`.execute(tx)
    await note(dependencies, 'passwordSet', { userId }, tx)
  })
}

function checkPassword(password: string, names: readonly (string | null)[]): void {
  const own = names.some((name) => name?.toLowerCase() === password.toLowerCase())
  if (!own && password.length >= SHORTEST_PASSWORD && password.length <= LONGEST_PASSWORD) return
  throw new RecordError(
    'ValidationFailed',
    `A password has ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters and is not the user's name.`,
    { table: 'systemuser', column: 'password' },
  )
}

interface Account {
  user_id: string
  hash: string
}

/** The one person of that name who may sign in; names shared by several are nobody's. */
async function accountOf({ database }: AuthDependencies, name: string): Promise<Account | undefined> {
  const wanted = name.trim().toLowerCase()
  const { rows } = await sql<Account>`
    select p.user_id, p.hash from systemuser u
    join sign_in_password p on p.user_id = u.systemuserid
    left join businessunit b on b.businessunitid = u.businessunitid
    where (lower(u.domainname) = ${wanted} or lower(u.internalemailaddress) = ${wanted})
      and u.isdisabled is not true and b.isdisabled is not true and u.applicationid is null
    limit 2`.execute(database.sql)
  return rows.length === 1 ? rows[0] : undefined
}

async function isRight(
  dependencies: AuthDependencies,
  account: Account | undefined,
  password: string,
): Promise<boolean> {
  if (!account || password.length > LONGEST_PASSWORD) {
    await verifyNothing(password.slice(0, LONGEST_PASSWORD))
    return false
  }
  const { right, outdated } = await verifyPassword(password, account.hash)
  if (right && outdated)
    await store(dependencies, account.user_id, await hashPassword(password), dependencies.clock.now())
  return right
}

async function store(
  { database }: AuthDependencies,
  userId: string,
  hash: string,
  now: Date,
  executor = database.sql,
): Promise<void> {
  await sql`
    insert into sign_in_password (user_id, hash, changed_on) values (${userId}, ${hash}, ${now})
    on conflict (user_id) do update set hash = excluded.hash, changed_on = excluded.changed_on`.execute(executor)
}
