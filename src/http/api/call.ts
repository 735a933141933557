import type { FastifyRequest } from 'fastify'
import type { Executor } from '#database'
import type { Access, Principal } from '#records'
import type { Regarding } from '#sync'
import { type Caller, callerOf } from '../caller.ts'
import { ownOrigin } from '../place.ts'

export const ROOT = '/api/data/v9.2'

/** Of answers. */
export const JSON_TYPE = 'application/json; odata.metadata=minimal; charset=utf-8'

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

export function callOf(regarding: Regarding, request: FastifyRequest, caller = callerOf(request)): Call {
  const aliases = /@|%40/.test(request.url) ? [...optionsOf(request)].filter(([name]) => name.startsWith('@')) : []
  return { ...callBy(regarding, caller, `${ownOrigin(request)}${ROOT}/`), parameters: aliases }
}

/** The query options of the URL. */
export function optionsOf({ url }: FastifyRequest): URLSearchParams {
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}

export function callBy(regarding: Regarding, { userId, actorId, standing }: Caller, root: string): Call {
  const principal: Principal = { kind: 'user', id: userId, ...(actorId === undefined ? {} : { by: actorId }) }
  const access = regarding.records.as(principal).limited(STATEMENT_MILLISECONDS, standing)
  return { regarding, userId, principal, access, root }
}

/** The context of what an operation answers (OData v4 JSON §10.14). */
export function contextOf(root: string, { name }: { name: string }): string {
  return `${root}$metadata#Microsoft.Dynamics.CRM.${name}Response`
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
