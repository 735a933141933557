import type { Reference } from '#records'
import type { Actor, Correlation, Knowledge, Message, Plan, TraceStep, Trigger } from '../model.ts'
import { addressedActors, type People } from './people.ts'
import { sameRecord, step } from './trace.ts'

export interface Owned {
  owner?: Reference
  rule?: Plan['ownerRule']
  /** The user or queue through which the owner was found; its routing decides on a queue item (T-83). */
  through?: Actor
  /** Why there is none. */
  refused?: 'NoEligibleOwner' | 'PrivilegeDenied'
  trace: TraceStep[]
}

/** Who will own the email (T-80…T-82). */
export function findOwner(
  message: Message,
  trigger: Trigger,
  people: People,
  correlation: Correlation | undefined,
  knowledge: Knowledge,
): Owned {
  return trigger.kind === 'automatic'
    ? ownerOfAutomatic(message, people, correlation, knowledge)
    : ownerOfManual(trigger, knowledge)
}

interface Eligible {
  owner: Reference
  actor: Actor
}

function ownerOfAutomatic(
  message: Message,
  people: People,
  correlation: Correlation | undefined,
  knowledge: Knowledge,
): Owned {
  const walk = walked(message, people, knowledge)
  const eligible = walk.flatMap((actor): Eligible[] =>
    actor.owner && actor.ownerMayWriteEmail ? [{ owner: actor.owner, actor }] : [],
  )
  const asked = step('T-80', 'info', `Owners that come into question: ${eligible.length} of ${walk.length}`, {
    owners: eligible.map(({ owner }) => owner),
  })
  const find = (owner: Reference | undefined) => eligible.find((candidate) => sameRecord(candidate.owner, owner))
  const found = (candidate: Eligible, rule: Plan['ownerRule'], says: string): Owned => ({
    owner: candidate.owner,
    rule,
    through: candidate.actor,
    trace: [asked, step('T-80', 'yes', `${says}, found through ${candidate.actor.name}`, { owner: candidate.owner })],
  })

  const ofCorrelated = find(correlation?.email.owner)
  if (ofCorrelated) return found(ofCorrelated, 'correlatedOwner', 'The owner of the email it continues')
  const ofSender = find(ownerOfSender(people))
  if (ofSender) return found(ofSender, 'senderOwner', 'The owner of the sender')
  const first = eligible[0]
  if (first) return found(first, 'firstRecipient', 'The first owner in question')
  return { refused: 'NoEligibleOwner', trace: [asked, step('T-82', 'no', 'Nobody may own the email')] }
}

/**
 * Recipients in the order To, Cc, Bcc. Last comes the processed mailbox, which received the message although it is not
 * named (T-25); sent mail belongs to the mailbox it was sent from (T-24).
 */
function walked(message: Message, people: People, { processing }: Knowledge): Actor[] {
  if (message.direction === 'outgoing') return [processing]
  const addressed = addressedActors(people)
  const isAddressed = addressed.some((actor) => sameRecord(actor.record, processing.record))
  return isAddressed ? addressed : [...addressed, processing]
}

function ownerOfSender(people: People): Reference | undefined {
  const record = people.sender.resolution.records[0]
  return record && ['contact', 'account', 'lead'].includes(record.table) ? record.owner : undefined
}

/**
 * Tracked by hand: the owner of the mailbox, also when a delegate did it (MB-120); in a queue's mailbox the person, if it
 * is known who it was.
 */
function ownerOfManual(trigger: Trigger, { processing }: Knowledge): Owned {
  const person: Reference | undefined = trigger.kind === 'api' ? { table: 'systemuser', id: trigger.userId } : undefined
  const own = processing.record.table === 'queue' && person ? person : (processing.owner ?? person)
  if (!own) return { refused: 'NoEligibleOwner', trace: [step('T-82', 'no', 'The mailbox has no owner')] }
  const isMailboxOwner = sameRecord(own, processing.owner)
  if (isMailboxOwner && !processing.ownerMayWriteEmail)
    return {
      refused: 'PrivilegeDenied',
      trace: [step('MO-27', 'no', `The owner of the mailbox of ${processing.name} may not create email`)],
    }
  return {
    owner: own,
    rule: isMailboxOwner ? 'mailboxOwner' : 'person',
    ...(isMailboxOwner ? { through: processing } : {}),
    trace: [
      step('T-93', 'yes', isMailboxOwner ? 'It belongs to the owner of the mailbox' : 'It belongs to who tracked it', {
        owner: own,
      }),
    ],
  }
}
