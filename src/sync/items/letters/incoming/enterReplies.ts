import { onServer } from '#incoming'
import {
  type CalendarItem,
  type CalendarMail,
  enterReply,
  MailboxError,
  type Reply,
  readReplies,
  replyStanding,
  type WriteOptions,
} from '#mailbox'
import type { ItemCycle, ItemDependencies } from '../../context.ts'
import { itemsNow } from '../../itemsNow.ts'
import { linksByIdentity, type StoredLink } from '../../store/links.ts'
import { answerOf, type ReplyAction } from './answerOf.ts'
import { type Envelope, envelopeOf } from './envelope.ts'
import { houseOf } from './house.ts'
import type { MailDesk } from './mailDesk.ts'
import { type LetterOutcome, outcomeOf } from './outcome.ts'
import { isOfItem, ofLetter, readLetter } from './readLetter.ts'

/** Somebody else may change the meeting while it is written. */
const ATTEMPTS = 3
const RULE = 'AP-50'

/**
 * An attendee's answer to a meeting of ours is entered into the organizer's calendar; the record follows with the ordinary
 * cycle (AP-50). Of meetings that are not synchronized nothing is looked at, and nothing kept.
 */
export async function enterReplies(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  desk: MailDesk,
  mail: CalendarMail,
): Promise<LetterOutcome | undefined> {
  const options: WriteOptions = { address: desk.owner, now: dependencies.clock.now(), fallback: 'UTC' }
  const tell = (why: string, link?: StoredLink) =>
    outcomeOf(dependencies, cycle, {
      outcome: 'failed',
      trace: [{ rule: RULE, finding: why }],
      failure: { code: 'AnswerNotTaken', text: `An answer to a meeting was not taken. ${why}` },
      ...(link && { link }),
    })
  const read = readLetter(mail, (text) => readReplies(text, options))
  if ('why' in read) return tell(read.why)
  const { letter } = read
  const link = await meetingLink(dependencies, cycle, letter.uid)
  if (!link) return undefined
  const isForOthers = letter.replies.some(({ sentBy }) => sentBy !== undefined)
  const envelope = { ...envelopeOf(mail), ...(isForOthers && { house: await houseOf(dependencies) }) }
  for (let attempt = 1; ; attempt++) {
    const [item] = await itemsNow(cycle.items, link.folder, [link.itemId])
    if (item?.kind !== 'event' || item.role !== 'organizer' || item.rest === undefined) return undefined
    const { rest } = item
    try {
      const actions = ofLetter(() => answersOf(letter.replies, rest, envelope, options))
      const entered = actions.flatMap((action) => (action.do === 'enter' ? [action.reply] : []))
      if (entered.length > 0)
        await onServer(dependencies, 'enter answer', () =>
          desk.texts.rewrite(item.ref, (now) => entered.reduce((all, one) => enterReply(all, one, options), now)),
        )
      return becameOf(dependencies, cycle, item, link, actions)
    } catch (error) {
      if (!(error instanceof MailboxError) || !isOfItem(error)) throw error
      if (error.kind === 'notFound') return undefined
      if (error.kind !== 'conflict') return tell(error.message, link)
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** Only a meeting that is linked is ours. */
async function meetingLink({ database }: ItemDependencies, { setup }: ItemCycle, uid: string) {
  const links = await linksByIdentity(database.sql, setup.id, { keys: [], uids: [uid] })
  const link = links.find((one) => one.kind === 'event' && one.state === 'linked' && one.uid === uid)
  if (link?.folder === undefined || link.itemId === undefined) return undefined
  return { ...link, folder: link.folder, itemId: link.itemId }
}

/** Each against what the ones before it made of the meeting. */
function answersOf(
  replies: readonly Reply[],
  text: string,
  envelope: Envelope,
  options: WriteOptions,
): readonly ReplyAction[] {
  // A program that sends all attendees along speaks for its owner alone.
  const own = replies.filter(({ attendee }) => attendee.address === envelope.from)
  let is = text
  return (own.length > 0 ? own : replies.slice(0, 1)).slice(0, MOST).map((reply) => {
    const action = answerOf(reply, replyStanding(is, reply, options), envelope)
    if (action.do === 'enter') is = enterReply(is, action.reply, options)
    return action
  })
}

/** Occurrences that one mail answers. */
const MOST = 100

function becameOf(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { fields: { subject = '' } }: CalendarItem,
  link: StoredLink,
  actions: readonly ReplyAction[],
): LetterOutcome {
  const told = actions.flatMap((action) => (action.do === 'leave' && action.tell !== undefined ? [action.tell] : []))
  const isEntered = actions.some((action) => action.do === 'enter')
  return outcomeOf(dependencies, cycle, {
    outcome: isEntered ? 'synchronized' : told.length > 0 ? 'failed' : 'ignored',
    trace: actions.map(({ finding }) => ({ rule: RULE, finding })),
    subject,
    link,
    ...(told.length > 0 && { failure: { code: 'AnswerNotTaken', text: [...new Set(told)].join(' ') } }),
  })
}
