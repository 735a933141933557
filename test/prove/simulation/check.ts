import { parseHeaderBlockOf, parseHeaders, surrogateKey } from '#mime'
import type { Box, Ledger, Letter } from './ledger.ts'
import { isInbox, look } from './look.ts'
import { mayBeTracked, mustBeTracked } from './oracle.ts'
import type { CopyRow, DecisionRow, State } from './state.ts'
import type { World } from './world.ts'

/** Everything that is wrong with how a run ended, in words; nothing when all laws held. */
export function faultsOf(world: World, state: State): string[] {
  return [
    ...storeFaults(world, state),
    ...world.ledger.boxes.flatMap((box) => [...listingFaults(world, box, state), ...decisionFaults(world, box, state)]),
    ...trackingFaults(world, state),
    ...regardingFaults(world, state),
    ...wishFaults(world, state),
    ...blockFaults(world, state),
  ]
}

/** Laws 1 and 2 as far as the database alone tells: nothing doubled, nothing dangling, nothing half done. */
function storeFaults({ ledger }: World, state: State): string[] {
  const faults: string[] = []
  const emails = new Map(state.emails.map((email) => [email.id, email]))
  faults.push(...doubles(state.emails, (email) => `${email.messageId} ${email.outgoing}`, 'Two emails of'))
  faults.push(...doubles(state.decisions, (row) => `${row.mailboxId} ${row.key} ${row.outgoing}`, 'Two decisions of'))
  faults.push(...doubles(state.queueItems, (row) => `${row.queue} ${row.email}`, 'Two queue items of'))
  faults.push(...doubles(state.people, (address) => address, 'Two contacts of'))
  for (const email of state.emails) {
    const its = state.decisions.filter((row) => row.emailId === email.id)
    const letter = ledger.letters.find((one) => `Letter ${one.number}` === email.subject)
    const released = state.decisions.some((row) => row.key === email.messageId && isRelease(ledger, row, letter))
    if (!its.length && !released) faults.push(`The email “${email.subject}” has no decision.`)
    const roles = (mask: number) => email.parties.filter((party) => party.mask === mask)
    if (roles(1).length !== 1) faults.push(`“${email.subject}” has ${roles(1).length} senders.`)
    if (roles(9).length !== 1) faults.push(`“${email.subject}” has ${roles(9).length} owners.`)
    for (const [mask, addressed] of [[2, letter?.to] as const, [3, letter?.cc] as const])
      for (const { address } of addressed ?? [])
        if (roles(mask).filter((party) => party.address === address).length !== 1)
          faults.push(`“${email.subject}” lacks the party ${address}.`)
  }
  for (const row of state.decisions)
    if (row.emailId && !emails.has(row.emailId) && row.reason !== 'UntrackedByUser')
      faults.push(`A decision about ${row.key} points to no email.`)
  for (const copy of state.copies) {
    if (copy.gone) continue
    const email = copy.emailId ? emails.get(copy.emailId) : undefined
    if (copy.state === 'tracked' && !email) faults.push(`A tracked copy of ${copy.key} has no email.`)
    if (email && (email.messageId !== copy.key || email.outgoing !== copy.outgoing))
      faults.push(`A copy of ${copy.key} is linked to the email of ${email.messageId}.`)
    if (copy.wants) faults.push(`A category of ${copy.key} is still to be set.`)
    if (copy.state === 'pending') faults.push(`A copy of ${copy.key} still waits.`)
    if (copy.state === 'undeliverable') faults.push(`A copy of ${copy.key} was given up.`)
  }
  if (state.strays > 0) faults.push(`${state.strays} parties point to no contact.`)
  if (state.requests > 0) faults.push(`${state.requests} requests to track were never tried.`)
  return faults
}

/** Untracked by a person; what is met of it later may be refused for another reason that people gave. */
function isRelease(ledger: Ledger, { reason }: DecisionRow, letter: Letter | undefined): boolean {
  const isTainted = letter !== undefined && ledger.tainted.has(letter)
  return reason === 'UntrackedByUser' || (isTainted && (reason === 'Blocked' || reason === 'ThreadStopped'))
}

function doubles<T>(items: readonly T[], keyOf: (item: T) => string, what: string): string[] {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return [...counts].filter(([, count]) => count > 1).map(([key]) => `${what} ${key}.`)
}

/** The copies are what the server lists, and the categories on the items are those of the copies. */
function listingFaults(world: World, box: Box, state: State): string[] {
  const { server, settings } = world
  const faults: string[] = []
  const account = server.account(box.person.address)
  const byCategory = settings['TrackCategorizedItems'] === true && server.can.categories
  const copies = new Map<string, CopyRow>()
  for (const copy of state.copies) {
    if (copy.gone || copy.mailboxId !== box.person.mailboxId) continue
    const folder = account.folders.find((one) => account.idOf(one) === copy.folderId)
    if (folder) copies.set(`${folder.number}.${folder.epoch}.${copy.itemId}`, copy)
    else faults.push(`${box.person.address}: a copy of ${copy.key} lies in a folder that is gone.`)
  }
  const items = look(world, box)
  const readsAll = byCategory && box.person.kind === 'systemuser'
  for (const [place, copy] of copies) {
    const item = items.get(place)
    const folder = account.folders.find((one) => account.idOf(one) === copy.folderId)
    const isRead = isInbox(folder?.path ?? []) || (folder && box.mapped.has(folder.number)) || readsAll
    const isDark = ['drafts', 'junk', 'trash'].includes(folder?.use ?? '')
    if (!item) {
      if (isRead && !isDark) faults.push(`${box.person.address}: the copy of ${copy.key} at ${place} lies nowhere.`)
      continue
    }
    if (item.letter && keyOf(item.letter) !== copy.key)
      faults.push(`${box.person.address}: the copy at ${place} says ${copy.key}, but there lies ${item.letter.number}.`)
    if (!byCategory || isDark) continue
    if (item.category !== copy.trackedCategory)
      faults.push(`${box.person.address}: ${copy.key} at ${place} ${item.category ? 'has' : 'lacks'} the category.`)
    if (item.category && copy.state !== 'tracked')
      faults.push(`${box.person.address}: ${copy.key} at ${place} is ${copy.state} and has the category.`)
    const email = state.emails.find((one) => one.id === copy.emailId)
    if (!item.category && copy.state === 'tracked' && email?.automatic)
      faults.push(`${box.person.address}: ${copy.key} at ${place} is tracked and lacks the category.`)
  }
  for (const [place, item] of items) {
    const isSearched = isInbox(item.path) || (item.path[0] === 'Sent' && settings['AutoTrackSentFolderItems'] === true)
    const isMapped = box.mapped.has(item.folder) && item.path[0] === 'INBOX' && item.path.length > 1
    if ((isSearched || isMapped) && !copies.has(place))
      faults.push(`${box.person.address}: ${item.letter?.number} at ${place} in ${item.path.join('/')} was overlooked.`)
  }
  return faults
}

/** Law 4, B-20: whatever lay in the Inbox while a cycle went by has a decision. */
function decisionFaults(_world: World, box: Box, state: State): string[] {
  return [...box.evaluated].flatMap((letter) => {
    const key = keyOf(letter)
    const found = state.decisions.some(
      (row) => row.mailboxId === box.person.mailboxId && row.key === key && !row.outgoing,
    )
    return found ? [] : [`${box.person.address}: no decision about letter ${letter.number}.`]
  })
}

/** What must be an email is one, and nothing else is. */
function trackingFaults(world: World, state: State): string[] {
  const faults: string[] = []
  const subjects = new Set(state.emails.filter((email) => !email.outgoing).map((email) => email.subject))
  for (const letter of world.ledger.letters) {
    const isEmail = subjects.has(`Letter ${letter.number}`)
    const box = world.ledger.boxes.find((one) => mustBeTracked(world, one, letter))
    if (box && !isEmail) faults.push(`Letter ${letter.number} should have been tracked in ${box.person.address}.`)
    for (const each of world.ledger.boxes)
      if (mustBeTracked(world, each, letter) && !each.person.deletes)
        for (const copy of state.copies)
          if (isOf(copy, each, letter) && !copy.gone && copy.state !== 'tracked')
            faults.push(`${each.person.address}: the copy of letter ${letter.number} is ${copy.state}.`)
    if (isEmail && !mayBeTracked(world, letter)) faults.push(`Letter ${letter.number} should not have been tracked.`)
  }
  return faults
}

const isOf = (copy: CopyRow, box: Box, letter: Letter): boolean =>
  copy.mailboxId === box.person.mailboxId && copy.key === keyOf(letter) && !copy.outgoing

/** B-50: what a person chose stands, and the conversation remembers it. */
function regardingFaults({ ledger, ground }: World, state: State): string[] {
  const faults: string[] = []
  const emailOf = (letter: Letter) =>
    state.emails.find((email) => email.subject === `Letter ${letter.number}` && !email.outgoing)
  const outgoing = new Set(state.emails.filter((email) => email.outgoing).map((email) => email.subject))
  const nameOf = (id: string | null) => String(ground.accounts.findIndex((account) => account.id === id))
  for (const [letter, record] of ledger.regarding) {
    const email = emailOf(letter)
    if (email && email.regarding !== record.id)
      faults.push(
        `A person chose ${nameOf(record.id)} for letter ${letter.number}; it regards ${nameOf(email.regarding)}.`,
      )
  }
  for (const letter of ledger.letters) {
    const choice = letter.threadChoiceAtDelivery
    const email = emailOf(letter)
    const stands = ledger.threadChoice.get(rootOf(letter))?.record === choice && !ledger.regarding.has(letter)
    const alone = !ledger.boxes.some((box) => box.touched.has(letter)) && !ledger.tainted.has(letter)
    // Answers to what lies in Sent, too, continue the one or the other of two emails (T-32, T-47).
    const sent = ledger.family(letter).some((one) => outgoing.has(`Letter ${one.number}`))
    if (choice && email && stands && alone && !sent && letter.parentWasTracked && email.regarding !== choice.id)
      faults.push(
        `The conversation of letter ${letter.number} was given ${nameOf(choice.id)}; it regards ${nameOf(email.regarding)}.`,
      )
  }
  return faults
}

function rootOf(letter: Letter): Letter {
  return letter.parent ? rootOf(letter.parent) : letter
}

/** T-94, T-98, T-100: the last word of a person counts. */
function wishFaults({ ledger }: World, state: State): string[] {
  const faults: string[] = []
  for (const box of ledger.boxes)
    for (const [letter, { what }] of box.wish) {
      const live = state.copies.filter(
        (copy) => !copy.gone && copy.mailboxId === box.person.mailboxId && copy.key === keyOf(letter) && !copy.outgoing,
      )
      if (what === 'untrack' && live.some((copy) => copy.state === 'tracked'))
        faults.push(`${box.person.address} untracked letter ${letter.number}; it is tracked again.`)
      const isThere = state.emails.some((email) => email.subject === `Letter ${letter.number}`)
      if (what === 'track' && !isThere && !isBlocked(ledger, letter))
        faults.push(`${box.person.address} tracked letter ${letter.number} by hand; there is no email.`)
    }
  return faults
}

/** B-80: what a person blocks is not tracked in that mailbox, whoever wishes it. */
function blockFaults({ ledger }: World, state: State): string[] {
  return ledger.letters.flatMap((letter) =>
    letter.refusedBy
      .filter((box) => state.copies.some((copy) => isOf(copy, box, letter) && copy.state === 'tracked'))
      .map(({ person }) => `${person.address} blocks the sender of letter ${letter.number}; it is tracked there.`),
  )
}

const isBlocked = (ledger: Ledger, letter: Letter): boolean => ledger.tainted.has(letter)

const keys = new WeakMap<Letter, string>()

/** Message-ID, or the surrogate of T-88. */
function keyOf(letter: Letter): string {
  const known = keys.get(letter)
  if (known) return known
  const headers = parseHeaders(parseHeaderBlockOf(letter.source))
  const key = headers.messageId ?? surrogateKey(headers, letter.source.length)
  keys.set(letter, key)
  return key
}
