import { sql } from 'kysely'
import type { Answer, CalendarItem } from '#mailbox'
import { PARTICIPATION, RecordError, type Reference, type Row, SYSTEM } from '#records'
import { type Message, type Sandbox, viewOf } from '#sandbox'
import { answerInvitation, type Regarding } from '#sync'
import { type Desk, isLate, itemsAt, someItemAt } from './itemOffice.ts'

/** What Ben answers to Anna's invitations while she moves them, and what has become of it (AP-50, AP-57, AP-70). */

const HOUR = 3_600_000
/** Between an answer that was given, and its being kept. */
const SOON = 1_000
const ANSWERS = ['accepted', 'tentative', 'declined'] as const
const RESPONSES: Record<Answer, number> = { none: 0, tentative: 2, accepted: 3, declined: 4 }
const COMMENT = /Answer \d+\./

/** In order; one that was given in the calendar has no comment. */
export interface Said {
  name: string
  answer: Answer
  /** The original start of the occurrence that is answered; absent: the whole. */
  start?: string
  /** By which it is known wherever it is told. */
  comment?: string
  on: Date
}

type Random = () => number
const oneOf = <T>(list: readonly T[], random: Random): T | undefined => list[Math.floor(random() * list.length)]

export async function answerInCalendar(ben: Desk, random: Random): Promise<Said | undefined> {
  const item = await someItemAt(ben, 'event', random, false)
  const answer = oneOf(ANSWERS, random)
  if (item?.kind !== 'event' || item.role !== 'attendee' || item.cancelled || !answer) return undefined
  const start = random() < 0.7 ? oneOf(startsOf(item), random) : undefined
  const one = start !== undefined && { start }
  const said = { name: String(item.fields.subject), answer, on: new Date(), ...one }
  try {
    await ben.items.respond(item.ref, answer, { tell: true, ...(start !== undefined && { originalStart: start }) })
    return said
  } catch (error) {
    if (isLate(error)) return undefined
    throw error
  }
}

/** What is in no calendar of his yet, or no longer, cannot be answered. */
export async function answerInCrm(
  regarding: Regarding,
  ben: Pick<Desk, 'id'>,
  { record, comment }: { record: Reference; comment: string },
  random: Random,
): Promise<Said | undefined> {
  const row = await regarding.records.as(SYSTEM).retrieve(record.table, record.id)
  const answer = oneOf(ANSWERS, random)
  if (!row || !answer) return undefined
  const start = row['seriesid'] ? { start: String(row['recurrenceid']) } : {}
  const said = { name: String(row['subject']), answer, comment, on: new Date(), ...start }
  try {
    await answerInvitation(regarding, { kind: 'user', id: ben.id }, { record, answer, comment })
    return said
  } catch (error) {
    if (error instanceof RecordError && error.code === 'NotFound') return undefined
    throw error
  }
}

/** To another hour of the same day, in the CRM; returns which. */
export async function moveRecord(
  { records }: Regarding,
  record: Reference,
  random: Random,
): Promise<string | undefined> {
  const system = records.as(SYSTEM)
  const row = await system.retrieve(record.table, record.id)
  if (!row) return undefined
  const scheduledstart = new Date(shifted((row['scheduledstart'] as Date).toISOString(), random))
  const scheduledend = new Date(scheduledstart.getTime() + HOUR)
  const ifVersion = Number(row['versionnumber'])
  try {
    await system.update(record.table, record.id, { scheduledstart, scheduledend }, { ifVersion })
    return String(row['subject'])
  } catch (error) {
    if (isLate(error)) return undefined
    throw error
  }
}

/** The same by the organizer's own client, which tells the guests. */
export async function moveItem(anna: Desk, random: Random): Promise<string | undefined> {
  const item = await someItemAt(anna, 'event', random)
  if (item?.kind !== 'event') return undefined
  const { time } = item.fields
  const start = shifted(`${time.start}.000Z`, random)
  const end = new Date(new Date(start).getTime() + HOUR).toISOString()
  const set = { time: { ...time, start: start.slice(0, 19), end: end.slice(0, 19) } }
  try {
    await anna.items.update(item.ref, { kind: 'event', set }, { notify: 'all' })
    return String(item.fields.subject)
  } catch (error) {
    if (isLate(error)) return undefined
    throw error
  }
}

/** From one hour of the morning to another: never the same. */
function shifted(start: string, random: Random): string {
  const hours = [2, 3, 4, 5, 6, 7].filter((hour) => hour !== Number(start.slice(11, 13)))
  return `${start.slice(0, 10)}T0${oneOf(hours, random)}:00:00.000Z`
}

function startsOf({ series, fields }: CalendarItem): string[] {
  if (!series) return []
  const [day, time] = fields.time.start.split('T') as [string, string]
  const first = new Date(`${day}T00:00:00Z`).getTime()
  return [0, 7, 14].map((days) => `${new Date(first + days * 24 * HOUR).toISOString().slice(0, 10)}T${time}`)
}

/** What a mailbox was told of a meeting: an invitation that asks anew, or an answer. */
interface Told {
  uid: string
  on: Date
  answer: Answer
  start?: string
  comment?: string
  isInvitation: boolean
  /** It answers an invitation to another time than the guest had been invited to by then. */
  isLate?: true
  /** Updates that reached the guest after it, of something else than the time. */
  updates: number
}

/** What is not as it must be, once all is quiet. */
export async function answerFaults(
  regarding: Regarding,
  { sandbox, desks }: { sandbox: Sandbox; desks: readonly [Desk, Desk] },
  said: readonly Said[],
): Promise<string[]> {
  const told = await toldOf(sandbox, desks)
  const query = (table: string) => regarding.records.as(SYSTEM).query({ table })
  const rows = [...(await query('appointment')).rows, ...(await query('recurringappointmentmaster')).rows]
  const uids = new Map(rows.map((row) => [String(row['subject']), row['globalobjectid']]))
  const refused = await refusedOf(regarding, rows)
  return [...tellingFaults(said, { told, uids, refused }), ...(await standingFaults(regarding, desks, { rows, told }))]
}

interface Known {
  told: readonly Told[]
  /** By the names of the meetings. */
  uids: ReadonlyMap<string, unknown>
  refused: ReadonlyMap<string, readonly Date[]>
}

/** When answers were given in the CRM that could not be passed on, of which the guest was told, by the names of the meetings. */
async function refusedOf({ database }: Regarding, rows: readonly Row[]): Promise<Map<string, Date[]>> {
  const names = new Map(rows.map((row) => [row['activityid'], String(row['subject'])]))
  const { rows: letters } = await sql<{ record_id: string; made_on: Date }>`select record_id, made_on from item_letter
    where deed = 'answer' and state = 'failed' order by made_on`.execute(database.sql)
  const found = new Map<string, Date[]>()
  for (const { record_id: id, made_on: on } of letters)
    found.set(names.get(id) ?? id, [...(found.get(names.get(id) ?? id) ?? []), on])
  return found
}

/** AP-57: each is told the organizer once; but for one that is overtaken by a later answer or by an invitation. */
function tellingFaults(all: readonly Said[], { told, uids, refused }: Known): string[] {
  const inCalendar = all.filter(({ comment }) => comment === undefined).length
  const uncommented = told.filter(({ isInvitation, comment }) => !isInvitation && comment === undefined).length
  const faults = inCalendar === uncommented ? [] : [`${uncommented} for ${inCalendar} answers of the calendar`]
  for (const [at, one] of all.entries()) {
    if (one.comment === undefined) continue
    const mails = told.filter(({ comment }) => comment === one.comment)
    const what = `${one.comment} ${one.answer} to ${one.name} ${one.start ?? ''}`
    const isOvertaken = all
      .slice(at + 1)
      .some(({ name, start }) => name === one.name && (start === undefined || start === one.start))
    const uid = uids.get(one.name)
    const isMoved = told.some((mail) => mail.isInvitation && mail.uid === uid && mail.on >= one.on)
    const isRefused = refused.get(one.name)?.some((on) => Math.abs(on.getTime() - one.on.getTime()) < SOON)
    const isOut = all.slice(0, at).some(({ name, answer }) => name === one.name && answer === 'declined')
    if (mails.length > 1) faults.push(`${what} was told ${mails.length} times`)
    // What was deleted needs no answer; what was declined is in no calendar to be answered in, as its guest is told.
    else if (mails.length === 0 && !isOvertaken && !isMoved && uid && !(isRefused && isOut))
      faults.push(`${what} was told nobody`)
    else if (mails.some(({ answer, start }) => answer !== one.answer || start !== one.start))
      faults.push(`${what} was told as another`)
  }
  return faults
}

/** AP-50, AP-70: the answer told last, of a meeting that was moved since then, stands in both calendars and in the CRM. */
async function standingFaults(
  regarding: Regarding,
  [anna, ben]: readonly [Desk, Desk],
  { rows, told }: { rows: readonly Row[]; told: readonly Told[] },
): Promise<string[]> {
  const faults: string[] = []
  const responses = await responsesOf(regarding, ben)
  const [own, guests] = [await eventsAt(anna), await eventsAt(ben)]
  const byId = new Map(rows.map((row) => [row['activityid'], row]))
  for (const row of rows) {
    const uid = (byId.get(row['seriesid']) ?? row)['globalobjectid']
    const start = row['seriesid'] ? String(row['recurrenceid']) : undefined
    const valid = told.filter((one) => one.uid === uid && !one.isLate)
    const last = valid.filter((one) => one.start === undefined || one.start === start).at(-1)
    const shall = last?.answer ?? 'none'
    const guest = guests.find((one) => one.uid === uid)
    const organizer = own.find((one) => one.uid === uid)
    const response = responses.get(String(row['activityid']))
    const is = {
      guest: guest ? answerAt(guest, start) : 'declined',
      organizer: organizer && attendeeAt(organizer, ben.address, start),
      record: (Object.keys(RESPONSES) as Answer[]).find((one) => RESPONSES[one] === response),
    }
    // What was declined comes again, unanswered, with an update; what the organizer knows of the guest stays.
    if (shall === 'declined' && last?.updates && is.guest === 'none') is.guest = 'declined'
    if (Object.values(is).some((one) => one !== shall))
      faults.push(`${String(row['subject'])} ${start ?? ''}: ${shall} told last, but ${JSON.stringify(is)}`)
  }
  return faults
}

const eventsAt = async (desk: Desk) => (await itemsAt(desk, 'event')).filter((one) => one.kind === 'event')

async function responsesOf({ records }: Regarding, ben: Desk): Promise<Map<string, number>> {
  const { rows } = await records.as(SYSTEM).query({ table: 'activityparty' })
  const own = rows.filter(
    (row) => row['partyid'] === ben.id && Number(row['participationtypemask']) === PARTICIPATION.required,
  )
  return new Map(own.map((row) => [String(row['activityid']), Number(row['exchangeentryresponse'] ?? 0)]))
}

/** Names of those that Ben declined, by the CRM. */
export async function declinedBy(regarding: Regarding, ben: Desk): Promise<Set<string>> {
  const responses = await responsesOf(regarding, ben)
  const { rows } = await regarding.records.as(SYSTEM).query({ table: 'appointment' })
  const declined = rows.filter((row) => responses.get(String(row['activityid'])) === RESPONSES.declined)
  return new Set(declined.map((row) => String(row['subject'])))
}

/** Invitations that Ben got for another time than before, and answers that Anna got, in order. */
async function toldOf(sandbox: Sandbox, desks: readonly Desk[]): Promise<Told[]> {
  const told: Told[] = []
  const times = new Map<string, string>()
  const sequences = new Map<string, number>()
  const mails = desks.flatMap(({ address }) => inboxOf(sandbox, address))
  for (const mail of mails.sort((one, other) => one.received.getTime() - other.received.getTime())) {
    const { meeting, received: on } = mail
    if (!meeting || meeting.type === 'cancelled') continue
    const start = meeting.originalStart && { start: meeting.originalStart.toISOString().slice(0, 19) }
    const { text, attachments } = await viewOf(mail.mime)
    const part = attachments.find(({ contentType }) => contentType === 'text/calendar')
    const calendar = Buffer.from(part?.content ?? '').toString('utf8')
    const sequence = Number(/^SEQUENCE:(\d+)/m.exec(calendar)?.[1] ?? 0)
    const { uid } = meeting
    if (meeting.type === 'request') {
      sequences.set(uid, Math.max(sequence, sequences.get(uid) ?? 0))
      // Behind the zone's own.
      const time = /BEGIN:VEVENT[^]*?(DTSTART.*)/.exec(calendar)?.[1] ?? ''
      const of = `${uid} ${start?.start ?? ''}`
      if (times.get(of) === time || (start && !times.has(of))) {
        for (const one of told) if (one.uid === uid) one.updates++
        continue
      }
      times.set(of, time)
      told.push({ uid, on, answer: 'none', isInvitation: true, updates: 0, ...start })
    } else {
      const comment = COMMENT.exec(text)?.[0]
      const isLate = sequence < (sequences.get(uid) ?? 0)
      const more = { ...start, ...(comment && { comment }), ...(isLate && { isLate }) }
      told.push({ uid, on, answer: meeting.type, isInvitation: false, updates: 0, ...more })
    }
  }
  return told
}

function inboxOf({ world }: Sandbox, address: string): Message[] {
  const user = world.users.find((one) => one.address === address)
  const inbox = user ? user.mailbox.items(user.mailbox.wellKnown('inbox').id) : []
  return inbox.filter((item): item is Message => item.kind === 'message')
}

const exceptionsOf = ({ series }: CalendarItem) => (series && 'exceptions' in series ? series.exceptions : [])
const cancelledOf = ({ series }: CalendarItem) => (series && 'cancelled' in series ? series.cancelled : [])

/** What is declined leaves the calendar of an Exchange. */
function answerAt(item: CalendarItem, start: string | undefined): Answer {
  if (start !== undefined && cancelledOf(item).includes(start)) return 'declined'
  return exceptionsOf(item).find(({ originalStart }) => originalStart === start)?.answer ?? item.answer
}

function attendeeAt(item: CalendarItem, address: string, start: string | undefined): Answer | undefined {
  const own = exceptionsOf(item).find(({ originalStart }) => originalStart === start)?.fields.attendees
  return (own ?? item.fields.attendees)?.find((one) => one.address === address)?.answer
}
