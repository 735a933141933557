import type { ScheduleJob, ScheduleResult } from '../children/schedule.ts'
import type { Part } from '../part.ts'
import { quantile, short } from '../statistics.ts'
import { runChild } from '../support/child.ts'

/** SC-10: between two cycles of a healthy mailbox. */
const LONGEST_MINUTES = 12
const CORES = 2

/**
 * A steady time of a large installation, looked at for a minute: all mailboxes are there, quiet, and due evenly over
 * twelve minutes; a worker runs those that become due meanwhile against a provider in its own memory.
 */
export const schedule: Part = {
  name: 'schedule',
  says: '100,000 quiet mailboxes of a simulated provider over PostgreSQL: how late they are, what they take',
  async run(bench) {
    const mailboxes = bench.quick ? 10_000 : 100_000
    await bench.stores.url()
    const target = await bench.stores.make('server')
    bench.say(`making ${mailboxes} mailboxes`)
    const job: ScheduleJob = {
      target,
      postgres: bench.stores.pid,
      mailboxes,
      seconds: bench.quick ? 10 : 60,
      windowMinutes: LONGEST_MINUTES,
    }
    const { lateness, cycles, due, seconds, worker, postgres } = await runChild<ScheduleResult>('schedule', job)
    const worst = Math.max(...lateness)
    const perCycle = { worker: (worker / cycles) * 1000, postgres: (postgres / cycles) * 1000 }
    const most = (CORES * 1000) / (perCycle.worker + perCycle.postgres)
    return [
      {
        what: `${mailboxes.toLocaleString('en')} mailboxes, ${short(cycles / seconds)} cycles/s`,
        measured: `latest ${short(worst)} s after its time (p99 ${short(quantile(lateness, 0.99))} s)`,
        target: `≤ ${LONGEST_MINUTES} min`,
        met: worst < LONGEST_MINUTES * 60 && cycles >= due,
        bound: `Of ${due} mailboxes that became due within ${Math.round(seconds)} s, ${Math.min(due, cycles)} were run meanwhile.`,
      },
      {
        what: 'share of a machine of two cores',
        measured: `${Math.round(((worker + postgres) / (seconds * CORES)) * 100)} %`,
        bound:
          `Bound by the processor: ${short(perCycle.worker)} ms per cycle in the worker, ${short(perCycle.postgres)} ms in ` +
          `PostgreSQL; two cores would do ${short(most)} cycles/s, ${Math.round(most * LONGEST_MINUTES * 60).toLocaleString('en')} mailboxes.`,
      },
    ]
  },
}
