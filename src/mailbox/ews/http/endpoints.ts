import { createHash } from 'node:crypto'
import type { Clock } from '#time'
import type { Credentials } from './credentials.ts'
import { Endpoint } from './endpoint.ts'

/** Entries, at most: the longest unused is forgotten first. */
const AT_MOST = 200

export interface EndpointSettings {
  origin: string
  ca?: string | undefined
  allowUntrusted?: boolean | undefined
  timeoutMs: number
  /** Of one identity at once: its profile's limit, or its mailbox's own (MB-14, MB-21). */
  connections: number
}

/**
 * The connections of this process, by server and identity: a service account that impersonates a thousand mailboxes uses
 * the same few, and a mailbox that is opened again finds them proved. Idle ones end by themselves.
 */
const endpoints = new Map<string, Endpoint>()

export function endpointFor(
  settings: EndpointSettings,
  identity: string,
  credentials: () => Credentials,
  clock: Clock,
): Endpoint {
  const key = createHash('sha256')
    .update(
      JSON.stringify([
        settings.origin,
        settings.ca,
        settings.allowUntrusted,
        settings.timeoutMs,
        settings.connections,
        identity,
      ]),
    )
    .digest('base64')
  const known = endpoints.get(key)
  const endpoint = known ?? new Endpoint({ ...settings, credentials: credentials(), clock })
  endpoints.delete(key)
  endpoints.set(key, endpoint)
  const [oldest] = endpoints.keys()
  if (endpoints.size > AT_MOST && oldest !== undefined) {
    // Who still uses it goes on; its idle connections end by themselves.
    endpoints.delete(oldest)
  }
  return endpoint
}
