import { afterAll, beforeAll, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice(await openTestInstallation())
})
afterAll(async () => office?.close())

/** A tracked meeting with these attendees, and which record each address is in the CRM. */
async function partiesOf(subject: string, day: string, attendees: readonly string[]): Promise<Record<string, unknown>> {
  office.make(office.anna, {
    kind: 'event',
    fields: {
      subject,
      time: { allDay: false, start: `${day}T10:00:00`, end: `${day}T11:00:00`, zone: 'Europe/Berlin' },
      showAs: 'busy',
      importance: 'normal',
      sensitivity: 'normal',
      categories: ['$Tracked'],
      attendees: attendees.map((address) => ({ address, role: 'required' as const, answer: 'none' as const })),
    },
  })
  expect(await office.cycle(office.anna)).toMatchObject({ failed: 0 })
  const meeting = (await office.rows('appointment')).find((row) => row['subject'] === subject)
  const { rows } = await office.regarding.records.as(SYSTEM).query({ table: 'activityparty' })
  const mine = rows.filter((row) => row['activityid'] === meeting?.['activityid'] && row['participationtypemask'] === 5)
  return Object.fromEntries(mine.map((row) => [row['addressused'], row['partyid'] ?? null]))
}

it('T-71, AP-50: each attendee is the one record that a sender of that address would be', async () => {
  const { anna, ben } = office
  const both = 'both@kern.example'
  const lead = await office.create(anna, 'lead', { lastname: 'Kern', emailaddress1: both })
  const contact = await office.create(anna, 'contact', { lastname: 'Kern', emailaddress1: both })
  const twice = 'twice@kern.example'
  await office.create(ben, 'contact', { lastname: 'Of Ben', emailaddress1: twice })
  const own = await office.create(anna, 'contact', { lastname: 'Of Anna', emailaddress1: twice })
  expect(lead.id).not.toBe(contact.id)
  expect(await partiesOf('Pumps', '2026-03-02', [ben.address, both, twice, 'nobody@out.example'])).toEqual({
    [ben.address]: ben.id,
    [both]: contact.id,
    [twice]: own.id,
    'nobody@out.example': null,
  })
})

it('T-71, T-63: an ambiguous attendee stays an address where the organization wants it so', async () => {
  await office.set({ UnresolveSenderInCaseOfMultipleMatch: true })
  expect(await partiesOf('Valves', '2026-03-03', ['both@kern.example', office.ben.address])).toEqual({
    'both@kern.example': null,
    [office.ben.address]: office.ben.id,
  })
})
