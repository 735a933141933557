import { type Address, threadIndexHash } from '#mime'
import type { AddressMatch, Reference } from '#records'
import { decide, subjectGroups } from '../../../src/sync/incoming/decide/index.ts'
import type {
  Actor,
  BlockRule,
  Decision,
  Direction,
  Knowledge,
  KnownCopy,
  KnownEmail,
  Mapping,
  Message,
  TrackingSettings,
  Trigger,
} from '../../../src/sync/incoming/model.ts'
import { ACCEPT } from '../../../src/sync/incoming/model.ts'

/** The settings of a new organization (OV §7). */
export const DEFAULT_SETTINGS: TrackingSettings = {
  organizationId: 'org',
  autoCreateContactOnPromote: true,
  autoTrackSentFolderItems: false,
  trackCategorizedItems: true,
  useCorrelation: true,
  useTrackingTokens: true,
  useSmartMatching: false,
  ignoreConversationIndexAndInReplyToForCorrelation: false,
  doNotCorrelateForwardedEmailsAsReplies: false,
  useFilteringMethodOfSyncingMailboxOnlyForCorrelation: false,
  sssForceFilteringMethodForUserMailboxes: false,
  unresolveSenderInCaseOfMultipleMatch: false,
  unresolveRecipientsInCaseOfMultipleMatch: false,
  resolveForInactiveEntities: false,
  trackEmailsBetweenUsersAsTwoActivities: true,
  ignoreInternalEmailDetectionEnhancement: true,
  doNotIgnoreInternalEmailToQueues: true,
  ignoreInternalEmailFromQueues: false,
  restrictIrmEmailItems: false,
  createQueueItemForSynchronizingMailbox: true,
  createQueueItemsForAcceptingQueueRecipients: true,
  createAdditionalQueueItemsForAlreadyTrackedEmail: false,
  useFolderTracking: true,
  tokenPrefixes: ['CRM:'],
  tokenUserDigits: 3,
  tokenCounterDigits: 3,
  hashFilterKeywords: '^[\\s]*([\\w]+\\s?:[\\s]*)+',
  hashMaxCount: 20,
  hashDeltaSubjectCount: 0,
  hashMinAddressCount: 2,
}

const NOW = new Date('2026-01-05T08:00:00Z')

/** A day of the year 2025, to say in which order records were created. */
export function day(ofYear: number): Date {
  return new Date(Date.UTC(2025, 0, ofYear))
}

export interface Person extends AddressMatch {
  address: string
  reference: Reference
}

export type Colleague = Person & { actor: Actor }

export interface MessageSketch extends Partial<Omit<Message, 'headers' | 'folder'>> {
  /** `Name <address>`, an address, or an empty name for nobody. */
  from?: string
  to?: string[]
  cc?: string[]
  bcc?: string[]
  subject?: string
  messageId?: string
  inReplyTo?: string
  references?: string[]
  place?: Message['folder']['place']
  headers?: Partial<Message['headers']>
}

/** A small world to decide in: people, stored email, settings. Build it, then ask it. */
export class World {
  settings: TrackingSettings = { ...DEFAULT_SETTINGS }
  blockRules: BlockRule[] = []
  effectiveStart: Date | undefined
  readonly emails: KnownEmail[] = []
  readonly customEmailTables = new Set<string>()
  readonly #people: Person[] = []
  readonly #actors: Actor[] = []
  readonly #copies: { folderId: string; itemId: string; key: string; direction: Direction; copy: KnownCopy }[] = []
  readonly #choices = new Map<string, { regarding?: Reference; stopped: boolean }>()
  readonly #chosen = new Set<string>()
  #count = 0

  /** Ids come out in ascending order and say what they are of. */
  id(kind: string): string {
    return `${kind}-${String(++this.#count).padStart(4, '0')}`
  }

  /** Any record that holds an address. */
  record(table: string, address: string, more: Partial<AddressMatch> = {}): Person {
    const id = more.id ?? this.id(table)
    const name = more.name ?? id
    const person: Person = {
      table,
      id,
      name,
      active: true,
      createdOn: day(this.#people.length + 1),
      ...more,
      address: address.toLowerCase(),
      reference: { table, id },
    }
    this.#people.push(person)
    return person
  }

  contact(address: string, more: Partial<AddressMatch> = {}): Person {
    return this.record('contact', address, more)
  }

  account(address: string, more: Partial<AddressMatch> = {}): Person {
    return this.record('account', address, more)
  }

  /** A user with a mailbox that is read, as a new one is set up: replies only, nothing created. */
  user(name: string, more: Partial<Actor> & { active?: boolean; address?: string } = {}): Colleague {
    return this.#colleague('systemuser', name, more)
  }

  queue(name: string, more: Partial<Actor> & { address?: string } = {}): Colleague {
    return this.#colleague('queue', name, more)
  }

  #colleague(
    table: 'systemuser' | 'queue',
    name: string,
    {
      active = true,
      address = `${name.toLowerCase()}@contoso.example`,
      ...more
    }: Partial<Actor> & { active?: boolean; address?: string },
  ): Colleague {
    const person = this.record(table, address, { name, active })
    const actor: Actor = {
      record: { table, id: person.id },
      name,
      mailboxId: `mailbox-${person.id}`,
      acceptance: ACCEPT.replies,
      processes: true,
      owner: table === 'systemuser' ? person.reference : { table: 'systemuser', id: `owner-of-${person.id}` },
      ownerMayWriteEmail: true,
      create: 'off',
      mayCreate: { contact: true, lead: true },
      ...more,
    }
    this.#actors.push(actor)
    return Object.assign(person, { actor })
  }

  /** An email that is stored already, newer than those before it. */
  email(more: Partial<KnownEmail> = {}): KnownEmail {
    const id = more.id ?? this.id('email')
    const email: KnownEmail = {
      id,
      key: `<${id}@contoso.example>`,
      direction: 'outgoing',
      related: [],
      owner: { table: 'systemuser', id: 'somebody' },
      threadId: `thread-of-${id}`,
      createdOn: day(this.emails.length + 1),
      subjectHashes: [],
      addressHashes: [],
      automatic: true,
      untracked: false,
      queues: [],
      ...more,
    }
    this.emails.push(email)
    return email
  }

  /** What a person decided for a conversation. */
  choose(threadId: string, choice: { regarding?: Reference; stopped?: boolean }): void {
    this.#choices.set(threadId, { stopped: false, ...choice })
  }

  /** A person chose what this one email regards. */
  chosenByPerson(emailId: string): void {
    this.#chosen.add(emailId)
  }

  /** What the mailbox holds of an item; in another place when `elsewhere`. */
  copy(message: Message, copy: Partial<KnownCopy> = {}, elsewhere = false): void {
    const { key, direction, itemId, folder } = message
    this.#copies.push({
      key,
      direction,
      itemId: elsewhere ? `former-${itemId}` : itemId,
      folderId: folder.id,
      copy: { state: 'tracked', byPerson: false, trackedCategory: false, retries: 0, ...copy },
    })
  }

  message(sketch: MessageSketch = {}): Message {
    const { from, to, cc, bcc, subject, messageId, inReplyTo, references, place = 'inbox', headers, ...more } = sketch
    const itemId = this.id('item')
    const id = messageId ?? `<${itemId}@adatum.example>`
    return {
      mailboxId: 'mailbox',
      folder: { id: place, place, path: [place] },
      itemId,
      received: NOW,
      size: 1000,
      trackedCategory: false,
      undeliverableCategory: false,
      key: id,
      direction: place === 'sent' ? 'outgoing' : 'incoming',
      ids: { email: this.id('new-email'), person: this.id('new-person') },
      ...more,
      headers: {
        messageId: id,
        references: references ?? [],
        ...(inReplyTo === undefined ? {} : { inReplyTo }),
        subject: subject ?? 'An offer',
        from: (from === undefined ? ['Carla Adatum <carla@adatum.example>'] : [from]).map(addressOf),
        sender: [],
        replyTo: [],
        to: (to ?? []).map(addressOf),
        cc: (cc ?? []).map(addressOf),
        bcc: (bcc ?? []).map(addressOf),
        date: NOW,
        importance: 'normal',
        sensitivity: 'normal',
        contentType: 'text/plain',
        kind: 'message',
        rightsProtected: false,
        encrypted: false,
        ...headers,
      },
    }
  }

  /** What is known when a mailbox is processed. */
  knowledge(processing: Colleague | Actor): Knowledge {
    const actor = 'actor' in processing ? processing.actor : processing
    const latest = [...this.emails].sort((a, b) => b.createdOn.getTime() - a.createdOn.getTime())
    return {
      now: NOW,
      settings: this.settings,
      processing: actor,
      receivingMailboxId: actor.mailboxId ?? 'mailbox',
      ...(this.effectiveStart ? { effectiveStart: this.effectiveStart } : {}),
      blockRules: this.blockRules,
      matches: (address) => this.#people.filter((person) => person.address === address),
      actor: (record) =>
        this.#actors.find((actor) => actor.record.table === record.table && actor.record.id === record.id),
      emailByKey: (key, direction) => latest.find((email) => email.key === key && email.direction === direction),
      emailsByMessageId: (id) => latest.filter((email) => email.key === id),
      emailsByToken: (token) => latest.filter((email) => email.token === token),
      emailsByThreadHash: (hash) =>
        latest.filter((email) => email.threadIndex !== undefined && threadIndexHash(email.threadIndex) === hash),
      emailsBySubjectHash: (hashes) =>
        latest.filter((email) => {
          const groups = subjectGroups(hashes, this.settings)
          return subjectGroups(email.subjectHashes, this.settings).some((group) => groups.includes(group))
        }),
      threadChoice: (threadId) => this.#choices.get(threadId),
      copy: (folderId, itemId) =>
        this.#copies.findLast((entry) => entry.folderId === folderId && entry.itemId === itemId)?.copy,
      copyByKey: (key, direction) =>
        this.#copies.findLast((entry) => entry.key === key && entry.direction === direction)?.copy,
      personChoseRegarding: (emailId) => this.#chosen.has(emailId),
      isEmailEnabled: (table) => this.customEmailTables.has(table),
    }
  }

  decide(message: Message, processing: Colleague | Actor, trigger: Trigger = { kind: 'automatic' }): Decision {
    return decide(message, trigger, this.knowledge(processing))
  }

  /** Carries a decision out, as the store would. */
  commit(message: Message, trigger: Trigger, { plan, link, marks }: Decision): void {
    const regarding = plan?.regarding ?? link?.regarding
    const emailId = plan?.emailId ?? link?.emailId
    if (plan)
      this.emails.push({
        id: plan.emailId,
        key: plan.key,
        direction: plan.direction,
        related: plan.related,
        owner: plan.owner,
        threadId: plan.threadId,
        createdOn: NOW,
        subjectHashes: plan.subjectHashes,
        addressHashes: plan.addressHashes,
        automatic: plan.acceptingEntity !== undefined,
        untracked: false,
        queues: plan.queues,
        ...(plan.token === undefined ? {} : { token: plan.token }),
        ...(message.headers.threadIndex === undefined ? {} : { threadIndex: message.headers.threadIndex }),
        ...(message.headers.date ? { sentOn: message.headers.date } : {}),
      })
    const email = this.emails.find((email) => email.id === emailId)
    if (!email) return
    if (link) Object.assign(email, { untracked: false, queues: [...email.queues, ...link.queues] })
    if (regarding) email.regarding = regarding.record
    if (regarding?.mappingId) email.folderRule = { mappingId: regarding.mappingId, applies: true }
    if (regarding?.from === 'person') {
      this.#chosen.add(email.id)
      const stopped = this.#choices.get(email.threadId)?.stopped ?? false
      this.#choices.set(email.threadId, { regarding: regarding.record, stopped })
    }
    const person = plan?.autoCreate
    if (person)
      this.record(person.table, person.address, {
        id: person.id,
        name: [person.firstName, person.lastName].join(' ').trim(),
        owner: person.owner,
        createdOn: NOW,
      })
    this.copy(message, {
      emailId: email.id,
      byPerson: trigger.kind !== 'automatic',
      trackedCategory: message.trackedCategory || marks.add.includes('tracked'),
    })
  }
}

export function world(settings: Partial<TrackingSettings> = {}): World {
  const made = new World()
  Object.assign(made.settings, settings)
  return made
}

export function mapping(more: Partial<Mapping> = {}): Mapping {
  return { id: 'mapping-1', folderId: 'mapped', folderName: 'Adatum', alwaysReapply: false, ...more }
}

export const inFolder = (more: Partial<Mapping> = {}): Trigger => ({ kind: 'folder', mapping: mapping(more) })

/** `Name <address>` or a bare address; anything else is a name without address. */
export function addressOf(text: string): Address {
  const named = /^(.*)<([^>]*)>$/.exec(text)
  if (named) return { name: (named[1] as string).trim(), address: named[2] as string }
  return text.includes('@') ? { name: '', address: text } : { name: text, address: '' }
}

/** Base64 of a conversation index whose first 22 bytes say which conversation it is. */
export function threadIndex(conversation: number, answer = 0): string {
  return Buffer.from([
    ...Array.from({ length: 22 }, (_, index) => (index ? conversation % 256 : 1)),
    ...Array.from({ length: 5 * answer }, () => answer),
  ]).toString('base64')
}
