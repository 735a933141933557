import type { Address } from '#mime'
import type { Actor, Knowledge, Message, TraceStep } from '../model.ts'
import { addressKey, type Recipient, recipientsOf, senderOf } from './addresses.ts'
import { type Resolution, resolveRecipient, resolveSender } from './resolve.ts'
import { sameRecord } from './trace.ts'

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
    trace: [...resolution.trace, ...recipients.flatMap((recipient) => recipient.resolution.trace)],
  }
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
