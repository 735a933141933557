import type { FastifyRequest } from 'fastify'
import { RequestError } from './failure.ts'
import { ownOrigin } from './place.ts'

/**
 * Refuses changes that a page of another site makes a signed-in browser ask for. Browsers say where a request comes from
 * in Sec-Fetch-Site (Fetch Metadata), older ones and plain http only in Origin; what says neither is not a browser's and
 * has no business with a cookie.
 * @throws RequestError 403
 */
export function requireSameSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  const same = site === undefined ? origin !== undefined && origin === ownOrigin(request) : site === 'same-origin'
  if (same) return
  throw new RequestError(
    403,
    'CrossSiteRequest',
    'Changes made with a session come from this site only; programs use a bearer token.',
  )
}
