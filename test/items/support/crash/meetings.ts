import type { CalendarItem, ItemPatch, NewEvent } from '#mailbox'
import { PARTICIPATION, type Row } from '#records'
import type { Person } from '../../../incoming/support/company.ts'
import { type Scene, subjectOf } from './scene.ts'

/** What people do with meetings, but for answering them. Anna invites, Ben is her guest. */

const HOUR = 3_600_000
/** When no other meeting of the same day is, whichever was moved. */
const FREE = [4, 5, 6, 7]

export async function newMeeting(scene: Scene): Promise<void> {
  const { anna, ben, regarding } = scene.office
  const subject = scene.name('Meeting')
  const start = new Date(scene.nextDay().getTime() + 10 * HOUR)
  scene.meetings.push(subject)
  await regarding.database.transaction(async (tx) => {
    const user = regarding.records.as({ kind: 'user', id: anna.id }).in(tx)
    const scheduledend = new Date(start.getTime() + HOUR)
    const id = await user.create('appointment', { subject, scheduledstart: start, scheduledend })
    const parties = [party(anna, PARTICIPATION.organizer), party(ben, PARTICIPATION.required)]
    await user.createMany(
      'activityparty',
      parties.map((one) => ({ ...one, activityid: { table: 'appointment', id } })),
    )
  })
}

const party = (person: Person, participationtypemask: number) => ({
  participationtypemask,
  partyid: { table: 'systemuser', id: person.id },
  addressused: person.address,
})

/** Made in Outlook, tracked there, and only then are guests asked. */
export async function newOutlookMeeting(scene: Scene, series?: Pick<NewEvent, 'series'>): Promise<void> {
  const { anna, ben } = scene.office
  const subject = scene.name(series ? 'Series' : 'Outlook meeting')
  const day = scene.nextDay().toISOString().slice(0, 10)
  scene.meetings.push(subject)
  const [start, end] = series ? ['15:00:00', '16:00:00'] : ['12:00:00', '13:00:00']
  const time = { allDay: false, start: `${day}T${start}`, end: `${day}T${end}`, zone: 'Europe/Berlin' }
  const id = scene.office.make(anna, { kind: 'event', fields: { ...PLAIN, subject, time }, ...series })
  const item = scene.itemsOf(anna, 'event').find(({ ref }) => ref.id === id)
  if (!item) return
  const attendees = [{ address: ben.address, role: 'required' as const, answer: 'none' as const }]
  const patch: ItemPatch = { kind: 'event', set: { attendees, categories: ['$Tracked'] } }
  await scene.client(anna).update(item.ref, patch, { notify: 'all' })
}

/** Three weeks on the day it begins, one of them elsewhere. */
export async function newSeries(scene: Scene): Promise<void> {
  const second = new Date(scene.nextDay().getTime() + 7 * 24 * HOUR).toISOString().slice(0, 10)
  await newOutlookMeeting(scene, {
    series: {
      recurrence: { frequency: 'weekly', interval: 1, end: { count: 3 } },
      cancelled: [],
      exceptions: [{ originalStart: `${second}T15:00:00`, fields: { location: 'Elsewhere' } }],
    },
  })
}

/** Somebody elsewhere invites Ben, who tracks it. */
export function newOutsideMeeting(scene: Scene): void {
  const { ben } = scene.office
  const subject = scene.name('Outside')
  const day = scene.nextDay().toISOString().slice(0, 10)
  scene.outside.push(subject)
  const time = { allDay: false, start: `${day}T20:00:00`, end: `${day}T21:00:00`, zone: 'Europe/Berlin' }
  const attendees = [{ address: ben.address, role: 'required' as const, answer: 'none' as const }]
  const fields = { ...PLAIN, subject, time, attendees, categories: ['$Tracked'] }
  scene.office.make(ben, { kind: 'event', fields, organizer: { address: OUTSIDER } })
}

const OUTSIDER = 'boss@contoso.example'
const PLAIN = { showAs: 'busy', importance: 'normal', sensitivity: 'normal' } as const

export async function changeMeeting(scene: Scene): Promise<void> {
  const row = scene.oneOf(await singleMeetings(scene))
  if (!row) return
  scene.deserve(String(row['subject']))
  const record = { table: 'appointment', id: String(row['activityid']) }
  await scene.office.change(record, { location: scene.name('Room') })
}

/** By its organizer, whose client tells the guests. */
export async function changeMeetingItem(scene: Scene): Promise<void> {
  const item = scene.oneOf(ownMeetings(scene))
  if (!item) return
  scene.deserve(subjectOf(item))
  const patch = { kind: 'event', set: { location: scene.name('Place') } } as const
  await scene.client(scene.office.anna).update(item.ref, patch, { notify: 'all' })
}

/** To another hour of the same day, in the CRM. */
export async function moveMeeting(scene: Scene): Promise<void> {
  const row = scene.oneOf(await singleMeetings(scene))
  if (!row) return
  scene.deserve(String(row['subject']))
  const day = (row['scheduledstart'] as Date).toISOString().slice(0, 10)
  const hour = scene.oneOf(FREE) ?? 4
  const scheduledstart = new Date(`${day}T0${hour}:00:00Z`)
  const scheduledend = new Date(scheduledstart.getTime() + HOUR)
  scene.story.push(`move ${String(row['subject'])} to ${scheduledstart.toISOString()} in the CRM`)
  await scene.office.change({ table: 'appointment', id: String(row['activityid']) }, { scheduledstart, scheduledend })
}

/** The same in the calendar. */
export async function moveMeetingItem(scene: Scene): Promise<void> {
  const item = scene.oneOf(ownMeetings(scene).filter(({ series }) => !series))
  if (!item) return
  scene.deserve(subjectOf(item))
  const day = item.fields.time.start.slice(0, 10)
  const hour = scene.oneOf(FREE) ?? 4
  const time = { allDay: false, start: `${day}T0${hour}:00:00`, end: `${day}T0${hour + 1}:00:00`, zone: 'UTC' }
  scene.story.push(`move ${subjectOf(item)} to ${time.start} in the calendar`)
  await scene.client(scene.office.anna).update(item.ref, { kind: 'event', set: { time } }, { notify: 'all' })
}

/** By a guest, in whose own mailbox the meeting is the same (AP-57). */
export function trackInvitation(scene: Scene): void {
  const { ben, server } = scene.office
  const item = scene.oneOf(scene.itemsOf(ben, 'event'))
  if (!item) return
  scene.story.push(`track invitation ${item.ref.id} of ${ben.address}`)
  const patch: ItemPatch = { kind: 'event', set: { categories: ['$Tracked'] } }
  server.account(ben.address).items.change(scene.pathOf(ben, item), item.ref.id, patch)
}

/** Anna's own, that repeat not. */
async function singleMeetings(scene: Scene): Promise<Row[]> {
  const rows = await scene.office.rows('appointment')
  return rows.filter((row) => (row['seriesid'] ?? null) === null && scene.meetings.includes(String(row['subject'])))
}

const ownMeetings = (scene: Scene): CalendarItem[] =>
  scene.itemsOf(scene.office.anna, 'event').filter((item): item is CalendarItem => item.kind === 'event')
