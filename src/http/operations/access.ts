import { z } from 'zod'
import { RecordError } from '#records'
import type { Call } from '../api/call.ts'
import { createApplicationSecret, revokeSecret, secretsOf } from '../auth/applications.ts'
import { eventsOf } from '../auth/audit.ts'
import { endSession, sessionsOf } from '../auth/sessions.ts'
import { revokeToken, tokensOf } from '../auth/tokens.ts'
import { RequestError } from '../failure.ts'
import { id } from '../fields.ts'
import { nothing, operation } from './operation.ts'

/** What a user is signed in by: people see and revoke their own, administrators everybody's (SE-94). */

const ofUser = z.strictObject({ UserId: id.optional().describe('The caller without it') })
const when = z.iso.datetime()

const retrieveSessions = operation({
  name: 'RetrieveSessions',
  kind: 'function',
  says: 'The browsers in which a user is signed in (SE-94).',
  input: ofUser,
  output: z.object({
    value: z.array(
      z.object({
        SessionId: id,
        CreatedOn: when,
        LastUsedOn: when,
        ExpiresOn: when,
        Address: z.string(),
        Agent: z.string(),
      }),
    ),
  }),
  async run(call, { UserId }) {
    const sessions = await sessionsOf(call.regarding, await subject(call, UserId))
    return {
      value: sessions.map((each) => ({
        SessionId: each.id,
        CreatedOn: each.createdOn.toISOString(),
        LastUsedOn: each.lastUsedOn.toISOString(),
        ExpiresOn: each.expiresOn.toISOString(),
        Address: each.address,
        Agent: each.agent,
      })),
    }
  },
})

const revokeSession = operation({
  name: 'RevokeSession',
  kind: 'action',
  says: 'Ends a session of a user (SE-94).',
  input: z.strictObject({ SessionId: id, UserId: id.optional() }),
  output: nothing,
  async run(call, { SessionId, UserId }) {
    const user = await subject(call, UserId)
    if (!(await endSession(call.regarding, user, SessionId, 'sessionRevoked'))) notFound('session')
    return {}
  },
})

const retrieveTokens = operation({
  name: 'RetrieveAccessTokens',
  kind: 'function',
  says: 'The personal access tokens of a user, without their secrets (SE-94).',
  input: ofUser,
  output: z.object({
    value: z.array(
      z.object({
        TokenId: id,
        Name: z.string(),
        Scope: z.enum(['full', 'read']),
        CreatedOn: when,
        LastUsedOn: when.nullable(),
        ExpiresOn: when,
      }),
    ),
  }),
  async run(call, { UserId }) {
    const tokens = await tokensOf(call.regarding, await subject(call, UserId))
    return {
      value: tokens.map((each) => ({
        TokenId: each.id,
        Name: each.name,
        Scope: each.scope,
        CreatedOn: each.createdOn.toISOString(),
        LastUsedOn: each.lastUsedOn?.toISOString() ?? null,
        ExpiresOn: each.expiresOn.toISOString(),
      })),
    }
  },
})

const revokeAccessToken = operation({
  name: 'RevokeAccessToken',
  kind: 'action',
  says: 'Revokes a personal access token of a user (SE-94).',
  input: z.strictObject({ TokenId: id, UserId: id.optional() }),
  output: nothing,
  async run(call, { TokenId, UserId }) {
    if (!(await revokeToken(call.regarding, await subject(call, UserId), TokenId))) notFound('access token')
    return {}
  },
})

const retrieveSignIns = operation({
  name: 'RetrieveSignIns',
  kind: 'function',
  says: 'What was written down about a user’s sign-ins, sessions, tokens and secrets (B-83).',
  input: ofUser.extend({ Top: z.int().min(1).max(1000).default(100) }),
  output: z.object({
    value: z.array(
      z.object({
        Kind: z.string(),
        SubjectId: id.nullable(),
        Address: z.string().nullable(),
        Agent: z.string().nullable(),
        OccurredOn: when,
      }),
    ),
  }),
  async run(call, { UserId, Top }) {
    const events = await eventsOf(call.regarding, await subject(call, UserId), Top)
    return {
      value: events.map((each) => ({
        Kind: each.kind,
        SubjectId: each.subjectId,
        Address: each.address,
        Agent: each.agent,
        OccurredOn: each.occurredOn.toISOString(),
      })),
    }
  },
})

const retrieveSecrets = operation({
  name: 'RetrieveApplicationSecrets',
  kind: 'function',
  says: 'The secrets of an application user, without their text (SE-95).',
  input: z.strictObject({ UserId: id }),
  output: z.object({ value: z.array(z.object({ SecretId: id, CreatedOn: when, ExpiresOn: when })) }),
  async run(call, { UserId }) {
    await requireAdministrator(call)
    const secrets = await secretsOf(call.regarding, UserId)
    return {
      value: secrets.map((each) => ({
        SecretId: each.id,
        CreatedOn: each.createdOn.toISOString(),
        ExpiresOn: each.expiresOn.toISOString(),
      })),
    }
  },
})

const addSecret = operation({
  name: 'AddApplicationSecret',
  kind: 'action',
  says: 'Gives an application user a secret for /oauth/token, shown this once (SE-95).',
  input: z.strictObject({ UserId: id, Days: z.int().min(1).max(731).default(180) }),
  output: z.object({ SecretId: id, ClientId: z.string(), Secret: z.string() }),
  async run(call, { UserId, Days }) {
    await requireAdministrator(call)
    const expires = new Date(call.regarding.clock.now().getTime() + Days * 24 * 60 * 60_000)
    const made = await createApplicationSecret(call.regarding, UserId, expires)
    return { SecretId: made.id, ClientId: made.clientId, Secret: made.secret }
  },
})

const removeSecret = operation({
  name: 'RevokeApplicationSecret',
  kind: 'action',
  says: 'Revokes a secret of an application user, and the access tokens that were got by it (SE-95).',
  input: z.strictObject({ UserId: id, SecretId: id }),
  output: nothing,
  async run(call, { UserId, SecretId }) {
    await requireAdministrator(call)
    if (!(await revokeSecret(call.regarding, UserId, SecretId))) notFound('secret')
    return {}
  },
})

/** The caller, or another user for a system administrator: whoever else has the user’s rights could outdo themselves. */
async function subject(call: Call, given: string | undefined): Promise<string> {
  if (given === undefined || given === call.userId) return call.userId
  await requireAdministrator(call)
  return given
}

async function requireAdministrator({ regarding, principal }: Call): Promise<void> {
  if ((await regarding.records.securityOf(principal)).unrestricted) return
  throw new RecordError('PrivilegeDenied', 'What others sign in by is for system administrators only.', {
    table: 'systemuser',
    privilege: 'System Administrator',
  })
}

function notFound(what: string): never {
  throw new RequestError(404, 'NotFound', `The user has no such ${what}.`)
}

export const accessOperations = [
  retrieveSessions,
  revokeSession,
  retrieveTokens,
  revokeAccessToken,
  retrieveSignIns,
  retrieveSecrets,
  addSecret,
  removeSecret,
]
