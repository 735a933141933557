import { startDovecot } from '../../test/support/dovecot.ts'
import type { MemoryJob, MemoryResult } from '../children/memory.ts'
import type { Part } from '../part.ts'
import { short } from '../statistics.ts'
import { runChild } from '../support/child.ts'

/** Mailboxes that nothing happens in, each with a connection on which the server would tell. */
export const memory: Part = {
  name: 'memory',
  says: 'memory of a worker that watches 1,000 idle mailboxes on Dovecot',
  async run(bench) {
    const count = bench.quick ? 50 : 1_000
    const dovecot = await startDovecot({ processes: count * 2 + 100 })
    try {
      const { host, port } = dovecot
      const users = Array.from({ length: count }, () => dovecot.newUser())
      const job: MemoryJob = { target: await bench.stores.make('server'), host, port, users }
      const { before, after, watched } = await runChild<MemoryResult>('memory', job)
      const each = ((after - before) * 1024) / watched
      return [
        {
          what: `worker with ${watched.toLocaleString('en')} idle mailboxes`,
          measured: `${Math.round(after)} MB, ${short(after / before)} × that of none (${Math.round(before)} MB)`,
          bound: `${short(each)} kB for each mailbox that is watched: its connection, and what is known of its server.`,
          ...(watched < count ? { target: `${count} watched`, met: false } : {}),
        },
      ]
    } catch (error) {
      const trouble = (await dovecot.log()).split('\n').filter((line) => /Warning|Error|Fatal|Panic/.test(line))
      throw new Error(`Dovecot says: ${trouble.slice(-5).join('\n')}`, { cause: error })
    } finally {
      await dovecot.stop()
    }
  },
}
