import { openDatabase, type Target } from '#database'
import { SimulatedServer } from '#mailbox'
import { SYSTEM } from '#records'
import { assemble, confirmItems, type Regarding, runActMailbox } from '#sync'
import { systemClock } from '#time'
import { countStatements } from '../../test/support/counting.ts'

export const SIMULATED = 'bench'

/** An installation whose mailboxes are simulated within this process: what is measured is ours and the store's alone. */
export interface SimulatedInstallation {
  regarding: Regarding
  /** Statements since the last time that this was asked. */
  statements: () => number
  /** One cycle of items. @returns whether there is more */
  cycle: (mailboxId: string) => Promise<boolean>
  /** The first synchronization, confirmed and carried out. */
  begin: (mailboxId: string) => Promise<void>
}

/** @param addresses of the mailboxes of the installation that is there */
export async function openSimulated(target: Target, addresses: readonly string[]): Promise<SimulatedInstallation> {
  const server = new SimulatedServer({ clock: systemClock })
  for (const address of addresses) server.account(address)
  const counted = countStatements(await openDatabase(target))
  const regarding = await assemble(counted.database, systemClock, { servers: new Map([[SIMULATED, server]]) })
  const cycle = async (mailboxId: string) =>
    (await runActMailbox(regarding, mailboxId, { guard: () => Promise.resolve() })).more
  return {
    regarding,
    statements() {
      const { length } = counted.statements()
      counted.reset()
      return length
    },
    cycle,
    async begin(mailboxId) {
      await cycle(mailboxId)
      await confirmItems(regarding, SYSTEM, mailboxId)
      while (await cycle(mailboxId));
      for (let again = 0; again < 3; again++) await cycle(mailboxId)
    },
  }
}
