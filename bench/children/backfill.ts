import { sql } from 'kysely'
import type { Target } from '#database'
import { startWorker } from '#sync'
import { type InstallationOptions, install } from '../support/installation.ts'
import { mainThreadSeconds, processorSeconds } from '../support/processor.ts'

/** What the parent asks for, as JSON in the first argument. */
export interface BackfillJob {
  target: Target
  installation: InstallationOptions
  messages: number
  /** Processes that serve it, the mail server last; 0 for none. */
  postgres: number
  server: number
}

export interface BackfillResult {
  seconds: number
  /** Seconds of processor: of this process (with the embedded store's thread) and of the servers, of the mail server last. */
  processor: { node: number; main: number; postgres: number; server: number }
  peakMegabytes: number
  cycles: number
  byOutcome: Record<string, number>
}

const job = JSON.parse(process.argv[2] as string) as BackfillJob
process.stdout.write(`${JSON.stringify(await backfill(job))}\n`)

/** A worker of its own reads the whole mailbox, in cycles as the schedule gives them. */
async function backfill({ target, installation, messages, postgres, server }: BackfillJob): Promise<BackfillResult> {
  const { regarding, mailboxId } = await install(target, installation)
  let cycles = 0
  const used = () => ({
    node: processorSeconds(process.pid),
    main: mainThreadSeconds(process.pid),
    postgres: processorSeconds(postgres),
    server: processorSeconds(server),
  })
  const before = used()
  const start = performance.now()
  await new Promise<void>((resolve, reject) => {
    const running = startWorker(regarding, {
      concurrency: 1,
      maximumWatches: 0,
      onError: (error) => reject(error),
      onSettled: ({ outcome }) => {
        cycles++
        if (outcome.error) reject(new Error(outcome.error.text))
        else if (!outcome.more) resolve(running.stop())
      },
    })
    regarding.schedule.enable([{ mailboxId, workload: 'incoming' }]).catch(reject)
  })
  const seconds = (performance.now() - start) / 1000
  const after = used()
  const { rows } = await sql<{ outcome: string; count: number }>`
    select outcome || ' ' || reason as outcome, count(*)::int as count from decision group by 1`.execute(
    regarding.database.sql,
  )
  await regarding.close()
  const byOutcome = Object.fromEntries(rows.map((row) => [row.outcome, row.count]))
  const decided = Object.values(byOutcome).reduce((sum, count) => sum + count, 0)
  if (decided !== messages) throw new Error(`Of ${messages} messages ${decided} were decided.`)
  return {
    seconds,
    processor: {
      node: after.node - before.node,
      main: after.main - before.main,
      postgres: after.postgres - before.postgres,
      server: after.server - before.server,
    },
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    cycles,
    byOutcome,
  }
}
