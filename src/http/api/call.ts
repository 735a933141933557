import type { FastifyRequest } from 'fastify'
import type { Access, Principal } from '#records'
import type { Regarding } from '#sync'
import { callerOf } from '../caller.ts'
import { ownOrigin } from '../place.ts'

export const ROOT = '/api/data/v9.2'

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
}

export function callOf(regarding: Regarding, request: FastifyRequest): Call {
  const { userId } = callerOf(request)
  const principal = { kind: 'user', id: userId } as const
  return {
    regarding,
    userId,
    principal,
    access: regarding.records.as(principal),
    root: `${ownOrigin(request)}${ROOT}/`,
    parameters: [...new URLSearchParams(request.url.split('?').slice(1).join('?'))].filter(([name]) =>
      name.startsWith('@'),
    ),
  }
}
