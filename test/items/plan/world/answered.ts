import type { Local } from '#calendar'
import type { PartyView, RecordChange, RecordView } from '#items'
import { type Answer, type Attendee, type CalendarItem, type EventException, fieldsOfException } from '#mailbox'
import { PARTICIPATION } from '#records'

/** What is there once somebody has answered an invitation. */

/** The organizer's item, once an answer has reached it; with a start it is about that occurrence alone. */
export function withAnswer(item: CalendarItem, address: string, answer: Answer, start?: Local): CalendarItem {
  const { attendees = [] } = item.fields
  if (attendees.length === 0) return item
  const say = (all: readonly Attendee[], isDue: (one: Attendee) => boolean = () => true) =>
    all.map((one) => (one.address === address && isDue(one) ? { ...one, answer } : one))
  const at = (one: EventException) => fieldsOfException(item.fields, one).attendees ?? []
  if (start !== undefined)
    return withException(item, start, (one) => ({ ...one, fields: { ...one.fields, attendees: say(at(one)) } }))
  const before = attendees.find((one) => one.address === address)?.answer
  // Who answers for the whole has answered for the occurrences that were answered alike.
  const follow = (one: EventException): EventException =>
    one.fields.attendees
      ? { ...one, fields: { ...one.fields, attendees: say(at(one), (each) => each.answer === before) } }
      : one
  return mapExceptions({ ...item, fields: { ...item.fields, attendees: say(attendees) } }, follow)
}

/** An attendee's own item, with what she answered. */
export function withOwnAnswer(item: CalendarItem, answer: Answer, start?: Local): CalendarItem {
  return start === undefined ? { ...item, answer } : withException(item, start, (one) => ({ ...one, answer }))
}

export function answerAt({ answer, series }: CalendarItem, start?: Local): Answer {
  return exceptionsOf(series).find((one) => one.originalStart === start)?.answer ?? answer
}

/** As servers keep it: people are those of the series, and what is said nowhere otherwise is no exception. */
export function tidied(item: CalendarItem): CalendarItem {
  if (exceptionsOf(item.series).length === 0) return item
  const all = item.fields.attendees ?? []
  return mapExceptions(item, ({ answer, fields: { attendees, ...fields }, ...one }) => {
    const own = all.map((each) => ({
      ...each,
      answer: attendees?.find(({ address }) => address === each.address)?.answer ?? each.answer,
    }))
    const isOwn = own.some((each, at) => each.answer !== all[at]?.answer)
    const left = {
      ...one,
      fields: { ...fields, ...(isOwn && { attendees: own }) },
      ...(answer !== undefined && answer !== item.answer && { answer }),
    }
    return left.answer === undefined && Object.keys(left.fields).length === 0 && !left.cleared ? undefined : left
  })
}

/** What an update of the organizer leaves of an attendee's answers to occurrences. */
export function keepingAnswers(item: CalendarItem, former: CalendarItem | undefined): CalendarItem {
  const { series } = item
  if (!series || 'cannot' in series) return item
  if (!former) return item
  const own = exceptionsOf(former.series).filter(({ originalStart }) => !series.cancelled.includes(originalStart))
  const kept = own.reduce(
    (now, { originalStart, answer }) => (answer === undefined ? now : withOwnAnswer(now, answer, originalStart)),
    item,
  )
  return movedStarts(item, former).reduce((now, start) => withOwnAnswer(now, 'none', start), kept)
}

function exceptionsOf(series: CalendarItem['series']): readonly EventException[] {
  return series && 'exceptions' in series ? series.exceptions : []
}

function withException(item: CalendarItem, start: Local, change: (one: EventException) => EventException) {
  const { series } = item
  if (!series || 'cannot' in series || series.cancelled.includes(start)) return item
  const before = series.exceptions.find(({ originalStart }) => originalStart === start)
  const others = series.exceptions.filter(({ originalStart }) => originalStart !== start)
  const all = [...others, change(before ?? { originalStart: start, fields: {} })]
  return {
    ...item,
    series: { ...series, exceptions: all.sort((a, b) => (a.originalStart < b.originalStart ? -1 : 1)) },
  }
}

function mapExceptions(item: CalendarItem, change: (one: EventException) => EventException | undefined): CalendarItem {
  const { series } = item
  if (!series || 'cannot' in series) return item
  return { ...item, series: { ...series, exceptions: series.exceptions.flatMap((one) => change(one) ?? []) } }
}

/** It takes place at other times than it did, so that guests are asked anew. */
export function isMoved(item: CalendarItem, former: CalendarItem): boolean {
  return timesOf(item) !== timesOf(former)
}

function timesOf({ fields, series }: CalendarItem): string {
  return JSON.stringify([fields.time, series && 'recurrence' in series ? series.recurrence : undefined])
}

/** The occurrences that take place at other times than they did, by the starts that the series gives them. */
export function movedStarts({ series, fields }: CalendarItem, former: CalendarItem): Local[] {
  const before = exceptionsOf(former.series)
  return exceptionsOf(series).flatMap((one) => {
    const was = before.find(({ originalStart }) => originalStart === one.originalStart)
    const { time } = one.fields
    return time && JSON.stringify(time) !== JSON.stringify(was?.fields.time ?? fields.time) ? [one.originalStart] : []
  })
}

/** The organizer's item, in which nobody has answered yet to these occurrences. */
export function unansweredAt(item: CalendarItem, starts: readonly Local[]): CalendarItem {
  return mapExceptions(item, (one) =>
    starts.includes(one.originalStart) ? { ...one, fields: anew(fieldsOfException(item.fields, one)) } : one,
  )
}

/** The organizer's item, in which nobody has answered yet. */
export function unanswered(item: CalendarItem): CalendarItem {
  return mapExceptions({ ...item, fields: anew(item.fields) }, (one) => ({ ...one, fields: anew(one.fields) }))
}

function anew<F extends Partial<CalendarItem['fields']>>(fields: F): F {
  const { attendees } = fields
  return attendees ? { ...fields, attendees: attendees.map((one) => ({ ...one, answer: 'none' })) } : fields
}

/** A record whose parties have answered. */
export function answeredView(view: RecordView, { answers = [] }: RecordChange): RecordView {
  const parties = view.parties.map((one) => {
    const found = answers.find((answer) => answer.originalStart === undefined && isOf(answer, one))
    return found && one.role !== PARTICIPATION.organizer ? { ...one, response: found.response } : one
  })
  return { ...view, parties }
}

/** Who has answered occurrences otherwise than their series, by their original starts. */
export type Apart = ReadonlyMap<Local, ReadonlyMap<string, number>>

export const whoOf = ({ party, address }: PartyView): string => party?.id ?? address ?? ''

/** What instances say otherwise than their series, after a change; `view` is the record as it is then. */
export function apartAfter(
  apart: Apart,
  view: RecordView,
  { answers = [] }: RecordChange,
  starts: readonly Local[],
): Apart {
  const invited = view.parties.filter(({ role }) => role !== PARTICIPATION.organizer)
  return new Map(
    starts.map((start) => {
      const said = invited.flatMap((one): [string, number][] => {
        const own = answers.find((answer) => answer.originalStart === start && isOf(answer, one))
        const now = own?.response ?? apart.get(start)?.get(whoOf(one))
        return now === undefined || now === (one.response ?? 0) ? [] : [[whoOf(one), now]]
      })
      return [start, new Map(said)]
    }),
  )
}

function isOf({ address, partyId }: { address: string; partyId?: string }, one: PartyView): boolean {
  return one.address === address || (partyId !== undefined && one.party?.id === partyId)
}
