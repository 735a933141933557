import { type Holder, type HolderMark, MailboxError } from '#mailbox'
import type { Clock } from '#time'

/** The mark says so anew when it is older than this. */
const DAY = 24 * 60 * 60_000

export interface Holding {
  organizationId: string
  organizationName: string
}

/**
 * Sees to it that the mailbox says of its items that this organization synchronizes them (MB-77): a mailbox without mark
 * gets ours. A mailbox in which nothing can be kept, or that refuses it, goes without.
 * @param takeOver puts ours in the place of another's, which stops that one at its next cycle
 * @throws MailboxError `HeldByAnotherOrganization`
 */
export async function holdItems(
  mark: HolderMark | undefined,
  { organizationId, organizationName }: Holding,
  clock: Clock,
  takeOver = false,
): Promise<void> {
  if (!mark) return
  try {
    const before = await mark.read()
    const isOurs = before?.organization === organizationId
    if (before && !isOurs && !takeOver) throw heldBy(before)
    if (isOurs && clock.now().getTime() - before.on.getTime() < DAY) return
    await mark.write({ organization: organizationId, name: organizationName, on: clock.now() })
    // Two that found none may both have written: the later one has it.
    const after = isOurs ? before : await mark.read()
    if (after && after.organization !== organizationId) throw heldBy(after)
  } catch (error) {
    if (!isRefused(error)) throw error
  }
}

/** For what only looks: ours, or nobody's. @throws MailboxError `HeldByAnotherOrganization` */
export async function checkHolder(mark: HolderMark | undefined, { organizationId }: Holding): Promise<void> {
  try {
    const holder = await mark?.read()
    if (holder && holder.organization !== organizationId) throw heldBy(holder)
  } catch (error) {
    if (!isRefused(error)) throw error
  }
}

function heldBy({ name, on }: Holder): MailboxError {
  return new MailboxError(
    'permanent',
    'HeldByAnotherOrganization',
    `Appointments, contacts and tasks of this mailbox are synchronized by the organization “${name}”, last on ${on.toISOString().slice(0, 10)}.`,
  )
}

function isRefused(error: unknown): boolean {
  return error instanceof MailboxError && ['denied', 'unsupported', 'notFound'].includes(error.kind)
}
