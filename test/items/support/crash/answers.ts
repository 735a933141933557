import type { Answer, CalendarItem, MeetingMail } from '#mailbox'
import { PARTICIPATION, RecordError, type Reference, type Row, SYSTEM } from '#records'
import { answerInvitation } from '#sync'
import type { Scene } from './scene.ts'

/** What Ben answers to invitations, in his calendar or in the CRM, and what has become of it (AP-50, AP-57, AP-70). */

const ANSWERS = ['accepted', 'tentative', 'declined'] as const
const RESPONSES: Record<Answer, number> = { none: 0, tentative: 2, accepted: 3, declined: 4 }
const SERIES = 'recurringappointmentmaster'

export interface Said {
  uid: string
  /** The original start of the occurrence that is answered; absent: the whole. */
  start?: string
  answer: Answer
  /** Of one given in the CRM, by which it is known wherever it is told; absent: given in the calendar. */
  comment?: string
  /** How much had been told of meetings before. */
  after: number
}

export const answerInCalendar = (scene: Scene): Promise<void> => answerItem(scene, false)
/** One of a series alone. */
export const answerOccurrenceInCalendar = (scene: Scene): Promise<void> => answerItem(scene, true)

async function answerItem(scene: Scene, isOne: boolean): Promise<void> {
  const { ben } = scene.office
  const all = scene.itemsOf(ben, 'event').filter((one): one is CalendarItem => one.kind === 'event')
  const item = scene.oneOf(all.filter(({ role, series }) => role === 'attendee' && (!isOne || series)))
  const start = isOne && item ? scene.oneOf(startsOf(item)) : undefined
  const answer = scene.oneOf(ANSWERS)
  if (item?.uid === undefined || !answer) return
  const at = start !== undefined && { start }
  scene.answers.push({ uid: item.uid, answer, ...at, after: scene.office.server.meetingMail.length })
  scene.story.push(`Ben's calendar: ${answer} to ${item.fields.subject ?? ''} ${start ?? ''}`)
  const options = { tell: true, ...(start !== undefined && { originalStart: start }) }
  await scene.client(ben).respond(item.ref, answer, options)
}

export const answerInCrm = async (scene: Scene): Promise<void> => {
  const all = [...(await scene.office.rows('appointment')), ...(await scene.office.rows(SERIES))]
  const row = scene.oneOf(all.filter((one) => (one['seriesid'] ?? null) === null))
  if (row) await answerRecord(scene, row, row)
}

export async function answerOccurrenceInCrm(scene: Scene): Promise<void> {
  const instances = (await scene.office.rows('appointment')).filter((one) => one['seriesid'])
  const row = scene.oneOf(instances)
  const master = row && (await scene.office.row({ table: SERIES, id: String(row['seriesid']) }))
  if (row && master) await answerRecord(scene, row, master)
}

/** What Ben has in no calendar yet, because a crash came first, cannot be answered. */
async function answerRecord(scene: Scene, row: Row, whole: Row): Promise<void> {
  const { regarding, ben } = scene.office
  const answer = scene.oneOf(ANSWERS) as Exclude<Answer, 'none'>
  const comment = scene.name('Answer')
  const start = whole === row ? undefined : String(row['recurrenceid'])
  const id = String(row['activityid'])
  const table = (await scene.office.row({ table: 'appointment', id })) ? 'appointment' : SERIES
  try {
    await answerInvitation(regarding, { kind: 'user', id: ben.id }, { record: { table, id }, answer, comment })
  } catch (error) {
    if (error instanceof RecordError && error.code === 'NotFound') return
    throw error
  }
  scene.story.push(`CRM: ${answer} to ${String(row['subject'])} ${start ?? ''}`)
  const uid = String(whole['globalobjectid'])
  const after = scene.office.server.meetingMail.length
  scene.answers.push({ uid, answer, comment, after, ...(start !== undefined && { start }) })
}

/** What is not as it must be, once all is quiet. */
export async function answerFaults(scene: Scene): Promise<string[]> {
  const mails = scene.office.server.meetingMail
  return [...tellingFaults(scene.answers, mails), ...(await standingFaults(scene, mails))]
}

/**
 * AP-57: the organizer is told once of each. Nobody needs to be told of one that was answered otherwise before, nor of one
 * to a meeting that was moved while a cycle died with it: its owner is told to answer anew.
 */
function tellingFaults(all: readonly Said[], mails: readonly MeetingMail[]): string[] {
  return all.flatMap((one, at) => {
    if (one.comment === undefined) return []
    const told = mails.filter(({ comment }) => comment === one.comment)
    const isOvertaken = all.slice(at + 1).some((later) => isAbout(later, one))
    const what = `${one.comment} ${one.answer} to ${one.uid} ${one.start ?? ''}`
    if (told.length > 1) return [`${what} was told ${told.length} times`]
    const isMoved = mails.slice(one.after).some(({ uid, anew }) => uid === one.uid && anew)
    if (told.length === 0 && !isOvertaken && !isMoved) return [`${what} was told nobody`]
    const isRight = told.every((mail) => mail.answer === one.answer && mail.originalStart === one.start)
    return isRight ? [] : [`${what} was told as another`]
  })
}

const isAbout = (later: Said, one: Said): boolean =>
  later.uid === one.uid && (later.start === undefined || later.start === one.start)

/** AP-50, AP-70: what was told last stands in both calendars and in the CRM; of a meeting that was moved, since then. */
async function standingFaults(scene: Scene, mails: readonly MeetingMail[]): Promise<string[]> {
  const { anna, ben } = scene.office
  const faults: string[] = []
  for (const whole of [...(await scene.office.rows('appointment')), ...(await scene.office.rows(SERIES))]) {
    const uid = whole['globalobjectid']
    if ((whole['seriesid'] ?? null) !== null || typeof uid !== 'string') continue
    const find = (all: ReturnType<Scene['itemsOf']>) =>
      all.find((one): one is CalendarItem => one.kind === 'event' && one.uid === uid)
    const [guest, own] = [find(scene.itemsOf(ben, 'event')), find(scene.itemsOf(anna, 'event'))]
    const instances = (await scene.office.rows('appointment')).filter((one) => one['seriesid'] === whole['activityid'])
    for (const row of [whole, ...instances]) {
      const start = row === whole ? undefined : String(row['recurrenceid'])
      const shall = toldLast(mails, uid, start)
      const table = row === whole && whole['recurrencepatterntype'] !== undefined ? SERIES : 'appointment'
      const response = await responseOf(scene, { table, id: String(row['activityid']) })
      const is = {
        guest: guest && answerAt(guest, start),
        organizer: own ? attendeeAt(own, ben.address, start) : shall,
        record: (Object.keys(RESPONSES) as Answer[]).find((one) => RESPONSES[one] === response),
      }
      if (Object.values(is).some((one) => one !== shall))
        faults.push(`${String(row['subject'])} ${start ?? ''}: ${shall} told last, but ${JSON.stringify(is)}`)
    }
  }
  return faults
}

function toldLast(mails: readonly MeetingMail[], uid: string, start: string | undefined): Answer {
  const about = mails.filter(
    (one) => one.uid === uid && (one.originalStart === undefined || one.originalStart === start),
  )
  const last = about.filter(({ kind, anew }) => kind === 'answer' || anew).at(-1)
  return last?.answer ?? 'none'
}

async function responseOf(scene: Scene, { id }: Reference): Promise<number> {
  const { rows } = await scene.office.regarding.records.as(SYSTEM).query({
    table: 'activityparty',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'activityid', operator: 'eq', values: [id] }],
    },
  })
  const own = rows.filter(
    (row) => row['partyid'] === scene.office.ben.id && Number(row['participationtypemask']) === PARTICIPATION.required,
  )
  return Number(own[0]?.['exchangeentryresponse'] ?? 0)
}

const exceptionsOf = ({ series }: CalendarItem) => (series && 'exceptions' in series ? series.exceptions : [])

function startsOf(item: CalendarItem): string[] {
  const [day, time] = item.fields.time.start.split('T') as [string, string]
  const first = new Date(`${day}T00:00:00Z`).getTime()
  return [0, 7, 14].map((days) => `${new Date(first + days * 86_400_000).toISOString().slice(0, 10)}T${time}`)
}

const answerAt = (item: CalendarItem, start: string | undefined): Answer =>
  exceptionsOf(item).find(({ originalStart }) => originalStart === start)?.answer ?? item.answer

function attendeeAt(item: CalendarItem, address: string, start: string | undefined): Answer | undefined {
  const own = exceptionsOf(item).find(({ originalStart }) => originalStart === start)?.fields.attendees
  return (own ?? item.fields.attendees)?.find((one) => one.address === address)?.answer
}
