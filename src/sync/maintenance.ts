import { expireDecisions } from '#incoming'
import { expireItems } from '#items'
import { pruneAudit, pruneChanges } from '#records'
import { pruneLogs } from './log/keep.ts'
import type { Regarding } from './regarding.ts'
import { pruneDeliveries } from './webhooks/log.ts'

const DAY = 24 * 60 * 60_000
/** The change feed is kept this long for readers that were away. */
const FEED_DAYS = 90
/** The log of webhooks. */
const DELIVERY_DAYS = 30
/** Detailed logs of cycles (MO-84). */
const LOG_DAYS = 3
const EVERY = 60 * 60_000

/** What is done once an hour by whichever worker holds the hour: old decisions, the change feed, the engine's own upkeep. */
export async function maintain(regarding: Regarding): Promise<{ decisions: number }> {
  const { database, clock } = regarding
  const settings = await regarding.options.organization()
  const now = clock.now().getTime()
  let decisions = 0
  for (;;) {
    const expired = await expireDecisions(database.sql, new Date(now - Number(settings['DecisionRetentionDays']) * DAY)) // B-21
    decisions += expired
    if (expired < 10_000) break
  }
  const expired = {
    decisions: new Date(now - Number(settings['DecisionRetentionDays']) * DAY), // B-21
    undo: new Date(now - Number(settings['ItemUndoDays']) * DAY), // B-41
  }
  while ((await expireItems(database.sql, expired)) >= 10_000);
  const auditBefore = new Date(now - Number(settings['AuditRetentionDays']) * DAY)
  while ((await pruneAudit(database.sql, auditBefore)) === 10_000); // B-83
  await database.blobs.sweep()
  await database.maintain()
  await pruneDeliveries(database.sql, new Date(now - DELIVERY_DAYS * DAY))
  await pruneLogs(database.sql, new Date(now - LOG_DAYS * DAY))
  await pruneChanges(database.sql, new Date(now - FEED_DAYS * DAY))
  return { decisions }
}

/** Repeats `maintain` until told to stop. */
export function startMaintenance(
  regarding: Regarding,
  onError: (error: unknown, doing: string) => void,
): { stop(): void } {
  const abort = new AbortController()
  const repeat = async () => {
    while (!abort.signal.aborted) {
      try {
        await maintain(regarding)
      } catch (error) {
        onError(error, 'removing what is past its retention')
      }
      await regarding.clock.sleep(EVERY, abort.signal)
    }
  }
  repeat().catch((error: unknown) => {
    if (!abort.signal.aborted) onError(error, 'waiting for the next upkeep')
  })
  return { stop: () => abort.abort() }
}
