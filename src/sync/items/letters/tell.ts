import type { Transaction } from '#database'
import { raiseItemFailure } from '../apply/itemAlerts.ts'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { recordKey } from '../load/views.ts'
import { saveItemDecisions } from '../store/decisions.ts'
import type { Letter } from './letter.ts'

type Tell = (
  dependencies: ItemDependencies,
  tx: Transaction,
  cycle: ItemCycle,
  letter: Letter,
  why: string,
) => Promise<void>

/** Some or all of those concerned were not told. */
export const tellNotSent: Tell = (dependencies, tx, cycle, letter, why) =>
  tell(dependencies, tx, cycle, letter, { code: 'InvitationNotSent', text: `was not sent to everybody: ${why}` })

/** Nobody can say whether they were told (law 2). */
export const tellUncertain: Tell = (dependencies, tx, cycle, letter, why) =>
  tell(dependencies, tx, cycle, letter, { code: 'InvitationUncertain', text: `may have been sent, or not: ${why}` })

async function tell(
  dependencies: ItemDependencies,
  tx: Transaction,
  cycle: ItemCycle,
  { content, record }: Letter,
  { code, text }: { code: string; text: string },
): Promise<void> {
  const failure = { code, text: `The mail “${content.subject}” ${text}` }
  await raiseItemFailure(dependencies, tx, cycle, failure)
  if (cycle.organization['EnableSssItemLevelMonitoring'] !== true) return
  await saveItemDecisions(tx, dependencies.database.secrets, [
    {
      id: dependencies.newId(),
      mailboxId: cycle.setup.id,
      about: `record:${recordKey(record)}`,
      outcome: 'failed',
      ...failure,
      subject: content.subject,
      kind: 'event',
      record,
      trace: [{ rule: 'AP-35', finding: failure.text }],
      retries: 0,
      decidedOn: dependencies.clock.now(),
    },
  ])
}
