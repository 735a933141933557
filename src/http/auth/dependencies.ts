import type { Database } from '#database'
import type { Records } from '#records'
import type { Clock, NewId } from '#time'

/** What signing in stands on; an open installation has it all. */
export interface AuthDependencies {
  database: Database
  records: Records
  clock: Clock
  newId: NewId
}

/** Where a request came from, for the audit trail. */
export interface Origin {
  address: string
  agent: string
}
