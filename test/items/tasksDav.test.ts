import { afterAll, beforeAll, expect, it } from 'vitest'
import { explainItem } from '#items'
import { type DavOffice, openDavOffice } from './support/davOffice.ts'

let office: DavOffice
beforeAll(async () => {
  office = await openDavOffice('Radicale')
}, 60_000)
afterAll(async () => office?.close())

const QUIET = { createdItems: 0, removedItems: 0, createdRecords: 0, deletedRecords: 0, failed: 0 }
const STATE = /^(STATUS|PERCENT-COMPLETE|COMPLETED)[:;].*\r\n/gm

/** As a calendar program completes and opens a task. */
async function set(subject: string, lines: string): Promise<void> {
  const { name, text } = await office.textOf('task', subject)
  await office.put('task', name, text.replace(STATE, '').replace('END:VTODO', `${lines}END:VTODO`))
}
const complete = (subject: string) =>
  set(subject, 'STATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\nCOMPLETED:20260105T070000Z\r\n')

it('TK-7, FD-27: a call completed in the calendar and opened in the CRM stays open, and stays in the mailbox', async () => {
  const call = await office.create('phonecall', { subject: 'Call Dora' })
  expect(await office.cycle()).toMatchObject({ createdItems: 1 })
  await complete('Call Dora')
  expect(await office.cycle()).toMatchObject({ ...QUIET, updatedRecords: 1 })
  await office.later(5)
  await office.change(call, { statecode: 0, statuscode: 1, actualend: null })
  await office.cycle()
  const { name, text } = await office.textOf('task', 'Call Dora')
  expect(text).toContain('STATUS:NEEDS-ACTION')
  expect(text).not.toContain('PERCENT-COMPLETE:100')
  await office.put('task', name, text.replace('SUMMARY:Call Dora', 'SUMMARY:Call Dora Lind'))
  for (let cycle = 0; cycle < 3; cycle++) expect(await office.cycle()).toMatchObject(QUIET)
  expect(await office.row(call)).toMatchObject({ subject: 'Call Dora Lind', statecode: 0 })
  expect((await office.textOf('task', 'Call Dora Lind')).text).toContain('STATUS:NEEDS-ACTION')
}, 60_000)

it('TK-7, AP-92: a task completed by mistake in the calendar and opened there again is open on both sides', async () => {
  const task = await office.create('task', { subject: 'Offer' })
  expect(await office.cycle()).toMatchObject({ createdItems: 1 })
  await complete('Offer')
  expect(await office.cycle()).toMatchObject({ ...QUIET, updatedRecords: 1 })
  expect(await office.row(task)).toMatchObject({ statecode: 1 })
  await office.later(5)
  await set('Offer', 'STATUS:NEEDS-ACTION\r\n')
  for (let cycle = 0; cycle < 3; cycle++) expect(await office.cycle()).toMatchObject(QUIET)
  expect(await office.row(task)).toMatchObject({ statecode: 0, actualend: null })
  await office.change(task, { subject: 'The offer' })
  expect(await office.cycle()).toMatchObject({ ...QUIET, updatedItems: 1 })
  expect((await office.textOf('task', 'The offer')).text).toContain('STATUS:NEEDS-ACTION')
}, 60_000)

it('TK-10, MO-117: a task that repeats is not told to be tracked when it is', async () => {
  const lines = ['UID:weekly', 'DTSTAMP:20260101T000000Z', 'SUMMARY:Weekly', 'DTSTART:20260106T080000Z']
  const more = ['RRULE:FREQ=WEEKLY', 'CATEGORIES:$Tracked']
  const task = ['BEGIN:VTODO', ...lines, ...more, 'END:VTODO']
  const calendar = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Others//EN', ...task, 'END:VCALENDAR', '']
  await office.put('task', 'weekly.ics', calendar.join('\r\n'))
  expect(await office.cycle()).toMatchObject(QUIET)
  const found = await explainItem(office.regarding, { kind: 'user', id: office.person.id }, 'weekly.ics')
  expect(found).toMatchObject([{ why: [{ rule: 'TK-10', remedy: expect.stringContaining('without repetition') }] }])
}, 60_000)
