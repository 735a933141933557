import type { GraphClient } from './client.ts'
import type { Memory } from './memory.ts'

/** What reading a mailbox needs. */
export interface Reader {
  client: GraphClient
  memory: Memory
}
