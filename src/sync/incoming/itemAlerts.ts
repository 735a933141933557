import type { Executor } from '#database'
import { alertAbout } from '#mailboxes'
import type { Cycle, IncomingDependencies } from './context.ts'
import type { DecidedMessage } from './decisions.ts'

/** Tells people of messages that need somebody to act, or that will never be tracked (MO-23, MO-24, MO-28). */
export async function raiseItemAlerts(
  { alerts }: Pick<IncomingDependencies, 'alerts'>,
  tx: Executor,
  { setup, organization }: Pick<Cycle, 'setup' | 'organization'>,
  decided: readonly DecidedMessage[],
): Promise<void> {
  const byCode = new Map<string, DecidedMessage[]>()
  for (const item of decided) {
    const code = codeOf(item)
    if (code) byCode.set(code, [...(byCode.get(code) ?? []), item])
  }
  for (const [code, items] of byCode) {
    const text = `Mailbox “${setup.name}” (${setup.address}): ${textOf(items)}`
    await alerts.raise(alertAbout(setup, { code, text }, organization), organization, tx)
  }
}

function codeOf({ decision }: DecidedMessage): string | undefined {
  if (decision.marks.add.includes('undeliverable')) return 'Undeliverable'
  return decision.reason === 'InvalidSender' || decision.reason === 'InvalidForwardMailItem'
    ? decision.reason
    : undefined
}

/** Names a message without its subject, which only the mailbox's owner may read (B-21). */
function textOf(items: readonly DecidedMessage[]): string {
  const { message, error } = items[0] as DecidedMessage
  const first = `the message ${message.key}, received ${message.received.toISOString()}`
  const others = items.length > 1 ? `, and ${items.length - 1} more` : ''
  return `${first}${others}.${error ? ` ${error}` : ''}`
}
