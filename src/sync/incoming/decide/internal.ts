import type { Knowledge, Message, TraceStep } from '../model.ts'
import type { People } from './people.ts'
import type { Resolution } from './resolve.ts'
import { step } from './trace.ts'

/**
 * Email between users and queues while sent and received copies are one activity (T-33…T-35). `ignored`: automatic
 * tracking leaves it alone. `queuesOnly`: only a queue may accept it.
 */
export interface Internal {
  kind: 'external' | 'internal' | 'queuesOnly' | 'ignored'
  trace: TraceStep[]
}

export function checkInternal(message: Message, people: People, knowledge: Knowledge): Internal {
  const { settings } = knowledge
  if (settings.trackEmailsBetweenUsersAsTwoActivities) return { kind: 'external', trace: [] } // T-32
  const known = people.recipients.map((recipient) => recipient.resolution).filter((one) => one.records.length > 0)
  const fromUser = holds(people.sender.resolution, 'systemuser')
  const fromQueue = !fromUser && holds(people.sender.resolution, 'queue')
  const amongOurselves = known.length > 0 && known.every((one) => holds(one, 'systemuser') || holds(one, 'queue'))
  if (!amongOurselves || !(fromUser || fromQueue)) return { kind: 'external', trace: [] }
  if (fromQueue) return fromQueueToUser(knowledge)
  return known.some((one) => holds(one, 'queue'))
    ? fromUserToQueue(message, knowledge)
    : betweenUsers(message, knowledge)
}

function betweenUsers(message: Message, knowledge: Knowledge): Internal {
  if (!knowledge.settings.ignoreInternalEmailDetectionEnhancement)
    return ignored('T-33', 'Email between users is not tracked')
  const other = knowledge.emailByKey(message.key, message.direction === 'incoming' ? 'outgoing' : 'incoming')
  return other
    ? ignored('T-33', "The other user's copy is already tracked", { email: other.id })
    : { kind: 'internal', trace: [step('T-33', 'yes', 'Email between users, of which no copy is tracked yet')] }
}

function fromUserToQueue(message: Message, { settings }: Knowledge): Internal {
  if (!settings.doNotIgnoreInternalEmailToQueues) return ignored('T-34', 'Email from users to queues is not tracked')
  return {
    kind: message.direction === 'incoming' ? 'queuesOnly' : 'internal',
    trace: [step('T-34', 'yes', 'Email from a user to a queue is kept if the queue accepts it')],
  }
}

function fromQueueToUser({ settings }: Knowledge): Internal {
  return settings.ignoreInternalEmailFromQueues
    ? ignored('T-35', 'Email from queues to users is not tracked')
    : { kind: 'internal', trace: [step('T-35', 'yes', 'Email from a queue to users is kept')] }
}

function ignored(rule: string, says: string, inputs?: Record<string, unknown>): Internal {
  return { kind: 'ignored', trace: [step(rule, 'no', says, inputs)] }
}

/** The address may be held by others too; that one of them is a user or queue is what counts. */
function holds(resolution: Resolution, table: 'systemuser' | 'queue'): boolean {
  return resolution.pool.some((match) => match.table === table && match.active)
}
