import { afterAll, beforeAll, expect, it } from 'vitest'
import { expandDueSeries } from '#items'
import type { CalendarItem } from '#mailbox'
import { PARTICIPATION, type Row, SYSTEM } from '#records'
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

const series = async () => {
  const [item] = (await itemsAt(anna, 'event')) as CalendarItem[]
  if (!item?.series || 'cannot' in item.series) throw new Error('There is no series.')
  return { ref: item.ref, ...item.series }
}

it('AP-54, AP-70, AP-76: instances that somebody changes or deletes are exceptions and cancellations of the series in Exchange Online', async () => {
  const user = regarding.records.as({ kind: 'user', id: anna.id })
  const start = new Date(Math.ceil(Date.now() / DAY) * DAY + 7 * DAY + 9 * HOUR)
  const id = await user.create('recurringappointmentmaster', {
    subject: 'Weekly',
    starttime: start,
    endtime: new Date(start.getTime() + HOUR),
    timezone: 'Etc/UTC',
    recurrencepatterntype: 1,
    interval: 1,
    daysofweekmask: 1 << start.getUTCDay(),
    patternendtype: 2,
    occurrences: 10,
    statecode: 3,
    statuscode: 5,
  })
  await user.create('activityparty', {
    activityid: { table: 'recurringappointmentmaster', id },
    participationtypemask: PARTICIPATION.organizer,
    partyid: { table: 'systemuser', id: anna.id },
  })
  expect(await cycle()).toMatchObject({ createdItems: 1, failed: 0 })
  await rest()
  await expandDueSeries(regarding)
  const all = await instances(id)
  expect(all).toHaveLength(10)
  expect(await cycle()).toMatchObject({ seen: 0 })

  await user.update('appointment', String(all[2]?.['activityid']), { subject: 'Weekly, long' })
  await user.delete('appointment', String(all[3]?.['activityid']))
  expect(await cycle()).toMatchObject({ updatedItems: 1, createdItems: 0, failed: 0 })
  await rest()
  expect(await series()).toMatchObject({
    cancelled: [all[3]?.['recurrenceid']],
    exceptions: [{ originalStart: all[2]?.['recurrenceid'], fields: { subject: 'Weekly, long' } }],
  })

  const { ref } = await series()
  const originalStart = String(all[5]?.['recurrenceid'])
  await anna.items.update(ref, { kind: 'event', occurrences: [{ originalStart, cancel: true }] }, { notify: 'none' })
  expect(await cycle()).toMatchObject({ updatedRecords: 1, failed: 0 })
  await rest()
  expect((await instances(id)).map((row) => row['recurrenceid'])).toEqual(
    all.filter((_, at) => at !== 3 && at !== 5).map((row) => row['recurrenceid']),
  )
  expect(await itemsAt(anna, 'event')).toHaveLength(1)
}, 60_000)
