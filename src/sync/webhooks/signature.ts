import { createHmac } from 'node:crypto'

/**
 * The headers of a delivery, in the form of Standard Webhooks 1.0, for which receivers have libraries: an id that stays
 * the same when it is sent again, the seconds since 1970, and HMAC-SHA256 of `id.seconds.body`. A key that begins with
 * `whsec_` is base64; any other is taken as it is.
 */
export function signed(secret: string, id: string, at: Date, body: string): Record<string, string> {
  const seconds = String(Math.floor(at.getTime() / 1000))
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` }
}
