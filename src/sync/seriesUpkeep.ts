import { expandDueSeries } from '#items'
import type { Regarding } from './regarding.ts'

/** How soon a series that was made or changed in the CRM has its instances. */
const REST = 10_000
const AFTER_ERROR = 60_000
/** While mailboxes are synchronized, it works for a quarter of the time only. */
const PAUSE_PER_WORK = 3
const PAGE = 100

/** Keeps the instances of series twelve months ahead until told to stop (AP-76): each is looked at when it changes, and when more of it comes within reach. */
export function startSeriesUpkeep(
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
        const { series, refused } = await expandDueSeries(regarding, PAGE)
        for (const { seriesId, error } of refused) onError(error, `giving the series ${seriesId} its instances`)
        if (series > 0) rest = isBusy() ? PAUSE_PER_WORK * Math.max(clock.now().getTime() - start, 1) : 0
      } catch (error) {
        onError(error, 'giving series their instances')
        rest = AFTER_ERROR
      }
      if (rest > 0) await clock.sleep(rest, abort.signal)
    }
  }
  const ended = repeat().catch((error: unknown) => {
    if (!abort.signal.aborted) onError(error, 'waiting for series that are due')
  })
  return {
    stop: () => {
      abort.abort()
      return ended
    },
  }
}
