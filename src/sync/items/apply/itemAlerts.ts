import type { Executor } from '#database'
import { alertAbout } from '#mailboxes'
import type { ItemCycle, ItemDependencies } from '../context.ts'

/** Tells of an item that failed; which one it is stands in the list of failures, whose subjects its owner alone reads (MO-74). */
export function raiseItemFailure(
  { alerts }: Pick<ItemDependencies, 'alerts'>,
  tx: Executor,
  { setup, organization }: ItemCycle,
  { code, text }: { code: string; text: string },
): Promise<void> {
  const said = `Mailbox “${setup.name}” (${setup.address}): ${text}`
  return alerts.raise(alertAbout(setup, { code, text: said }, organization), organization, tx)
}
