import { compareRevisions, type Reply, type ReplyStanding, type Revision } from '#mailbox'
import { type Envelope, speaksFor } from './envelope.ts'

/** What is done about an answer that came by mail, and why. */
export type ReplyAction =
  | { do: 'enter'; reply: Reply & Revision; finding: string }
  /** `tell`: the owner is to know, and what she can do. */
  | { do: 'leave'; finding: string; tell?: string }

/** Answers that attendees give; whoever passes an invitation on has given none. */
const ANSWERS: Readonly<Record<string, string>> = {
  ACCEPTED: 'accepted',
  DECLINED: 'declined',
  TENTATIVE: 'accepted tentatively',
}

/**
 * Whether an answer is entered into the organizer's meeting (RFC 5546 §3.2.3): that of somebody who is invited, from her
 * own address or that of who answers for her, and no older than what was taken of her before (§2.1.5). Whoever is not
 * invited is never added. Pure.
 */
export function answerOf(reply: Reply, standing: ReplyStanding, envelope: Envelope): ReplyAction {
  const { from, received, isForged } = envelope
  const { address } = reply.attendee
  const said = ANSWERS[reply.answer]
  if (!speaksFor(envelope, address, reply.sentBy))
    return leave(
      `the answer of ${address} came from ${from ?? 'nobody'}`,
      `An answer in the name of ${address} came from ${from ?? 'no address'} and was not taken. Ask ${address}, and enter the answer in the calendar.`,
    )
  if (isForged)
    return leave(
      `the receiving mail server says that the answer of ${address} is forged`,
      `An answer of ${address} does not come from there, says the receiving mail server (dmarc=fail), and was not taken. Ask ${address}, and enter the answer in the calendar.`,
    )
  if (standing.occurrence === 'gone') return leave(`${address} answered an occurrence that does not take place`)
  if (!standing.isInvited)
    return leave(
      `${address} answered without being invited`,
      `${address} answered (${said ?? reply.answer.toLowerCase()}) and is not invited; somebody passed the invitation on. Invite ${address} if that is welcome.`,
    )
  if (reply.answer === 'DELEGATED')
    return leave(
      `${address} passed the invitation on`,
      `${address} passed the invitation on to somebody else. Invite that person in the place of ${address}, if that is welcome.`,
    )
  if (said === undefined) return leave(`${address} gave no answer (${reply.answer.slice(0, 40)})`)
  const revision = revisionOf(reply, standing, received)
  const { taken } = standing
  const age = taken ? compareRevisions(revision, taken) : 1
  if (age < 0) return leave(`a later answer of ${address} is known`)
  if (age === 0 && standing.answer === reply.answer) return leave(`the answer of ${address} is known already`)
  if (reply.sequence < standing.sequence && !standing.isSameTime)
    return leave(`${address} answered before the meeting was moved`)
  return { do: 'enter', reply: { ...reply, ...revision }, finding: `${address} ${said}` }
}

/** Nobody answers what is yet to come: a clock that is wrong does not shut later answers out. */
function revisionOf({ sequence, stamp }: Reply, standing: ReplyStanding, received: Date): Revision {
  const latest = new Date(received.getTime() + CLOCKS_DIFFER)
  return {
    sequence: Math.min(sequence, standing.sequence),
    stamp: stamp && stamp < latest ? stamp : received,
  }
}
const CLOCKS_DIFFER = 15 * 60_000

const leave = (finding: string, tell?: string): ReplyAction => ({
  do: 'leave',
  finding,
  ...(tell !== undefined && { tell }),
})
