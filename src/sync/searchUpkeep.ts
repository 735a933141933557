import { keepSearchIndex } from '#records'
import type { Regarding } from './regarding.ts'

/** At rest the feed is looked at this often; what is written is found that much later. */
const REST = 2_000
const AFTER_ERROR = 30_000
/** While mailboxes are synchronized, the index works for a tenth of the time only: mail comes first. */
const PAUSE_PER_WORK = 9

/** Keeps the search index at the heels of the records until told to stop. */
export function startSearchUpkeep(
  regarding: Regarding,
  { isBusy, onError }: { isBusy: () => boolean; onError: (error: unknown, doing: string) => void },
): { stop(): Promise<void> } {
  const { clock } = regarding
  const abort = new AbortController()
  const repeat = async () => {
    while (!abort.signal.aborted) {
      const start = clock.now().getTime()
      let rest = REST
      try {
        const { more } = await step(regarding)
        if (more) rest = isBusy() ? PAUSE_PER_WORK * Math.max(clock.now().getTime() - start, 1) : 0
      } catch (error) {
        onError(error, 'bringing the search index up to date')
        rest = AFTER_ERROR
      }
      if (rest > 0) await clock.sleep(rest, abort.signal)
    }
  }
  const ended = repeat().catch((error: unknown) => {
    if (!abort.signal.aborted) onError(error, 'waiting for changes to search')
  })
  return {
    stop: () => {
      abort.abort()
      return ended
    },
  }
}

/** Brings the index up to date at once, for at most so long: where no worker runs, whoever searches does it. */
export async function catchUpSearch(regarding: Regarding, milliseconds: number): Promise<void> {
  const until = regarding.clock.now().getTime() + milliseconds
  while ((await step(regarding)).more) if (regarding.clock.now().getTime() > until) return
}

const step = ({ database, records, clock }: Regarding) =>
  keepSearchIndex({ database, catalogue: records.catalogue, clock })
