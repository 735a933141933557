import { threadIndexHash } from '#mime'
import type { AddressMatch, Reference } from '#records'
import type { Decision, Knowledge, KnownCopy, KnownEmail, Message, Plan, Trigger } from '../model.ts'
import { addressKey } from './addresses.ts'

/** What the decisions on a page have changed so far; it lies over what is known from the store. */
export interface Overlay {
  /** New or changed emails, the latest first. */
  emails: readonly KnownEmail[]
  people: readonly { address: string; match: AddressMatch }[]
  /** The latest first. */
  copies: readonly { message: Message; copy: KnownCopy }[]
  /** Regardings that a person chose (B-50). */
  choices: readonly { emailId: string; threadId: string; regarding: Reference }[]
}

export const NOTHING_YET: Overlay = { emails: [], people: [], copies: [], choices: [] }

/** The overlay after one more decision was carried out. `known` is what was known when it was made. */
export function carriedOut(
  before: Overlay,
  { message, trigger }: { message: Message; trigger: Trigger },
  decision: Decision,
  known: Knowledge,
): Overlay {
  const email = emailAfter(message, decision, known)
  const chosen = decision.plan?.regarding ?? decision.link?.regarding
  const person = decision.plan?.autoCreate
  const copy = copyAfter(message, trigger, decision, known)
  return {
    emails: email ? [email, ...before.emails.filter((other) => other.id !== email.id)] : before.emails,
    people: person
      ? [...before.people, { address: addressKey(person.address), match: matchOf(person, known) }]
      : before.people,
    copies: copy ? [{ message, copy }, ...before.copies] : before.copies,
    choices:
      email && chosen?.from === 'person'
        ? [{ emailId: email.id, threadId: email.threadId, regarding: chosen.record }, ...before.choices]
        : before.choices,
  }
}

/** Knowledge as it is once the overlay has been carried out. */
export function knowing(base: Knowledge, overlay: Overlay): Knowledge {
  const { emails, people, copies, choices } = overlay
  const changed = new Set(emails.map((email) => email.id))
  /** An email stands where it is asked for: changed ones in their new state, others as they are. */
  const joined = (stored: readonly KnownEmail[], hits: (email: KnownEmail) => boolean) => [
    ...emails.filter(hits),
    ...stored.filter((email) => !changed.has(email.id)),
  ]
  return {
    now: base.now,
    settings: base.settings,
    processing: base.processing,
    receivingMailboxId: base.receivingMailboxId,
    ...(base.effectiveStart ? { effectiveStart: base.effectiveStart } : {}),
    blockRules: base.blockRules,
    isEmailEnabled: (table) => base.isEmailEnabled(table),
    actor: (record) => base.actor(record),
    matches: (address) => [
      ...base.matches(address),
      ...people.filter((person) => person.address === address).map((person) => person.match),
    ],
    emailByKey: (key, direction) =>
      emails.find((email) => email.key === key && email.direction === direction) ?? base.emailByKey(key, direction),
    emailsByMessageId: (id) => joined(base.emailsByMessageId(id), (email) => email.key === id),
    emailsByToken: (token) => joined(base.emailsByToken(token), (email) => email.token === token),
    emailsByThreadHash: (hash) => joined(base.emailsByThreadHash(hash), (email) => hashOf(email) === hash),
    emailsBySubjectHash: (hashes) =>
      joined(base.emailsBySubjectHash(hashes), (email) => email.subjectHashes.some((hash) => hashes.includes(hash))),
    threadChoice: (threadId) => {
      const stored = base.threadChoice(threadId)
      const regarding = choices.find((choice) => choice.threadId === threadId)?.regarding
      return regarding ? { stopped: stored?.stopped ?? false, regarding } : stored
    },
    personChoseRegarding: (emailId) =>
      choices.some((choice) => choice.emailId === emailId) || base.personChoseRegarding(emailId),
    copy: (folderId, itemId) =>
      copies.find(({ message }) => message.folder.id === folderId && message.itemId === itemId)?.copy ??
      base.copy(folderId, itemId),
    copyByKey: (key, direction) =>
      copies.find(({ message }) => message.key === key && message.direction === direction)?.copy ??
      base.copyByKey(key, direction),
  }
}

function hashOf({ threadIndex }: KnownEmail): number | undefined {
  return threadIndex === undefined ? undefined : threadIndexHash(threadIndex)
}

function emailAfter(message: Message, { plan, link }: Decision, known: Knowledge): KnownEmail | undefined {
  if (plan) return createdEmail(message, plan, known.now)
  const email = link && known.emailByKey(message.key, message.direction)
  if (!email || !link) return undefined
  const { regarding } = link
  return {
    ...email,
    untracked: false,
    queues: [...email.queues, ...link.queues],
    ...(regarding ? { regarding: regarding.record, ...folderRule(regarding.mappingId) } : {}),
  }
}

function createdEmail(message: Message, plan: Plan, now: Date): KnownEmail {
  const { threadIndex, date } = message.headers
  return {
    id: plan.emailId,
    key: plan.key,
    direction: plan.direction,
    ...(plan.regarding ? { regarding: plan.regarding.record } : {}),
    related: plan.related,
    owner: plan.owner,
    ...(plan.token === undefined ? {} : { token: plan.token }),
    ...(threadIndex === undefined ? {} : { threadIndex }),
    threadId: plan.threadId,
    createdOn: now,
    subjectHashes: plan.subjectHashes,
    addressHashes: plan.addressHashes,
    ...(date ? { sentOn: date } : {}),
    automatic: plan.acceptingEntity !== undefined,
    untracked: false,
    queues: plan.queues,
    ...folderRule(plan.regarding?.mappingId),
  }
}

function folderRule(mappingId: string | undefined): Pick<KnownEmail, 'folderRule'> {
  return mappingId === undefined ? {} : { folderRule: { mappingId, applies: true } }
}

function matchOf(person: NonNullable<Plan['autoCreate']>, { now }: Knowledge): AddressMatch {
  const name = person.firstName === undefined ? person.lastName : `${person.firstName} ${person.lastName}`
  return { table: person.table, id: person.id, name, active: true, owner: person.owner, createdOn: now }
}

function copyAfter(
  message: Message,
  trigger: Trigger,
  { plan, link, marks }: Decision,
  known: Knowledge,
): KnownCopy | undefined {
  const emailId = plan?.emailId ?? link?.emailId
  if (emailId === undefined) return undefined
  const before = known.copy(message.folder.id, message.itemId)
  return {
    emailId,
    state: 'tracked',
    byPerson: trigger.kind !== 'automatic',
    trackedCategory: message.trackedCategory || marks.add.includes('tracked'),
    retries: before?.retries ?? 0,
  }
}
