import type { Actor, Knowledge, KnownEmail, Message, TraceStep } from '../model.ts'
import { addressedActors, type People } from './people.ts'
import { step } from './trace.ts'

export interface Queues {
  /** Ids of queues that get an item, each once. */
  queues: string[]
  trace: TraceStep[]
}

/** Queue items of a newly tracked email (T-83); sent mail makes none. */
export function queuesOfNew(
  message: Message,
  people: People,
  through: Actor | undefined,
  knowledge: Knowledge,
): Queues {
  const { settings, processing } = knowledge
  if (message.direction === 'outgoing') return { queues: [], trace: [] }
  const addressed = addressedActors(people).filter((actor) => actor.record.table === 'queue')
  const wanted = [
    ...(settings.createQueueItemForSynchronizingMailbox && processing.record.table === 'queue'
      ? [processing.record.id]
      : []),
    ...(settings.createQueueItemsForAcceptingQueueRecipients ? addressed.map((actor) => actor.record.id) : []),
    ...(through?.ownerDefaultQueue === undefined ? [] : [through.ownerDefaultQueue]),
  ]
  return itemsIn([...new Set(wanted)])
}

/** Queue items when a queue's mailbox meets an email that exists already; never a second one in a queue (T-83). */
export function queuesOfExisting(message: Message, email: KnownEmail, { settings, processing }: Knowledge): Queues {
  const { table, id } = processing.record
  const isWanted =
    settings.createAdditionalQueueItemsForAlreadyTrackedEmail &&
    message.direction === 'incoming' &&
    table === 'queue' &&
    !email.queues.includes(id)
  return itemsIn(isWanted ? [id] : [])
}

function itemsIn(queues: string[]): Queues {
  const count = queues.length === 1 ? 'One queue item' : `${queues.length} queue items`
  return { queues, trace: queues.length ? [step('T-83', 'hit', count, { queues })] : [] }
}
