import type { Readable } from 'node:stream'

/** The bytes of an attachment, in memory or in a file that nobody else sees. May be read any number of times. */
export interface Content {
  readonly size: number
  bytes(): Promise<Uint8Array>
  stream(): Readable
}
