import type { FastifyRequest } from 'fastify'
import type { Executor } from '#database'
import type { Access, Principal } from '#records'
import type { Regarding } from '#sync'
import { type Caller, callerOf } from '../caller.ts'
import { ownOrigin } from '../place.ts'

export const ROOT = '/api/data/v9.2'

/** What one statement of one request may take. */
const STATEMENT_MILLISECONDS = 20_000

/** One request to the Web API: who asks, and of what. */
export interface Call {
  regarding: Regarding
  userId: string
  principal: Principal
  access: Access
  /** The service root as the client sees it, ending with a slash. */
  root: string
  /** Parameter aliases of the request's URL (`@p1=…`), which links to further pages say again. */
  parameters?: readonly [string, string][]
  /** The transaction that it is part of. */
  executor?: Executor
}

export function callOf(regarding: Regarding, request: FastifyRequest): Call {
  const aliases = [...new URLSearchParams(request.url.split('?').slice(1).join('?'))].filter(([name]) =>
    name.startsWith('@'),
  )
  return { ...callBy(regarding, callerOf(request), `${ownOrigin(request)}${ROOT}/`), parameters: aliases }
}

export function callBy(regarding: Regarding, { userId, actorId, securityVersion }: Caller, root: string): Call {
  const principal: Principal = { kind: 'user', id: userId, ...(actorId === undefined ? {} : { by: actorId }) }
  const access = regarding.records.as(principal).limited(STATEMENT_MILLISECONDS, securityVersion)
  return { regarding, userId, principal, access, root }
}

/** The same within a transaction. */
export function within(call: Call, executor: Executor): Call {
  return { ...call, executor, access: call.access.in(executor) }
}

/** Does something all or nothing: in the transaction that the call is part of, or one of its own. */
export async function atomically<T>(call: Call, work: (call: Call) => Promise<T>): Promise<T> {
  if (call.executor) return work(call)
  return call.regarding.database.transaction((tx) => work(within(call, tx)))
}
