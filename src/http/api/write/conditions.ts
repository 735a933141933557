import type { IncomingHttpHeaders } from 'node:http'
import { RequestError } from '../../failure.ts'

export type Headers = Readonly<IncomingHttpHeaders>

/** What must hold of the row that is written (RFC 9110 §13.1): that there is one or none, and its version. */
export interface Condition {
  exists?: boolean
  version?: number
}

/** No row ever has it. */
const NONE = -1

/**
 * `If-Match: *` wants a row, `If-Match: W/"17"` that version, `If-None-Match: *` no row. What else `If-None-Match` says
 * is a matter of reading.
 * @throws RequestError 400
 */
export function conditionOf(headers: Headers): Condition {
  const match = headers['if-match']?.trim()
  const creates = headers['if-none-match']?.trim() === '*'
  if (match === undefined || match === 'null' || match === '') return creates ? { exists: false } : {}
  if (creates) throw invalid('If-Match and If-None-Match contradict each other.')
  if (match === '*') return { exists: true }
  const tag = /^(?:W\/)?"([^"]{0,100})"$/.exec(match)?.[1]
  if (tag === undefined) throw invalid('If-Match takes * or one version as it was read, e.g. W/"17".')
  return { exists: true, version: /^\d{1,15}$/.test(tag) ? Number(tag) : NONE }
}

function invalid(message: string): RequestError {
  return new RequestError(400, 'HeaderInvalid', message, { target: 'If-Match' })
}
