import { createHash } from 'node:crypto'
import type { Reference } from '#records'

/** A record of the demo, as stories name it: table and key, e.g. `account/nordhavn`. */
export type RecordKey = `${string}/${string}`

/** The same id for the same key on every machine and in every run. */
export function idOf(key: RecordKey): string {
  const hex = createHash('sha256').update(`regarding demo ${key}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export function referenceTo(key: RecordKey): Reference {
  return { table: key.slice(0, key.indexOf('/')), id: idOf(key) }
}
