import type { Address } from '#mime'
import type { Actor, Knowledge, Message, TraceStep } from '../model.ts'
import { addressKey, type Recipient, recipientsOf, senderOf } from './addresses.ts'
import { type Resolution, resolveRecipient, resolveSender } from './resolve.ts'
import { sameRecord, step } from './trace.ts'

/** Unresolved recipients that a trace names one by one. */
const MOST_UNRESOLVED = 100

interface ResolvedRecipient extends Recipient {
  resolution: Resolution
  /** The users and queues among its records. */
  actors: Actor[]
}

/** Everybody named by a message, and which records they are. */
export interface People {
  sender: Address & { key: string; resolution: Resolution }
  recipients: ResolvedRecipient[]
  trace: TraceStep[]
}

/** Resolves every address of a message that passed T-10 (T-62…T-72). */
export function resolvePeople(message: Message, knowledge: Knowledge): People {
  const sender = senderOf(message.headers) ?? { name: '', address: '' }
  const key = addressKey(sender.address)
  const resolution = resolveSender(key, knowledge)
  const recipients = recipientsOf(message.headers).map((recipient): ResolvedRecipient => {
    const resolution = resolveRecipient(recipient.key, knowledge, recipient.place)
    return { ...recipient, resolution, actors: actorsOf(resolution, knowledge) }
  })
  return {
    sender: { ...sender, key, resolution },
    recipients,
    trace: [...resolution.trace, ...traceOf(recipients)],
  }
}

function traceOf(recipients: readonly ResolvedRecipient[]): TraceStep[] {
  const unresolved = recipients.filter((recipient) => !recipient.resolution.records.length)
  const others = new Set(unresolved.slice(MOST_UNRESOLVED))
  const trace = recipients.flatMap((recipient) => (others.has(recipient) ? [] : recipient.resolution.trace))
  return others.size ? [...trace, step('T-65', 'miss', `${others.size} more recipients stay unresolved`)] : trace
}

function actorsOf(resolution: Resolution, knowledge: Knowledge): Actor[] {
  return resolution.records
    .filter((record) => record.active && (record.table === 'systemuser' || record.table === 'queue'))
    .flatMap((record) =>
      sameRecord(record, knowledge.processing.record) ? knowledge.processing : (knowledge.actor(record) ?? []),
    )
}

/** Users and queues among the recipients, in the order To, Cc, Bcc, each once. */
export function addressedActors(people: People): Actor[] {
  const actors: Actor[] = []
  for (const actor of people.recipients.flatMap((recipient) => recipient.actors))
    if (!actors.some((other) => sameRecord(other.record, actor.record))) actors.push(actor)
  return actors
}
