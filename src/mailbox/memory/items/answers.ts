import type { Answer, Attendee, CalendarItem, EventException, ItemPatch } from '../../items/index.ts'

/** The organizer's item once an answer has reached it; one to the whole answers each occurrence too. */
export function withAnswerOf(event: CalendarItem, address: string, answer: Answer, start?: string): CalendarItem {
  const say = (all: readonly Attendee[] = []) => all.map((one) => (one.address === address ? { ...one, answer } : one))
  const { attendees } = event.fields
  if (start !== undefined)
    return withException(event, start, (one) => ({
      ...one,
      fields: { ...one.fields, attendees: say(one.fields.attendees ?? attendees) },
    }))
  const whole = { ...event, fields: { ...event.fields, attendees: say(attendees) } }
  return mapExceptions(whole, (one) =>
    one.fields.attendees ? { ...one, fields: { ...one.fields, attendees: say(one.fields.attendees) } } : one,
  )
}

/** An attendee's item with the own answer; one to the whole answers each occurrence too. */
export function withOwnAnswer(event: CalendarItem, answer: Answer, start?: string): CalendarItem {
  if (start !== undefined) return withException(event, start, (one) => ({ ...one, answer }))
  return mapExceptions({ ...event, answer }, ({ answer: _apart, ...one }) => one)
}

/** An attendee's item after an update of the organizer's, which says nothing of the own answers unless it asks anew. */
export function keepingOwn(event: CalendarItem, former: CalendarItem | undefined, isAnew: boolean): CalendarItem {
  if (!former || isAnew) return { ...event, answer: 'none' }
  const apart = exceptionsOf(former).flatMap(({ originalStart, answer }) => (answer ? [{ originalStart, answer }] : []))
  return apart.reduce(
    (now, { originalStart, answer }) => withException(now, originalStart, (one) => ({ ...one, answer })),
    { ...event, answer: former.answer },
  )
}

/** What a patch says of answers is not written: they are the attendees' own. */
export function withoutAnswers(patch: ItemPatch, before: CalendarItem): ItemPatch {
  const attendees = patch.kind === 'event' ? patch.set?.attendees : undefined
  if (patch.kind !== 'event' || !attendees) return patch
  const known = new Map(before.fields.attendees?.map(({ address, answer }) => [address, answer]))
  const own = attendees.map((one) => ({ ...one, answer: known.get(one.address) ?? ('none' as const) }))
  return { ...patch, set: { ...patch.set, attendees: own } }
}

/** It takes place at another time, so that whoever is told answers anew. */
export function isMoved(before: CalendarItem, now: CalendarItem): boolean {
  return timesOf(before) !== timesOf(now)
}

export function unanswered(event: CalendarItem): CalendarItem {
  const { attendees } = event.fields
  const whole = attendees ? { ...event, fields: { ...event.fields, attendees: anew(attendees) } } : event
  return mapExceptions(whole, (one) =>
    one.fields.attendees ? { ...one, fields: { ...one.fields, attendees: anew(one.fields.attendees) } } : one,
  )
}

const anew = (all: readonly Attendee[]): Attendee[] => all.map((one) => ({ ...one, answer: 'none' }))

const timesOf = ({ fields, series }: CalendarItem): string =>
  JSON.stringify([fields.time, series && 'recurrence' in series ? series.recurrence : undefined])

const exceptionsOf = ({ series }: CalendarItem): readonly EventException[] =>
  series && 'exceptions' in series ? series.exceptions : []

function withException(
  event: CalendarItem,
  originalStart: string,
  change: (one: EventException) => EventException,
): CalendarItem {
  const { series } = event
  if (!series || !('recurrence' in series) || series.cancelled.includes(originalStart)) return event
  const others = series.exceptions.filter((one) => one.originalStart !== originalStart)
  const before = series.exceptions.find((one) => one.originalStart === originalStart)
  const exceptions = [...others, change(before ?? { originalStart, fields: {} })]
  exceptions.sort((a, b) => (a.originalStart < b.originalStart ? -1 : 1))
  return { ...event, series: { ...series, exceptions } }
}

function mapExceptions(event: CalendarItem, change: (one: EventException) => EventException): CalendarItem {
  const { series } = event
  if (!series || !('recurrence' in series)) return event
  return { ...event, series: { ...series, exceptions: series.exceptions.map(change) } }
}
