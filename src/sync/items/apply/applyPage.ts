import { inTransaction } from '#incoming'
import type { Deed } from '../model.ts'
import { forgetLetters } from '../store/letters.ts'
import { apart } from './apart.ts'
import type { Applying } from './applying.ts'
import { putQuestion } from './ask.ts'
import { fetchFiles } from './attachments.ts'
import { begin, type Carried } from './carried.ts'
import { type Failed } from './failures.ts'
import { intend } from './intend.ts'
import { saveFailures } from './saveFailures.ts'
import { settle } from './settle.ts'
import { count } from './tally.ts'
import { writeItems } from './writeItems.ts'

/** Deeds that are carried out together. */
const PAGE = 500

/** Carries out a plan, page by page. */
export async function applyDeeds(applying: Applying, deeds: readonly Deed[]): Promise<void> {
  for (let at = 0; at < deeds.length; at += PAGE) {
    applying.cycle.signal?.throwIfAborted()
    await applyPage(applying, deeds.slice(at, at + PAGE))
  }
}

/**
 * Carries out a page of deeds so that a crash anywhere is made good by doing it again: what is meant is saved first, and
 * with it the records of what changes on both sides (SC-33); then the mailbox is written to (a create by its key, a change
 * of a version); then one transaction saves the other records, the links and everything that tells of them. A deed that
 * fails fails alone (SC-56). What the mailbox has taken is saved even where it breaks off.
 */
async function applyPage(applying: Applying, deeds: readonly Deed[]): Promise<void> {
  const failed: { deed: Deed; failed: Failed }[] = []
  const refused = ({ deed }: Pick<Carried, 'deed'>, why: Failed) => failed.push({ deed, failed: why })
  for (const deed of deeds) {
    if (deed.question) refused({ deed }, { ask: deed.question })
    else if (deed.failure && !isDoing(deed)) refused({ deed }, deed.failure)
  }
  const begun = deeds.filter((deed) => !deed.question && (!deed.failure || isDoing(deed)))
  const ready = await fetchFiles(
    applying,
    begun.map((deed) => begin(applying, deed)),
    refused,
  )
  const meant = await apart(ready, (some) => intend(applying, some), refused)
  const untold: string[] = []
  const { done, broken } = await writeItems(applying, meant, (one, why) => {
    refused(one, why)
    untold.push(...(one.letters ?? []))
  })
  const settled = await apart(done, (some) => settle(applying, some), refused)
  for (const one of settled) count(applying.tally, one)
  if (untold.length > 0)
    await inTransaction(applying.dependencies, applying.cycle, 'forget letters', (tx) => forgetLetters(tx, untold))
  await conclude(applying, failed)
  if (broken) throw broken.error
}

/** What is to be done besides a failure is done: it is of a part only. */
const isDoing = ({ item, record, link }: Deed): boolean =>
  item !== undefined || record !== undefined || link !== undefined

/** What follows from failures: a person is asked, it counts as failed, or it is simply done again (SC-58). */
async function conclude(applying: Applying, all: readonly { deed: Deed; failed: Failed }[]): Promise<void> {
  const failures = all.flatMap(({ deed, failed }) => ('code' in failed ? [{ deed, failure: failed }] : []))
  await saveFailures(applying, failures)
  for (const { deed, failed } of all) if ('ask' in failed) await putQuestion(applying, deed, failed.ask)
}
