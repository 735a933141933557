import { sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError } from '#records'
import type { IncomingDependencies } from './context.ts'
import { type Copy, copiesOfItems } from './copies.ts'
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

/** One at a time writes which items of a mailbox are known. */
export async function holdMailbox(tx: Executor, mailboxId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${mailboxId}, 11))`.execute(tx)
}

/**
 * Makes sure that what was decided still fits what is there: the copies as they were known, the emails they are linked to,
 * and no regarding that a person chose meanwhile. What is run with the same executor afterwards comes after its questions. Acts of people write beside the cycle; whoever wrote first is seen by the second (B-50, T-100). A
 * person who tracks by hand is always right.
 */
export async function assertAsKnown(
  executor: Executor,
  mailboxId: string,
  folderId: string,
  decided: readonly DecidedMessage[],
): Promise<void> {
  if (!decided.length) return
  // Of what nothing was known, the rows that are written must be new.
  const found = decided.filter((item) => item.trigger !== 'api' && !item.isFirst)
  const items = found.map((item) => item.message.itemId)
  // Sent at once, and asked in this order.
  const [, , , now] = await Promise.all([
    holdMailbox(executor, mailboxId),
    assertNotChosen(executor, found),
    assertLinkedStand(executor, decided),
    copiesOfItems(executor, mailboxId, folderId, items),
  ])
  const other = found.find(({ copy, message }) => !isSameStanding(copy, now.get(message.itemId)))
  if (other) throw new LostRace(`the message ${other.message.itemId} was tracked or untracked by a person`)
}

function isSameStanding(one: Copy | undefined, other: Copy | undefined): boolean {
  return (
    one?.copyId === other?.copyId &&
    one?.state === other?.state &&
    one?.emailId === other?.emailId &&
    one?.byPerson === other?.byPerson &&
    one?.wantTracked === other?.wantTracked
  )
}

/** The emails to which folder rules give a regarding, although nobody is known to have chosen another. */
async function assertNotChosen(tx: Executor, decided: readonly DecidedMessage[]): Promise<void> {
  const emails = decided.flatMap(({ decision, overrules }) =>
    decision.link?.regarding?.from === 'folder' && !overrules ? [decision.link.emailId] : [],
  )
  if (!emails.length) return
  const { rows } = await sql<{ chosenby: string | null }>`
    select regardingchosenby as chosenby from email where activityid = any(${emails}::uuid[]) order by activityid for update
  `.execute(tx)
  if (rows.some((row) => row.chosenby === 'person')) throw new LostRace('a person chose what the email regards')
}

/** Holds the emails to which messages are linked: whoever deletes one waits, and then finds the copies (T-99). */
async function assertLinkedStand(tx: Executor, decided: readonly DecidedMessage[]): Promise<void> {
  const emails = new Set(decided.flatMap(({ decision }) => (decision.link ? [decision.link.emailId] : [])))
  if (!emails.size) return
  const planned = new Set(decided.map(({ decision }) => decision.plan?.emailId))
  const stored = [...emails].filter((id) => !planned.has(id))
  const { rows } = await sql<{ activityid: string }>`
    select activityid from email where activityid = any(${stored}::uuid[]) order by activityid for key share
  `.execute(tx)
  if (rows.length < stored.length) throw new LostRace('an email to which a message was to be linked was deleted')
}
