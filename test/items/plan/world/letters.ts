import type { Local } from '#calendar'
import { answeredIn, givingOf } from '#items'
import type { Answer, CalendarItem } from '#mailbox'
import { answerAt, withOwnAnswer } from './answered.ts'
import { must } from './said.ts'
import { withOccurrence } from './series.ts'
import { type Mailbox, titleOf, tokenOf, type World } from './world.ts'

/** Answers that people give in the CRM, until their organizers were told (AP-57). */

export interface Asked {
  answer: Exclude<Answer, 'none'>
  originalStart?: Local
  /** What the calendar said when it was begun to be given. */
  begun?: ReturnType<typeof answeredIn>
}

export interface Letter {
  recordId: string
  asked: Asked
  state: 'asked' | 'due' | 'done' | 'failed'
  /** It was begun to be given, which may have died. */
  attempts: number
  /** How often its organizer was told. */
  told: number
  about?: CalendarItem
  /**
   * Its owner answered in the calendar since it was begun to be given: that answer stands, and whom it was told is hers to
   * say; that this one is told again it excuses not.
   */
  isOvertaken?: true
  /** Its organizer moved the meeting after being told. */
  isAskedAnew?: true
  /** The item was put elsewhere just after a crash: that looks as what Exchange takes out once it is declined. */
  isOutOfSight?: true
}

/** What was asked about the same before, and not carried out yet, goes. */
export function askAnswer(
  mailbox: Mailbox,
  recordId: string,
  answer: Asked['answer'],
  originalStart: Local | undefined,
): void {
  const isSame = (one: Letter) =>
    one.state === 'asked' && one.recordId === recordId && one.asked.originalStart === originalStart
  mailbox.letters = mailbox.letters.filter((one) => !isSame(one))
  const asked = { answer, ...(originalStart !== undefined && { originalStart }) }
  mailbox.letters.push({ recordId, asked, state: 'asked', attempts: 0, told: 0 })
}

/** Occurrences that are answered as the whole follow it. */
const isAbout = ({ asked }: Letter, start: Local | undefined): boolean =>
  start === undefined || asked.originalStart === start

/** Somebody answers in the calendar, beside what was given in the CRM. */
export function noteAnswer(mailbox: Mailbox, { uid }: CalendarItem, start: Local | undefined): void {
  for (const one of mailbox.letters) if (one.about?.uid === uid && isAbout(one, start)) one.isOvertaken = true
}

/** What comes first in a cycle; false: the process died. */
export function giveAnswers(world: World, mailbox: Mailbox, dies: () => boolean): boolean {
  for (const one of mailbox.letters) {
    if (one.state !== 'asked') continue
    const link = mailbox.links.find(({ recordId, state }) => recordId === one.recordId && state === 'linked')
    const item = mailbox.items.get(link?.itemId ?? '')
    const { serverTells } = mailbox
    const known = { isLinked: link !== undefined, isBegun: one.attempts > 0 }
    const giving = givingOf(item, one.asked, { now: world.now, serverTells, ...known })
    if (giving.do === 'refuse') one.state = 'failed'
    if (giving.do === 'known') {
      one.state = 'done'
      must(
        one.told === 1 || one.isOutOfSight === true || one.isOvertaken === true,
        'AP-57: an answer that nobody was told of is taken for told.',
        one,
        link,
        item,
      )
    }
    if (giving.do !== 'give') continue
    if (serverTells) {
      one.attempts++
      one.about = giving.item
      one.asked = { ...one.asked, begun: answeredIn(giving.item, one.asked.originalStart) }
    }
    if (dies()) return false
    give(world, mailbox, giving.item, one)
    if (dies()) return false
    one.state = serverTells ? 'done' : 'due'
  }
  return true
}

function give(world: World, mailbox: Mailbox, item: CalendarItem, one: Letter): void {
  const { answer, originalStart } = one.asked
  one.about = item
  const isOut = mailbox.serverTells && answer === 'declined'
  // Exchange takes what is declined out of the calendar.
  if (!isOut) world.putItem(mailbox, withOwnAnswer(item, answer, originalStart))
  else if (originalStart === undefined) world.deleteItem(mailbox, item)
  else world.putItem(mailbox, withOccurrence(item, originalStart, undefined))
  if (mailbox.serverTells) tell(world, mailbox, one, item)
}

/** What comes last in a cycle: mail that is known by its Message-ID, so that it goes once. */
export function sendAnswers(world: World, mailbox: Mailbox): void {
  for (const one of mailbox.letters) {
    if (one.state !== 'due' || !one.about) continue
    tell(world, mailbox, one, one.about)
    one.state = 'done'
  }
}

function tell(world: World, mailbox: Mailbox, one: Letter, item: CalendarItem): void {
  one.told++
  must(one.told === 1, 'AP-57: an organizer was told twice.', one, item)
  for (const other of mailbox.letters)
    if (other !== one && other.about?.uid === item.uid && isAbout(other, one.asked.originalStart))
      other.isOvertaken = true
  world.reply(mailbox, item, one.asked.answer, one.asked.originalStart)
}

/** AP-57: what was answered last stands in both calendars, as far as the meeting is there. */
export function checkLetters(world: World): void {
  for (const mailbox of world.mailboxes)
    for (const one of mailbox.letters) {
      must(one.state === 'done' || one.state === 'failed', 'AP-57: an answer waits for ever.', one)
      must(
        one.state === 'failed' || one.told >= 1 || one.isOutOfSight === true || one.isOvertaken === true,
        'AP-57: nobody was told of an answer.',
        one,
      )
      const { about, asked } = one
      if (one.state !== 'done' || one.isOvertaken || one.isAskedAnew || !about) continue
      const token = tokenOf(titleOf(about)) ?? ''
      if (world.odd.copied.has(token) || world.odd.passedOn.has(token)) continue
      checkBoth(world, mailbox, about, asked)
    }
}

function checkBoth(world: World, mailbox: Mailbox, { uid, ref }: CalendarItem, { answer, originalStart }: Asked): void {
  for (const other of world.mailboxes)
    for (const item of other.items.values()) {
      if (item.kind !== 'event' || item.uid !== uid || (originalStart !== undefined && !item.series)) continue
      const { series, fields } = item
      const exceptions = series && 'exceptions' in series ? series.exceptions : []
      const own = exceptions.find((each) => each.originalStart === originalStart)
      const isOut = series && 'cancelled' in series && series.cancelled.includes(originalStart ?? '')
      if (isOut) continue
      const people = own?.fields.attendees ?? fields.attendees ?? []
      const said = item.role === 'organizer' && people.find(({ address }) => address === mailbox.address)?.answer
      if (said) must(said === answer, 'AP-57: the organizer has another answer.', said, answer, item)
      // What was declined on Exchange comes anew with the next update.
      const isBack = mailbox.serverTells && answer === 'declined'
      if (other === mailbox && item.role === 'attendee' && item.ref.id === ref.id && !isBack)
        must(answerAt(item, originalStart) === answer, 'AP-57: the calendar has another answer.', answer, item)
    }
}
