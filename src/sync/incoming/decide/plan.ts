import type { AddressMatch, Reference } from '#records'
import type { Actor, Knowledge, Message, Party, Plan, Trigger } from '../model.ts'
import { CORRELATION } from '../model.ts'
import type { Correlated } from './correlate.ts'
import type { People } from './people.ts'
import { addressHashes, subjectHashes } from './smartMatching.ts'
import { referenceOf } from './trace.ts'

/** Characters of a stored subject (T-90). */
const LONGEST_SUBJECT = 200

/** Everything that was found out about a message that is to be tracked. */
export interface Findings {
  people: People
  correlated: Correlated
  owner: Reference
  ownerRule: Plan['ownerRule']
  acceptedBy: Actor | undefined
  regarding: Plan['regarding'] | undefined
  person: Plan['autoCreate'] | undefined
  queues: string[]
}

/** What is to be created and linked (T-48, T-90). */
export function planEmail(message: Message, trigger: Trigger, findings: Findings, knowledge: Knowledge): Plan {
  const { headers } = message
  const { correlated, owner, regarding, person } = findings
  const before = correlated.hit?.email
  const related = before?.related ?? []
  const hasParent = correlated.method === CORRELATION.inReplyTo || correlated.method === CORRELATION.conversationIndex
  const internetMessageHeaders = automaticHeaders(message)
  return {
    emailId: message.ids.email,
    key: message.key,
    direction: message.direction,
    subject: cut(headers.subject, LONGEST_SUBJECT),
    owner,
    ownerRule: findings.ownerRule,
    ...(findings.acceptedBy ? { acceptingEntity: findings.acceptedBy.record } : {}),
    receivingMailboxId: knowledge.receivingMailboxId,
    ...(correlated.hit ? { correlation: correlated.hit } : {}),
    correlationMethod: correlated.method,
    ...(before && hasParent ? { parentEmailId: before.id } : {}),
    ...(regarding ? { regarding } : {}),
    related,
    ...(before?.token === undefined ? {} : { token: before.token }),
    threadId: before?.threadId ?? message.ids.email,
    parties: partiesOf(findings, related),
    ...(person ? { autoCreate: person } : {}),
    queues: findings.queues,
    subjectHashes: subjectHashes(headers.subject, knowledge.settings),
    addressHashes: addressHashes(headers, knowledge.settings),
    importance: headers.importance,
    ...(internetMessageHeaders === undefined ? {} : { internetMessageHeaders }),
    trigger: trigger.kind,
  }
}

/** T-13: JSON of `Auto-Submitted` and `Reply-To`; undefined when the message has neither. */
function automaticHeaders({ headers }: Message): string | undefined {
  const replyTo = headers.replyTo.map(({ name, address }) => (name ? `${name} <${address}>` : address)).join(', ')
  const kept = {
    ...(headers.autoSubmitted === undefined ? {} : { 'Auto-Submitted': headers.autoSubmitted }),
    ...(replyTo ? { 'Reply-To': replyTo } : {}),
  }
  return Object.keys(kept).length ? JSON.stringify(kept) : undefined
}

function partiesOf({ people, owner, regarding, person }: Findings, related: readonly Reference[]): Party[] {
  const { sender, recipients } = people
  const created: Reference | undefined = person && { table: person.table, id: person.id }
  const partiesFor = (who: Addressed, records: readonly AddressMatch[], pool: readonly AddressMatch[]): Party[] => {
    const { role, address, name } = who
    const isNew = created !== undefined && who.key === sender.key
    if (!records.length)
      return [{ role, address, name, ...(isNew ? { record: created } : {}), candidates: pool.map(referenceOf) }]
    return records.map((record) => ({
      role,
      address,
      name,
      record: referenceOf(record),
      candidates: pool.filter((other) => other !== record).map(referenceOf), // B-52
    }))
  }
  return [
    ...partiesFor({ role: 'from', ...sender }, sender.resolution.records, sender.resolution.pool),
    ...recipients.flatMap((recipient) =>
      partiesFor(recipient, recipient.resolution.records, recipient.resolution.pool),
    ),
    plain('owner', owner),
    ...(regarding ? [plain('regarding', regarding.record)] : []),
    ...related.map((record) => plain('related', record)),
  ]
}

function plain(role: Party['role'], record: Reference): Party {
  return { role, address: '', name: '', record, candidates: [] }
}

interface Addressed {
  role: Party['role']
  address: string
  name: string
  key: string
}

/** At most `length` code units, never half a character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length
  return text.slice(0, end)
}
