import type { FastifyRequest } from 'fastify'
import type { Regarding } from '#sync'
import { type Caller, identify } from '../caller.ts'
import { failureOf } from '../failure.ts'

/** Who looks at a page; nobody whose session or token is no good: those sign in. @throws RequestError 403 for a form of another site */
export async function visitor(regarding: Regarding, request: FastifyRequest): Promise<Caller | undefined> {
  try {
    request.caller = await identify(regarding, request)
    return request.caller
  } catch (error) {
    if (failureOf(error)?.status === 401) return undefined
    throw error
  }
}
