import { afterAll, beforeAll, expect, it } from 'vitest'
import { expandDueSeries } from '#items'
import type { CalendarItem, OccurrencePatch } from '#mailbox'
import { PARTICIPATION, type Row, SYSTEM, type Values } from '#records'
import type { Sandbox } from '#sandbox'
import { assemble, type Regarding, runActMailbox } from '#sync'
import { systemClock } from '#time'
import { type Desk, itemsAt, openItemOffice } from '../prove/support/itemOffice.ts'
import { openTestInstallation } from '../support/database.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Through Graph, as Exchange Online speaks it. */
let regarding: Regarding
let sandbox: Sandbox
let anna: Desk
beforeAll(async () => {
  regarding = await assemble(await openTestInstallation(), systemClock)
  const office = await openItemOffice(regarding)
  sandbox = office.sandbox
  anna = office.desks[0]
  await office.desks[1].close()
}, 60_000)
afterAll(async () => {
  await anna?.close()
  await sandbox?.close()
  await regarding?.close()
})

const cycle = async () => {
  return runActMailbox(regarding, anna.mailboxId, { guard: () => Promise.resolve() })
}

async function rest(): Promise<void> {
  for (let tries = 0; tries < 4; tries++) if ((await cycle()).seen === 0) return
  throw new Error('It never came to rest.')
}

const instances = async (id: string): Promise<Row[]> =>
  (
    await regarding.records.as(SYSTEM).query({
      table: 'appointment',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'seriesid', operator: 'eq', values: [id] }],
      },
      order: [{ column: 'originalstartdate' }],
    })
  ).rows

const series = async (subject: string) => {
  const item = ((await itemsAt(anna, 'event')) as CalendarItem[]).find(({ fields }) => fields.subject === subject)
  if (!item?.series || 'cannot' in item.series) throw new Error('There is no series.')
  return { ref: item.ref, ...item.series }
}

/** Ten weeks of Anna's own, with their instances; they are open unless the values say otherwise. */
async function weekly(subject: string, values: Values = {}): Promise<string> {
  const user = regarding.records.as({ kind: 'user', id: anna.id })
  const start = new Date(Math.ceil(Date.now() / DAY) * DAY + 7 * DAY + 9 * HOUR)
  const id = await user.create('recurringappointmentmaster', {
    subject,
    starttime: start,
    endtime: new Date(start.getTime() + HOUR),
    timezone: 'Etc/UTC',
    recurrencepatterntype: 1,
    interval: 1,
    daysofweekmask: 1 << start.getUTCDay(),
    patternendtype: 2,
    occurrences: 10,
    ...values,
  })
  await user.create('activityparty', {
    activityid: { table: 'recurringappointmentmaster', id },
    participationtypemask: PARTICIPATION.organizer,
    partyid: { table: 'systemuser', id: anna.id },
  })
  expect(await cycle()).toMatchObject({ createdItems: 1, failed: 0 })
  await rest()
  await expandDueSeries(regarding)
  expect(await cycle()).toMatchObject({ seen: 0 })
  return id
}

it('AP-54, AP-70, AP-76: instances that somebody changes or deletes are exceptions and cancellations of the series in Exchange Online', async () => {
  const user = regarding.records.as({ kind: 'user', id: anna.id })
  const id = await weekly('Weekly', { statecode: 3, statuscode: 5 })
  const all = await instances(id)
  expect(all).toHaveLength(10)

  await user.update('appointment', String(all[2]?.['activityid']), { subject: 'Weekly, long' })
  await user.delete('appointment', String(all[3]?.['activityid']))
  expect(await cycle()).toMatchObject({ updatedItems: 1, createdItems: 0, failed: 0 })
  await rest()
  expect(await series('Weekly')).toMatchObject({
    cancelled: [all[3]?.['recurrenceid']],
    exceptions: [{ originalStart: all[2]?.['recurrenceid'], fields: { subject: 'Weekly, long' } }],
  })

  const { ref } = await series('Weekly')
  const originalStart = String(all[5]?.['recurrenceid'])
  await anna.items.update(ref, { kind: 'event', occurrences: [{ originalStart, cancel: true }] }, { notify: 'none' })
  expect(await cycle()).toMatchObject({ updatedRecords: 1, failed: 0 })
  await rest()
  expect((await instances(id)).map((row) => row['recurrenceid'])).toEqual(
    all.filter((_, at) => at !== 3 && at !== 5).map((row) => row['recurrenceid']),
  )
}, 60_000)

it('AP-52, AP-54, AP-70: an instance that is canceled or completed in the CRM stays so, whatever the calendar does with it', async () => {
  const user = regarding.records.as({ kind: 'user', id: anna.id })
  const id = await weekly('Open')
  const before = await instances(id)
  const [canceled, completed] = [String(before[2]?.['activityid']), String(before[3]?.['activityid'])]
  await user.update('appointment', canceled, { statecode: 2, statuscode: 4 })
  await user.update('appointment', completed, { statecode: 1, statuscode: 3 })
  await rest()
  const closed = async () => {
    const all = await instances(id)
    return [canceled, completed].map((one) => {
      const row = all.find(({ activityid }) => activityid === one)
      return row && [row['statecode'], row['statuscode'], row['scheduledstart'], row['location'] ?? null]
    })
  }
  const settled = await closed()
  expect(settled.map((row) => row?.[0])).toEqual([2, 1])
  const change = async (...occurrences: OccurrencePatch[]) => {
    const { ref } = await series('Open')
    await anna.items.update(ref, { kind: 'event', occurrences }, { notify: 'none' })
    await rest()
  }
  const startOf = (at: number) => String(before[at]?.['recurrenceid'])
  await change({ originalStart: startOf(5), set: { location: 'Room 5' } })
  expect((await instances(id))[5]).toMatchObject({ location: 'Room 5' })
  expect(await closed()).toEqual(settled)
  await change(
    { originalStart: startOf(2), set: { location: 'Room 2' } },
    { originalStart: startOf(3), set: { showAs: 'busy', location: 'Room 3' } },
  )
  expect(await closed()).toEqual(settled)
  await change({ originalStart: startOf(3), cancel: true })
  expect(await closed()).toEqual(settled)
}, 60_000)
