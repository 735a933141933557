import {
  createApplicationSecret,
  endSession,
  eventsOf,
  revokeSecret,
  revokeToken,
  secretsOf,
  sessionsOf,
  tokensOf,
} from '#http'
import { RecordError } from '#records'
import type { Arguments } from '../command.ts'
import type { RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'
import { table } from '../terminal.ts'

/** What people and programs are signed in by: listed and revoked by who administers the installation (SE-94, SE-95). */

const when = (date: Date | null) => date?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never'

const sessionList: RegardingCommand = {
  name: 'session list',
  takes: '<user>',
  says: 'Browsers in which a user is signed in',
  positionals: [1, 1],
  async run({ regarding }, { positionals }, output) {
    const sessions = await sessionsOf(regarding, await findUser(regarding, positionals[0] as string))
    const lines = sessions.map((each) => [each.id, when(each.lastUsedOn), each.address, each.agent.slice(0, 40)])
    output.result(table(['Session', 'Last used', 'Address', 'Browser'], lines), sessions)
    return undefined
  },
}

const sessionRevoke: RegardingCommand = {
  name: 'session revoke',
  takes: '<user> [session]',
  says: 'End one session of a user, or all of them',
  positionals: [1, 2],
  async run({ regarding }, { positionals }, output) {
    const user = await findUser(regarding, positionals[0] as string)
    const ids = positionals[1] ? [positionals[1]] : (await sessionsOf(regarding, user)).map(({ id }) => id)
    let ended = 0
    for (const id of ids) if (await endSession(regarding, user, id, 'sessionRevoked')) ended++
    if (positionals[1] && ended === 0) none('session')
    output.result(`${ended} ${ended === 1 ? 'session has' : 'sessions have'} ended.`, { ended })
    return undefined
  },
}

const tokenList: RegardingCommand = {
  name: 'token list',
  takes: '<user>',
  says: 'Personal access tokens of a user, without their secrets',
  positionals: [1, 1],
  async run({ regarding }, { positionals }, output) {
    const tokens = await tokensOf(regarding, await findUser(regarding, positionals[0] as string))
    const lines = tokens.map((each) => [each.id, each.name, each.scope, when(each.lastUsedOn), when(each.expiresOn)])
    output.result(table(['Token', 'Name', 'Scope', 'Last used', 'Expires'], lines), tokens)
    return undefined
  },
}

const tokenRevoke: RegardingCommand = {
  name: 'token revoke',
  takes: '<user> <token>',
  says: 'Revoke a personal access token',
  positionals: [2, 2],
  async run({ regarding }, { positionals }, output) {
    const [user, token] = positionals as [string, string]
    if (!(await revokeToken(regarding, await findUser(regarding, user), token))) none('access token')
    output.result('The token is revoked.', { token })
    return undefined
  },
}

const applicationSecret: RegardingCommand = {
  name: 'application secret',
  takes: '<user>',
  says: 'Give an application user a secret for /oauth/token; it is shown once',
  positionals: [1, 1],
  flags: { days: { type: 'string', value: 'n', says: 'Days until it expires (180)' } },
  async run({ regarding }, { positionals, flags }, output) {
    const user = await findUser(regarding, positionals[0] as string)
    const expires = new Date(regarding.clock.now().getTime() + days(flags) * 24 * 60 * 60_000)
    const made = await createApplicationSecret(regarding, user, expires)
    output.result(`client_id      ${made.clientId}\nclient_secret  ${made.secret}`, { ...made, expires })
    return undefined
  },
}

const applicationSecrets: RegardingCommand = {
  name: 'application secrets',
  takes: '<user>',
  says: 'Secrets of an application user, without their text',
  positionals: [1, 1],
  async run({ regarding }, { positionals }, output) {
    const secrets = await secretsOf(regarding, await findUser(regarding, positionals[0] as string))
    const lines = secrets.map((each) => [each.id, when(each.createdOn), when(each.expiresOn)])
    output.result(table(['Secret', 'Created', 'Expires'], lines), secrets)
    return undefined
  },
}

const applicationRevoke: RegardingCommand = {
  name: 'application revoke',
  takes: '<user> <secret>',
  says: 'Revoke a secret of an application user, and the access tokens that were got by it',
  positionals: [2, 2],
  async run({ regarding }, { positionals }, output) {
    const [user, secret] = positionals as [string, string]
    if (!(await revokeSecret(regarding, await findUser(regarding, user), secret))) none('secret')
    output.result('The secret is revoked.', { secret })
    return undefined
  },
}

const signIns: RegardingCommand = {
  name: 'user signins',
  takes: '<user>',
  says: 'When and from where a user signed in or was refused, and what was made or revoked',
  positionals: [1, 1],
  async run({ regarding }, { positionals }, output) {
    const events = await eventsOf(regarding, await findUser(regarding, positionals[0] as string), 100)
    const lines = events.map((each) => [when(each.occurredOn), each.kind, each.address ?? ''])
    output.result(table(['When', 'What', 'Address'], lines), events)
    return undefined
  },
}

function days(flags: Arguments['flags']): number {
  const given = Number(flags['days'] ?? 180)
  if (Number.isInteger(given) && given > 0) return given
  throw new RecordError('ValidationFailed', '--days is a whole number from 1 on.')
}

function none(what: string): never {
  throw new RecordError('NotFound', `The user has no such ${what}; list them first.`)
}

export const accessCommands = [
  sessionList,
  sessionRevoke,
  tokenList,
  tokenRevoke,
  applicationSecret,
  applicationSecrets,
  applicationRevoke,
  signIns,
]
