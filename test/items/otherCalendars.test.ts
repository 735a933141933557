import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { type DavOffice, openDavOffice, SERVERS } from './support/davOffice.ts'

describe.each(SERVERS)('folders beside the main ones on %s', (server) => {
  let office: DavOffice
  beforeAll(async () => {
    office = await openDavOffice(server)
    await office.createFolder('event', 'Customers')
    await office.createFolder('task', 'Errands')
    await office.createFolder('contact', 'Partners')
    await office.cycle()
  }, 60_000)
  afterAll(async () => office?.close())

  it('AP-4, CT-2: the category tracks appointments and tasks in every calendar and list of the user; contacts need more', async () => {
    await office.put('event', 'visit.ics', event('Visit', 12), ['Customers'])
    await office.put('task', 'stamps.ics', task('Stamps'), ['Errands'])
    await office.put('contact', 'otto.vcf', card('Otto', 'Kern'), ['Partners'])
    expect(await office.cycle()).toMatchObject({ createdRecords: 2, failed: 0, asked: 0 })
    const visit = await office.recordOf('appointment', 'Visit')
    await office.recordOf('task', 'Stamps')
    await office.later(1)
    await office.put('event', 'visit.ics', event('Visit', 14), ['Customers'])
    expect(await office.cycle()).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await office.row(visit)).toMatchObject({ scheduledstart: new Date('2026-03-02T14:00:00Z') })
    await office.later(1)
    await office.change(visit, { location: 'Hamburg' })
    expect(await office.cycle()).toMatchObject({ updatedItems: 1, createdItems: 0, failed: 0 })
    await office.cycle()
  })

  it('SC-31, AP-4: a look at what has not changed asks no calendar beside the main one, however many there are', async () => {
    await office.cycle()
    office.proxy.requests.length = 0
    await office.cycle()
    const asked = office.proxy.requests
    expect(asked.filter(({ method }) => method !== 'PROPFIND')).toEqual([])
    expect(asked.filter(({ path }) => /\/A000[456]\/?$/.test(path))).toEqual([])
  })

  it('AP-4: what bears the category in a calendar that comes to lie below the main one is tracked, though it was seen before', async () => {
    const { regarding } = office
    const mayTrack = (value: boolean) => regarding.options.setOrganization(SYSTEM, { TrackCategorizedItems: value })
    await mayTrack(false)
    await office.put('event', 'lunch.ics', event('Lunch', 11), ['Customers'])
    expect(await office.cycle()).toMatchObject({ createdRecords: 0 })
    await mayTrack(true)
    expect(await office.cycle()).toMatchObject({ createdRecords: 0 })
    await sql`update item_folder set path = array['Customers'] where path = array['Calendar', 'Customers']
      and mailbox_id = ${office.person.mailboxId}`.execute(regarding.database.sql)
    expect(await office.cycle()).toMatchObject({ createdRecords: 1, updatedRecords: 0, removedItems: 0, failed: 0 })
    await office.recordOf('appointment', 'Lunch')
    expect(await office.cycle()).toMatchObject({ seen: 0 })
  })
})

const resource = (kind: string, lines: string[]) =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Test//EN',
    `BEGIN:${kind}`,
    ...lines,
    `END:${kind}`,
    'END:VCALENDAR',
    '',
  ].join('\r\n')
const named = (name: string) => [
  `UID:${name}@client.example`,
  'DTSTAMP:20260105T080000Z',
  `SUMMARY:${name}`,
  'CATEGORIES:$Tracked',
]
const event = (name: string, hour: number) =>
  resource('VEVENT', [...named(name), `DTSTART:20260302T${hour}0000Z`, `DTEND:20260302T${hour}3000Z`])
const task = (name: string) => resource('VTODO', named(name))
const card = (first: string, last: string) =>
  [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `UID:${first}@client.example`,
    `FN:${first} ${last}`,
    `N:${last};${first};;;`,
    'CATEGORIES:$Tracked',
    'END:VCARD',
    '',
  ].join('\r\n')
