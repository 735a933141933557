import { itemRefused } from '../failures.ts'
import type { Answer } from '../items/index.ts'
import {
  type Component,
  componentsOf,
  escapeText,
  type Line,
  linesOf,
  newLine,
  printComponent,
  replaceLines,
  withoutParam,
  withValue,
} from './lines.ts'
import { exceptionFor } from './occurrences.ts'
import { ANSWERS, personOf } from './properties.ts'
import { calendarOf } from './readEvent.ts'
import { sequenceIn } from './revision.ts'
import { stamp } from './stamp.ts'
import { keepOne } from './writeEvent.ts'
import type { WriteOptions } from './writeFields.ts'

/** Who tells others of a meeting: the server, or nobody (SCHEDULE-AGENT, RFC 6638 §7.1). */

const AGENT = 'SCHEDULE-AGENT'

/** Whether the server tells anybody of changes of this meeting. */
export function isScheduled(text: string, address: string): boolean {
  return meetings(calendarOf(text)).some((event) => organizes(event, address) && others(event, address).some(isServers))
}

/** The meeting as one whose attendees the server tells of everything from now on, or of nothing. */
export function withScheduling(text: string, address: string, tell: boolean): string {
  const calendar = calendarOf(text)
  for (const event of meetings(calendar).filter((one) => organizes(one, address))) {
    for (const line of others(event, address)) {
      const told = tell ? withoutParam(line, AGENT) : withValue(line, line.value, { [AGENT]: 'NONE' })
      event.parts = event.parts.map((part) => (part === line ? told : part))
    }
  }
  return printComponent(calendar)
}

/**
 * A new meeting whose attendees the server tells. Cyrus counts invitations from 1 whatever the text says, but sends the
 * first change and the cancellation as the text counts: it counts from 1 too, so that no word is older than the one before
 * (RFC 5546 §2.1.4).
 */
export function withSequence(text: string, address: string): string {
  const calendar = calendarOf(text)
  for (const event of meetings(calendar).filter((one) => organizes(one, address)))
    if (sequenceIn(event) === 0) replaceLines(event, ['SEQUENCE'], [newLine('SEQUENCE', '1')])
  return printComponent(calendar)
}

export interface TextAnswer {
  answer: Exclude<Answer, 'none'>
  tell: boolean
  comment?: string | undefined
  originalStart?: string | undefined
}

/** An invitation with the owner's answer in it. @throws MailboxError `permanent` when she is not invited */
export function answerEvent(
  text: string,
  { answer, tell, comment, originalStart }: TextAnswer,
  options: WriteOptions,
): string {
  const calendar = calendarOf(text)
  keepOne(calendar)
  const all = meetings(calendar)
  const chosen = originalStart === undefined ? all : [exceptionFor(calendar, originalStart, options)]
  let answered = 0
  for (const event of chosen) {
    const own = linesOf(event, 'ATTENDEE').filter((line) => personOf(line).address === options.address)
    for (const line of own) {
      answered++
      const said = withValue(withoutParam(line, 'RSVP'), line.value, { PARTSTAT: WORDS[answer] })
      event.parts = event.parts.map((part) => (part === line ? said : part))
    }
    if (comment !== undefined) replaceLines(event, ['COMMENT'], [newLine('COMMENT', escapeText(comment))])
    for (const line of linesOf(event, 'ORGANIZER')) {
      const told = tell ? withoutParam(line, AGENT) : withValue(line, line.value, { [AGENT]: 'CLIENT' })
      event.parts = event.parts.map((part) => (part === line ? told : part))
    }
    stamp(event, options.now, 'attendee')
  }
  if (answered === 0)
    throw itemRefused(`${options.address} is not among those invited. Answer with the address that was invited.`)
  return printComponent(calendar)
}

const WORDS: Record<Exclude<Answer, 'none'>, string> = Object.fromEntries(
  Object.entries(ANSWERS).map(([word, answer]) => [answer, word]),
) as Record<Exclude<Answer, 'none'>, string>

function meetings(calendar: Component): Component[] {
  return componentsOf(calendar, 'VEVENT')
}

function organizes(event: Component, address: string): boolean {
  return linesOf(event, 'ORGANIZER').some((line) => personOf(line).address === address)
}

function others(event: Component, address: string): Line[] {
  return linesOf(event, 'ATTENDEE').filter((line) => personOf(line).address !== address)
}

function isServers({ params }: Line): boolean {
  return (params[AGENT] ?? 'SERVER').toUpperCase() === 'SERVER'
}
