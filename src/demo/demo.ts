import { type Regarding, runIncomingMailbox } from '#sync'
import { act } from './acts.ts'
import { MAILBOXES } from './company/users.ts'
import { configure, mailboxId } from './configuration.ts'
import { deliverToday, waitsForToday } from './directory.ts'
import type { DemoExchange } from './exchange.ts'
import { playItems } from './items.ts'
import { HISTORY, LETTERS, OF_TODAY } from './messages/index.ts'
import type { Letter } from './messages/story.ts'
import { type DemoResult, summarize } from './summary.ts'
import { writeAndSend } from './writing.ts'

/** Tells what is under way: a stage of the demo, and within it how much is done of how much. */
export type OnProgress = (stage: string, done: number, total: number) => void

/**
 * Plays the demo on an installation: the company, its mailboxes as of yesterday, what people then do, the mail of
 * today, and a letter that is sent and answered. Where it was played before it only synchronizes what is new, and sums up the same.
 * @param directory that of `prepareDemo`
 * @param exchange what `prepareDemo` started
 */
export async function runDemo(
  regarding: Regarding,
  directory: string,
  exchange: DemoExchange,
  onProgress: OnProgress = () => undefined,
): Promise<DemoResult> {
  const began = regarding.clock.now().getTime()
  onProgress('Setting up the company', 0, 0)
  await configure(regarding, directory, exchange.sandbox)
  const isFirst = await waitsForToday(directory)
  await synchronize(regarding, isFirst ? HISTORY : LETTERS, onProgress)
  if (isFirst) {
    await act(regarding)
    await deliverToday(directory, exchange)
    await synchronize(regarding, OF_TODAY, onProgress)
    onProgress('Writing to a customer', 0, 0)
    await writeAndSend(regarding, exchange)
    await synchronize(regarding, [], onProgress)
    onProgress('Calendar, contacts and tasks', 0, 0)
    await playItems(regarding, exchange.sandbox.world)
  }
  await exchange.save()
  return { ...(await summarize(regarding)), seconds: (regarding.clock.now().getTime() - began) / 1000 }
}

/** Cycles of each mailbox until nothing is left. */
async function synchronize(regarding: Regarding, arrived: readonly Letter[], onProgress: OnProgress): Promise<void> {
  const total = arrived.reduce((sum, letter) => sum + Object.keys(letter.in).length, 0)
  let seen = 0
  for (const key of MAILBOXES) {
    const id = await mailboxId(regarding, key)
    for (let more = true; more; ) {
      const before = seen
      const outcome = await runIncomingMailbox(regarding, id, {
        guard: () => Promise.resolve(), // nobody else works on an installation that this process holds alone
        onProgress: (tally) => onProgress(`Synchronizing ${key}`, before + tally.seen, total),
      })
      seen += outcome.seen
      more = outcome.more
    }
  }
}
