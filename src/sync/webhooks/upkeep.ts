import type { Regarding } from '../regarding.ts'
import { deliver } from './deliver.ts'
import { dueWebhooks } from './setup.ts'

/** At rest the feed is looked at this often: what changes is told that much later. */
const REST = 1_000
const AFTER_ERROR = 10_000
/** Webhooks sent to at once by one process. */
const SIDE_BY_SIDE = 8
const LEASE = 30_000

/** Tells every webhook that is due what it is behind. @returns how many deliveries were made. */
export async function deliverDue(regarding: Regarding, leaseMilliseconds = LEASE): Promise<number> {
  const { database, clock, networks } = regarding
  const due = await dueWebhooks(database.sql, clock.now())
  let done = 0
  const by = { regarding, networks, lease: leaseMilliseconds }
  const workers = Array.from({ length: Math.min(SIDE_BY_SIDE, due.length) }, async () => {
    for (let id = due.shift(); id !== undefined; id = due.shift()) done += await deliver(by, id)
  })
  await Promise.all(workers)
  return done
}

/** Repeats `deliverDue` until told to stop. */
export function startWebhooks(
  regarding: Regarding,
  { onError }: { onError: (error: unknown, doing: string) => void },
): { stop(): Promise<void> } {
  const abort = new AbortController()
  const repeat = async () => {
    while (!abort.signal.aborted) {
      let rest = REST
      try {
        if ((await deliverDue(regarding)) > 0) rest = 0
      } catch (error) {
        onError(error, 'sending webhooks')
        rest = AFTER_ERROR
      }
      if (rest > 0) await regarding.clock.sleep(rest, abort.signal)
    }
  }
  const ended = repeat().catch((error: unknown) => {
    if (!abort.signal.aborted) onError(error, 'waiting for changes to be sent')
  })
  return {
    stop: () => {
      abort.abort()
      return ended
    },
  }
}
