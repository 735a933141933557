import { inTransaction } from '#incoming'
import type { Deed } from '../model.ts'
import { forgetLetters } from '../store/letters.ts'
import { apart } from './apart.ts'
import type { Applying } from './applying.ts'
import { putQuestion } from './ask.ts'
import { fetchFiles } from './attachments.ts'
import { begin, type Carried } from './carried.ts'
import type { Failed } from './failures.ts'
import { intend } from './intend.ts'
import { saveFailures } from './saveFailures.ts'
import { settle } from './settle.ts'
import { count } from './tally.ts'
import { type Written, writeItems } from './writeItems.ts'

/** Deeds that are carried out together. */
const PAGE = 500
/** Of deeds that make items and nothing else fewer: while some are made, others are saved. */
const MAKING = 100
/** Such pages at once: the mailbox takes one, while what another means is saved, and what became of a third. */
const MAKING_AT_ONCE = 3

/** A page whose intentions are saved, and what was refused of it so far. */
interface Begun {
  meant: readonly Carried[]
  failed: Refusal[]
}

interface Refusal {
  deed: Deed
  failed: Failed
}

/**
 * Carries out a plan, page by page. Where pages make new items and nothing else, some are under way at once: a record is
 * in one deed only. Where one breaks off, no other begins to write.
 */
export async function applyDeeds(applying: Applying, deeds: readonly Deed[]): Promise<void> {
  const isApart = deeds.every(isMaking)
  const pages = pagesOf(deeds, isApart ? MAKING : PAGE).values()
  let isBroken = false
  const lane = async (): Promise<void> => {
    try {
      for (const page of pages) {
        applying.cycle.signal?.throwIfAborted()
        const begun = await beginPage(applying, page)
        if (isBroken) return
        await savePage(applying, begun, await writePage(applying, begun))
        if (isBroken) return
      }
    } catch (error) {
      isBroken = true
      throw error
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: isApart ? MAKING_AT_ONCE : 1 }, lane))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}

const isMaking = ({ item, record, question, failure }: Deed): boolean =>
  item?.do === 'create' && !record && !question && !failure

function pagesOf(deeds: readonly Deed[], size: number): (readonly Deed[])[] {
  return Array.from({ length: Math.ceil(deeds.length / size) }, (_, at) => deeds.slice(at * size, (at + 1) * size))
}

/**
 * Carries out a page of deeds so that a crash anywhere is made good by doing it again: what is meant is saved first, and
 * with it the records of what changes on both sides (SC-33); then the mailbox is written to (a create by its key, a change
 * of a version); then one transaction saves the other records, the links and everything that tells of them. A deed that
 * fails fails alone (SC-56). What the mailbox has taken is saved even where it breaks off.
 */
async function beginPage(applying: Applying, deeds: readonly Deed[]): Promise<Begun> {
  const failed: Refusal[] = []
  const refused = refusing(failed)
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
  return { meant: await apart(ready, (some) => intend(applying, some), refused), failed }
}

/** What of a page the mailbox has taken, and the letters of what it has not. */
interface Taken extends Written {
  untold: string[]
}

async function writePage(applying: Applying, { meant, failed }: Begun): Promise<Taken> {
  const untold: string[] = []
  const refused = refusing(failed)
  const written = await writeItems(applying, meant, (one, why) => {
    refused(one, why)
    untold.push(...(one.letters ?? []))
  })
  return { ...written, untold }
}

async function savePage(applying: Applying, { failed }: Begun, { done, broken, untold }: Taken): Promise<void> {
  const settled = await apart(done, (some) => settle(applying, some), refusing(failed))
  for (const one of settled) count(applying.tally, one)
  if (untold.length > 0)
    await inTransaction(applying.dependencies, applying.cycle, 'forget letters', (tx) => forgetLetters(tx, untold))
  await conclude(applying, failed)
  if (broken) throw broken.error
}

const refusing =
  (failed: Refusal[]) =>
  ({ deed }: Pick<Carried, 'deed'>, why: Failed) =>
    failed.push({ deed, failed: why })

/** What is to be done besides a failure is done: it is of a part only. */
const isDoing = ({ item, record, link }: Deed): boolean =>
  item !== undefined || record !== undefined || link !== undefined

/** What follows from failures: a person is asked, it counts as failed, or it is simply done again (SC-58). */
async function conclude(applying: Applying, all: readonly Refusal[]): Promise<void> {
  const failures = all.flatMap(({ deed, failed }) => ('code' in failed ? [{ deed, failure: failed }] : []))
  if (failures.length > 0) await saveFailures(applying, failures)
  for (const { deed, failed } of all) if ('ask' in failed) await putQuestion(applying, deed, failed.ask)
}
