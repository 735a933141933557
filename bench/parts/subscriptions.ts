import type { SubscriptionsJob, SubscriptionsResult } from '../children/subscriptions.ts'
import type { Part } from '../part.ts'
import { short } from '../statistics.ts'
import { PASSWORD } from '../support/accounts.ts'
import { runChild } from '../support/child.ts'
import { startBenchSandbox } from '../support/sandbox.ts'

/** Mailboxes that nothing happens in, each with a subscription by which Graph would call back. */
export const subscriptions: Part = {
  name: 'subscriptions',
  says: 'memory and processor of a process with 500 mailboxes that Graph calls back about',
  async run(bench) {
    const count = bench.quick ? 50 : 500
    const addresses = Array.from({ length: count }, (_, number) => `box${number}@adatum.example`)
    const sandbox = await startBenchSandbox({ users: addresses.map((address) => ({ address, password: PASSWORD })) })
    try {
      const { place } = sandbox
      const target = await bench.stores.make('server')
      const job: SubscriptionsJob = { target, place, addresses, seconds: bench.quick ? 10 : 60 }
      const { before, after, subscribed, idle, renewing } = await runChild<SubscriptionsResult>('subscriptions', job)
      const each = ((after - before) * 1024) / subscribed
      return [
        {
          what: `web server and worker with ${subscribed} mailboxes subscribed to`,
          measured: `${Math.round(after)} MB, ${short(after / before)} × that of none (${Math.round(before)} MB)`,
          bound: `${short(each)} kB for each mailbox; its subscription is in the database.`,
        },
        {
          what: `the same for a minute in which nothing arrives`,
          measured: `${short((idle.processor / idle.seconds) * 60)} processor seconds`,
          bound: `Sweeps: ${short((idle.cycles / idle.seconds) * 60)} cycles a minute so soon after the first reading.`,
        },
        {
          what: `reading all ${subscribed} once more and renewing their subscriptions`,
          measured: `${short(renewing.processor)} processor seconds, ${short((renewing.processor / subscribed) * 1000)} ms each`,
          bound: `It took ${short(renewing.seconds)} s for ${renewing.cycles} cycles; a subscription is renewed every two days.`,
        },
      ]
    } finally {
      await sandbox.stop()
    }
  },
}
