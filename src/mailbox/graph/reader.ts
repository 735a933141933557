import type { Categories } from './categories.ts'
import type { GraphClient } from './client.ts'
import type { Memory } from './memory.ts'

/** What reading a mailbox needs. */
export interface Reader {
  client: GraphClient
  categories: Categories
  memory: Memory
}
