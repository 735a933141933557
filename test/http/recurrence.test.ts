import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let admin: Client
beforeAll(async () => {
  site = await openSite()
  admin = await site.as(site.administrator)
})
afterAll(() => site.close())

const read = async (path: string) => (await admin.get(`${API}/${path}`)).json

test('AP-71: AddRecurrence makes a series of an appointment, with what belongs to it', async () => {
  const { id: account } = await site.account({ name: 'Adatum' })
  const id = await site.create('appointment', {
    subject: 'Pumps',
    scheduledstart: new Date('2026-01-20T10:00:00Z'),
    scheduledend: new Date('2026-01-20T10:45:00Z'),
    regardingobjectid: { table: 'account', id: account },
  })
  const note = await site.create('annotation', { objectid: { table: 'appointment', id }, subject: 'Plans' })
  const act = (Target: object) =>
    admin.post(`${API}/appointments(${id})/Microsoft.Dynamics.CRM.AddRecurrence`, { Target })

  const nothing = await act({ location: 'Room 7' })
  expect([nothing.status, nothing.json.error.code]).toEqual([400, 'ValueRequired'])
  const Target = {
    '@odata.type': 'Microsoft.Dynamics.CRM.recurringappointmentmaster',
    recurrencepatterntype: 1,
    interval: 1,
    daysofweekmask: 4,
    patternendtype: 2,
    occurrences: 6,
    location: 'Room 7',
  }
  const answer = await act(Target)
  expect([answer.status, answer.json.activityid]).toEqual([200, expect.any(String)])
  expect(await read(`recurringappointmentmasters(${answer.json.activityid})`)).toMatchObject({
    subject: 'Pumps',
    location: 'Room 7',
    occurrences: 6,
    starttime: '2026-01-20T10:00:00Z',
    endtime: '2026-01-20T10:45:00Z',
    duration: 45,
    instancetypecode: 1,
    _regardingobjectid_value: account,
  })
  expect(await read(`annotations(${note})`)).toMatchObject({ _objectid_value: answer.json.activityid })
  expect((await act(Target)).status).toBe(404)
})

test('SE-13, AP-71: who may not change the appointment makes no series of it', async () => {
  const id = await site.create('appointment', { subject: 'Valves', scheduledstart: new Date('2026-01-20T10:00:00Z') })
  const cleo = { table: 'systemuser', id: site.cleo.id }
  await site.regarding.records.as(SYSTEM).share({ table: 'appointment', id }, cleo, ['read'])
  const client = await site.as(site.cleo)
  const answer = await client.post(`${API}/appointments(${id})/AddRecurrence`, {
    Target: { recurrencepatterntype: 0, interval: 1 },
  })
  expect([answer.status, answer.json.error.code]).toEqual([403, 'PrivilegeDenied'])
  expect(await read(`appointments(${id})`)).toMatchObject({ subject: 'Valves' })
})
