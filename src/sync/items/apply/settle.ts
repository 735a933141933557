import { inTransaction } from '#incoming'
import type { ItemTable } from '../model.ts'
import { type StoredConflict, saveConflicts } from '../store/conflicts.ts'
import { type ItemOutcome, saveItemDecisions } from '../store/decisions.ts'
import { forgetIdentities } from '../store/identities.ts'
import { makeLettersDue } from '../store/letters.ts'
import { deleteLinks, saveLinks, saveReturned } from '../store/links.ts'
import { forgetAnswers } from '../store/questions.ts'
import { recordStates } from '../store/recordStates.ts'
import { finishWork } from '../store/work.ts'
import type { Applying } from './applying.ts'
import { leftOut } from './attachments.ts'
import { type Carried, isTriedAgain } from './carried.ts'
import { decisionOn } from './decision.ts'
import { raiseItemFailure } from './itemAlerts.ts'
import { refuseMoved } from './refuseMoved.ts'
import { settledLink } from './settledLink.ts'
import { shareUids } from './shareUids.ts'
import { writeRecords } from './writeRecords.ts'

/**
 * Saves what became of deeds, in one transaction: the records that were not written yet, the links as they are now,
 * conflicts, decisions; and what they were noticed by is done.
 */
export async function settle(applying: Applying, done: readonly Carried[]): Promise<readonly Carried[]> {
  const { dependencies, cycle, kept } = applying
  const { secrets } = dependencies.database
  const mailboxId = cycle.setup.id
  return inTransaction(dependencies, cycle, 'save deeds', async (tx) => {
    await writeRecords(
      applying,
      tx,
      done.filter(({ deed }) => !deed.item),
    )
    await refuseMoved(
      tx,
      done.flatMap(({ before, link, deed: { item, record } }) => {
        if (item) return link ? [link] : []
        return before ? [{ id: before.id, recordId: record?.do === 'convert' ? record.id : before.recordId }] : []
      }),
    )
    await shareUids(tx, done)
    const written = done.filter(({ deed, written }) => deed.record && deed.link && deed.link !== 'none' && !written)
    const states = await recordStates(
      tx,
      dependencies,
      written.flatMap(({ link }) => (link ? [{ table: link.table, id: link.recordId }] : [])),
    )
    const settled = done.map((one) => settledLink(one, states, dependencies.clock.now()))
    const links = settled.flatMap(({ deed, link }) => (link && deed.link && deed.link !== 'none' ? [link] : []))
    await deleteLinks(
      tx,
      done.flatMap(({ deed, link }) => (link && deed.link === 'none' ? [link.id] : [])),
    )
    await saveLinks(tx, links)
    await saveReturned(
      tx,
      done.flatMap(({ deed: { link, pairing }, before }) =>
        before && !link && pairing.filters ? [{ id: before.id, isReturned: pairing.filters.length > 0 }] : [],
      ),
    )
    const places = links.flatMap(({ folder, itemId: id }) =>
      folder === undefined || id === undefined ? [] : [{ folder, id }],
    )
    await forgetIdentities(tx, mailboxId, places)
    await saveConflicts(
      tx,
      done.flatMap((one) => conflictsOf(applying, one)),
    )
    const decisions = settled.flatMap((one) => {
      const failure = leftOut(one)
      if (failure) return decisionOn(applying, one, { outcome: 'failed', ...failure }) ?? []
      return isTelling(one) ? (decisionOn(applying, one, { outcome: outcomeOf(one) }) ?? []) : []
    })
    await saveItemDecisions(tx, secrets, decisions)
    for (const failure of settled.flatMap((one) => leftOut(one) ?? []))
      await raiseItemFailure(dependencies, tx, cycle, failure)
    await makeLettersDue(
      tx,
      done.flatMap(({ letters = [] }) => letters),
    )
    const finished = done.filter((one) => !kept?.has(one.deed.pairing) && !isTriedAgain(one))
    const work = finished.flatMap((one) => one.work)
    await finishWork(tx, work)
    await forgetAnswers(
      tx,
      mailboxId,
      done.flatMap((one) => one.work.map(({ about }) => about)),
    )
    return settled
  })
}

function conflictsOf({ dependencies, cycle }: Applying, { deed, link, view }: Carried): StoredConflict[] {
  const of: { table: ItemTable; recordId: string } | undefined =
    link ?? (view && { table: view.table, recordId: view.id })
  if (!of) return []
  return deed.conflicts.map(({ pair, record, item, winner }) => ({
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    table: of.table,
    recordId: of.recordId,
    pair,
    record,
    item,
    winner,
    occurredOn: dependencies.clock.now(),
  }))
}

/** A mere note of what the filters return does not take the place of the decision that tells why (B-20). */
const isTelling = ({ deed: { item, record, trace } }: Carried): boolean =>
  item !== undefined || record !== undefined || trace.length > 0

function outcomeOf({ deed: { link, item, record } }: Carried): ItemOutcome {
  if (link === 'none') return 'unlinked'
  if (link?.state === 'ignored') return 'ignored'
  if (link && link.state !== 'linked') return 'unlinked'
  return item || record ? 'synchronized' : 'linked'
}
