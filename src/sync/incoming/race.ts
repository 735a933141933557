import { sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError } from '#records'
import type { IncomingDependencies } from './context.ts'
import type { DecidedMessage } from './decisions.ts'
import { sqlStateOf } from './failure.ts'

/** Another worker did, between our look and our write, what we were about to do: decide again. */
class LostRace extends Error {
  constructor(what: string) {
    super(`Another worker was first: ${what}.`)
    this.name = 'LostRace'
  }
}

/** The same message stored (T-89), or the same person made, by somebody else meanwhile. */
export function isLostRace(error: unknown): boolean {
  if (error instanceof LostRace) return true
  return (error instanceof RecordError && error.code === 'DuplicateKey') || sqlStateOf(error) === '23505'
}

/**
 * Makes sure that no two workers make a person for one address (T-76): whoever comes second waits here and then finds
 * the first one's record.
 */
export async function claimNewPeople(
  { records }: Pick<IncomingDependencies, 'records'>,
  tx: Executor,
  decided: readonly DecidedMessage[],
): Promise<void> {
  const addresses = decided.flatMap(({ decision }) =>
    decision.plan?.autoCreate ? [decision.plan.autoCreate.address.toLowerCase()] : [],
  )
  const sorted = [...new Set(addresses)].sort()
  if (!sorted.length) return
  await sql`select pg_advisory_xact_lock(hashtextextended(address, 7)) from unnest(${sorted}::text[]) as address`.execute(
    tx,
  )
  const matches = await records.resolveAddresses(tx, sorted, 1)
  const taken = sorted.find((address) => matches.get(address)?.length)
  if (taken !== undefined) throw new LostRace(`a record with the address of a new sender exists now`)
}
