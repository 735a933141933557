import { openDatabase } from '#database'
import { DEFAULT_SETTINGS, settle } from '#schedule'
import { assemble, type Regarding, runIncomingLease } from '#sync'
import { systemClock } from '#time'
import { countStatements } from '../../test/support/counting.ts'
import type { Part } from '../part.ts'
import { install } from '../support/installation.ts'
import { startMailServer } from '../support/mailServer.ts'
import { ENGINE_NAME, type Engine } from '../support/store.ts'

const ENGINES: readonly Engine[] = ['server', 'embedded']
const TARGET = 5

/** A mailbox that has been read, and nothing has come since: what its next cycles ask of the store. */
export const idle: Part = {
  name: 'idle',
  says: 'statements on the store of a cycle that finds nothing new, from a worker taking it to giving it back',
  async run(bench) {
    const server = await startMailServer({ messages: 20 })
    try {
      const counts = new Map<Engine, string[]>()
      for (const engine of ENGINES) {
        const target = await bench.stores.make(engine)
        const { regarding, mailboxId } = await install(target, { account: await server.account(), track: 'all' })
        await regarding.schedule.enable([{ mailboxId, workload: 'incoming' }])
        await regarding.close()
        const counted = countStatements(await openDatabase(target))
        const opened = await assemble(counted.database, systemClock)
        for (const _ of ['reads all', 'nothing new', 'nothing new']) {
          await opened.schedule.makeDue([{ mailboxId, workload: 'incoming', lane: 0 }])
          counted.reset()
          await cycle(opened)
        }
        counts.set(engine, counted.statements())
        await opened.close()
        await bench.stores.remove(target)
      }
      return [...counts].map(([engine, statements]) => ({
        what: `cycle without news, ${ENGINE_NAME[engine]}`,
        measured: `${statements.length} statements`,
        target: `≤ ${TARGET}`,
        met: statements.length <= TARGET,
        bound: `Take the lease, read the mailbox, read how it stands, open its password, give the lease back; leases are taken and given back many at a time.`,
      }))
    } finally {
      await server.stop()
    }
  },
}

/** One cycle as a worker runs it. */
async function cycle(regarding: Regarding): Promise<void> {
  const [lease] = await regarding.schedule.claim('bench', 1)
  if (!lease) throw new Error('The mailbox is not due.')
  const outcome = await runIncomingLease(regarding, lease, new AbortController().signal)
  await regarding.schedule.complete([settle(lease, outcome, regarding.clock.now(), DEFAULT_SETTINGS)])
}
