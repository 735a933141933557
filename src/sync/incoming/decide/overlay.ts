import { threadIndexHash } from '#mime'
import type { AddressMatch, Reference } from '#records'
import type { Decision, Knowledge, KnownCopy, KnownEmail, Message, Plan, Trigger } from '../model.ts'
import { addressKey } from './addresses.ts'
import { subjectGroups } from './smartMatching.ts'

/**
 * What is known while a page is decided: what the store knows, and over it what the decisions made so far will have
 * changed once they are carried out. Everything is found by key, so that long pages cost no more per message.
 */
export class Overlay {
  readonly knowledge: Knowledge
  readonly #emails: Emails
  readonly #people = new Map<string, AddressMatch[]>()
  readonly #copies = new Map<string, KnownCopy>()
  /** Regardings that a person chose (B-50), by email and by conversation. */
  readonly #chosenEmails = new Set<string>()
  readonly #chosenThreads = new Map<string, Reference>()

  constructor(base: Knowledge) {
    this.#emails = new Emails((hashes) => subjectGroups(hashes, base.settings))
    this.knowledge = this.#over(base)
  }

  /** Makes a decision, taken on what was known until now, part of what is known. */
  carryOut(message: Message, trigger: Trigger['kind'], decision: Decision): void {
    const email = emailAfter(message, decision, this.knowledge)
    if (email) this.#emails.put(email)
    const copy = copyAfter(message, trigger, decision, this.knowledge)
    if (copy) {
      this.#copies.set(itemKey(message.folder.id, message.itemId), copy)
      this.#copies.set(messageKey(message.key, message.direction), copy)
    }
    const person = decision.plan?.autoCreate
    if (person) append(this.#people, addressKey(person.address), matchOf(person, this.knowledge))
    const chosen = decision.plan?.regarding ?? decision.link?.regarding
    if (email && chosen?.from === 'person') {
      this.#chosenEmails.add(email.id)
      this.#chosenThreads.set(email.threadId, chosen.record)
    }
  }

  #over(base: Knowledge): Knowledge {
    const emails = this.#emails
    return {
      now: base.now,
      settings: base.settings,
      processing: base.processing,
      receivingMailboxId: base.receivingMailboxId,
      ...(base.effectiveStart ? { effectiveStart: base.effectiveStart } : {}),
      blockRules: base.blockRules,
      isEmailEnabled: (table) => base.isEmailEnabled(table),
      actor: (record) => base.actor(record),
      matches: (address) => {
        const stored = base.matches(address)
        const made = this.#people.get(address)?.filter(({ id }) => !stored.some((match) => match.id === id))
        return made?.length ? [...stored, ...made] : stored
      },
      emailByKey: (key, direction) =>
        emails.byKey(key).find((email) => email.direction === direction) ?? base.emailByKey(key, direction),
      emailsByMessageId: (id) => emails.over(base.emailsByMessageId(id), emails.byKey(id)),
      emailsByToken: (token) => emails.over(base.emailsByToken(token), emails.byToken(token)),
      emailsByThreadHash: (hash) => emails.over(base.emailsByThreadHash(hash), emails.byThreadHash(hash)),
      emailsBySubjectHash: (hashes) => emails.over(base.emailsBySubjectHash(hashes), emails.bySubjectHash(hashes)),
      threadChoice: (threadId) => {
        const stored = base.threadChoice(threadId)
        const regarding = this.#chosenThreads.get(threadId)
        return regarding ? { stopped: stored?.stopped ?? false, regarding } : stored
      },
      personChoseRegarding: (emailId) => this.#chosenEmails.has(emailId) || base.personChoseRegarding(emailId),
      copy: (folderId, itemId) => this.#copies.get(itemKey(folderId, itemId)) ?? base.copy(folderId, itemId),
      copyByKey: (key, direction) => this.#copies.get(messageKey(key, direction)) ?? base.copyByKey(key, direction),
    }
  }
}

const itemKey = (folderId: string, itemId: string): string => `item\0${folderId}\0${itemId}`
const messageKey = (key: string, direction: KnownEmail['direction']): string => `${direction}\0${key}`

/** New and changed emails. What an email is found by never changes. */
class Emails {
  readonly #states = new Map<string, KnownEmail>()
  readonly #keys = new Map<string, string[]>()
  readonly #tokens = new Map<string, string[]>()
  readonly #threadHashes = new Map<number, string[]>()
  readonly #subjects = new Map<number, string[]>()
  readonly #subjectGroups: (hashes: readonly number[]) => readonly number[]
  /** When each changed last, counted in changes. */
  readonly #order = new Map<string, number>()
  #changes = 0

  constructor(subjectGroups: (hashes: readonly number[]) => readonly number[]) {
    this.#subjectGroups = subjectGroups
  }

  put(email: KnownEmail): void {
    this.#order.set(email.id, ++this.#changes)
    if (!this.#states.has(email.id)) this.#index(email)
    this.#states.set(email.id, email)
  }

  /** Emails where they are asked for: changed ones in their new state first, others as they are stored. */
  over(stored: readonly KnownEmail[], changed: readonly KnownEmail[]): readonly KnownEmail[] {
    const untouched = this.#states.size ? stored.filter((email) => !this.#states.has(email.id)) : stored
    return changed.length ? [...changed, ...untouched] : untouched
  }

  byKey(key: string): KnownEmail[] {
    return this.#latestFirst(this.#keys.get(key))
  }

  byToken(token: string): KnownEmail[] {
    return this.#latestFirst(this.#tokens.get(token))
  }

  byThreadHash(hash: number): KnownEmail[] {
    return this.#latestFirst(this.#threadHashes.get(hash))
  }

  bySubjectHash(hashes: readonly number[]): KnownEmail[] {
    const ids = this.#subjectGroups(hashes).flatMap((group) => this.#subjects.get(group) ?? [])
    return this.#latestFirst(ids.length > 1 ? new Set(ids) : ids)
  }

  #index(email: KnownEmail): void {
    append(this.#keys, email.key, email.id)
    if (email.token !== undefined) append(this.#tokens, email.token, email.id)
    const hash = email.threadIndex === undefined ? undefined : threadIndexHash(email.threadIndex)
    if (hash !== undefined) append(this.#threadHashes, hash, email.id)
    for (const group of this.#subjectGroups(email.subjectHashes)) append(this.#subjects, group, email.id)
  }

  #latestFirst(ids: Iterable<string> | undefined): KnownEmail[] {
    if (!ids) return NONE
    const emails = Array.from(ids, (id) => this.#states.get(id) as KnownEmail)
    return emails.sort((a, b) => (this.#order.get(b.id) ?? 0) - (this.#order.get(a.id) ?? 0))
  }
}

const NONE: KnownEmail[] = []

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

function emailAfter(message: Message, { plan, link }: Decision, known: Knowledge): KnownEmail | undefined {
  if (plan) return createdEmail(message, plan, known.now)
  const email = link && known.emailByKey(message.key, message.direction)
  if (!email || !link) return undefined
  const { regarding } = link
  return {
    ...email,
    untracked: false,
    queues: [...new Set([...email.queues, ...link.queues])],
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
  trigger: Trigger['kind'],
  { plan, link, marks }: Decision,
  known: Knowledge,
): KnownCopy | undefined {
  const emailId = plan?.emailId ?? link?.emailId
  if (emailId === undefined) return undefined
  const before = known.copy(message.folder.id, message.itemId)
  return {
    emailId,
    state: 'tracked',
    byPerson: trigger !== 'automatic',
    trackedCategory: message.trackedCategory || marks.add.includes('tracked'),
    retries: before?.retries ?? 0,
  }
}
