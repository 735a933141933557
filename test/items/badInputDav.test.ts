import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { addUser, type Company, openCompany, type Person } from '../incoming/support/company.ts'
import { type Hands, handsOf } from '../mailbox/dav/support/hands.ts'
import { openTestInstallation } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { type HttpProxy, startHttpProxy } from '../support/httpProxy.ts'
import { type Radicale, startRadicale } from '../support/radicale.ts'
import { failuresOf } from './support/failures.ts'

/** What lies on a server of CalDAV and CardDAV, put there by plain HTTP, and the engine before it. */
describe('items on a server of CalDAV', () => {
  let company: Company
  let dovecot: Dovecot
  let radicale: Radicale
  let proxy: HttpProxy
  let person: Person
  let hands: Hands

  beforeAll(async () => {
    ;[company, dovecot, radicale] = await Promise.all([
      openTestInstallation().then(openCompany),
      startDovecot(),
      startRadicale(),
    ])
    proxy = await startHttpProxy(radicale.port)
    const user = dovecot.newUser()
    person = await addUser(company.regarding, 'Dora', 'Dav', `${user}@example.org`)
    const home = `/${user}/`
    const { port } = radicale
    hands = await handsOf({ port, user, address: person.address, calendars: home, addressbooks: home, mixed: false })
    await hands.createFolder('event', ['Calendar'])
    await hands.createFolder('contact', ['Contacts'])
    await hands.createFolder('task', ['Tasks'])
    await enable(company.regarding, person, user, dovecot, proxy.port)
    await cycle()
    await confirmItems(company.regarding, SYSTEM, person.mailboxId)
  }, 60_000)
  afterAll(async () => {
    await company?.close()
    await Promise.all([proxy?.close(), dovecot?.stop(), radicale?.stop()])
  })

  const cycle = () => runActMailbox(company.regarding, person.mailboxId, { guard: () => Promise.resolve() })
  const put = async (folder: string, name: string, text: string) => {
    const { status } = await hands.put([folder], name, `${text.trim().split('\n').join('\r\n')}\r\n`)
    expect([name, status]).toEqual([name, 201])
  }
  const resources = async () =>
    Promise.all(['Calendar', 'Tasks', 'Contacts'].map(async (name) => (await hands.list([name])).length))
  const records = (table: string) =>
    company.regarding.records
      .as(SYSTEM)
      .query({ table })
      .then(({ rows }) => rows)
  const subjects = async (table: string) => (await records(table)).map((row) => String(row['subject'])).toSorted(byText)

  it('AP-3, SC-56: what cannot be read is told with cause and remedy, the rest is synchronized, and nothing is deleted', async () => {
    await put('Calendar', 'good.ics', vevent('SUMMARY:Good', time(1)))
    await put('Calendar', 'unknown-zone.ics', vevent('SUMMARY:Unknown zone', time(3)))
    await put('Calendar', 'alone.ics', vevent('SUMMARY:Alone', time(5), 'X-BAD-RECURRENCE-ID:20270105T080000Z'))
    await put('Calendar', 'soon.ics', vevent('SUMMARY:Soon', 'DTSTART:20270102T100000Z'))
    await put('Calendar', 'twice.ics', vevent('SUMMARY:Twice', time(7), 'X-SECOND:1'))
    await put('Calendar', 'denied.ics', vevent('SUMMARY:Denied', time(8)))
    await put('Tasks', 'good.ics', vtodo('SUMMARY:Good task'))
    await put('Tasks', 'no-day.ics', vtodo('SUMMARY:No day', 'DUE;VALUE=DATE:20270228'))
    await put('Contacts', 'good.vcf', vcard('FN:Gustav Good', 'N:Good;Gustav;;;', 'EMAIL:gustav@good.example'))
    await put('Contacts', 'broken.vcf', vcard('FN:Broken', 'N:Broken;;;;'))
    const before = await resources()
    // What Radicale would not take: other servers have it.
    proxy.meddle({
      change: (answer) => ({ ...answer, body: spoilt(answer.body) }),
      forward: (request) => ({ ...request, body: request.body.replace(/^RECURRENCE-ID/m, 'X-BAD-RECURRENCE-ID') }),
    })
    const outcome = await cycle()
    expect(outcome).toMatchObject({ removedItems: 0, deletedRecords: 0 })
    const failures = await failuresOf(company.regarding, person)
    expect(failures.map(({ code, text }) => `${code} ${text}`).sort()).toEqual([
      expect.stringMatching(/^ItemUnreadable .*answered 403.*Ask for the right/),
      expect.stringMatching(/^ItemUnreadable .*Repair it/),
      expect.stringMatching(/^ItemUnreadable .*time "20270230".*Repair it/),
      expect.stringMatching(/^ItemUnreadable .*time "soon".*Repair it/),
      expect.stringMatching(/^ItemUnreadable .*two appointments with one UID. Delete one/),
      expect.stringMatching(/^ItemUnreadable .*time zone "Mars.Olympus".*Choose another zone/),
    ])
    expect(await subjects('appointment')).toEqual(['Alone', 'Good'])
    expect(await subjects('task')).toEqual(['Good task'])
    expect(await cycle()).toMatchObject({ createdRecords: 0, removedItems: 0, deletedRecords: 0 })
    proxy.meddle({})
    expect(await cycle()).toMatchObject({ createdRecords: 5, failed: 0 })
    expect(await failuresOf(company.regarding, person)).toEqual([])
    expect(await resources()).toEqual(before)
  }, 60_000)

  it('AP-8, B-60: what is tracked is known by its UID: nothing is written into it, and it is itself wherever it is put', async () => {
    const path = hands.pathOf(['Tasks'])
    const text = vtodo('SUMMARY:Untouched')
    await put('Tasks', 'untouched.ics', text)
    proxy.requests.length = 0
    expect(await cycle()).toMatchObject({ createdRecords: 1, linked: 1, updatedItems: 0, failed: 0 })
    expect(await cycle()).toMatchObject({ seen: 0, createdRecords: 0 })
    expect(proxy.requests.filter(({ method }) => method === 'PUT')).toEqual([])
    const [record] = (await records('task')).filter((row) => row['subject'] === 'Untouched')

    await hands.ask('DELETE', `${path}untouched.ics`)
    await put('Tasks', 'elsewhere.ics', text.replace('Untouched', 'Moved and renamed'))
    expect(await cycle()).toMatchObject({ createdRecords: 0, deletedRecords: 0, updatedRecords: 1, failed: 0 })
    const system = company.regarding.records.as(SYSTEM)
    expect(await system.retrieve('task', String(record?.['activityid']))).toMatchObject({
      subject: 'Moved and renamed',
    })

    await system.update('task', String(record?.['activityid']), { subject: 'Changed in the CRM' })
    expect(await cycle()).toMatchObject({ updatedItems: 1, failed: 0 })
    expect((await hands.ask('GET', `${path}elsewhere.ics`)).text).toContain('SUMMARY:Changed in the CRM')
  }, 60_000)
})

const MULTISTATUS = /(<href>[^<]*denied\.ics<\/href>)<propstat>[^]*?<\/propstat>/

function spoilt(body: string): string {
  const second = ['END:VEVENT', 'BEGIN:VEVENT', 'UID:second', 'DTSTART:20270107T120000Z'].join('\n')
  const denied = body.includes('calendar-data')
    ? body.replace(MULTISTATUS, '$1<status>HTTP/1.1 403 Forbidden</status>')
    : body
  return denied
    .replaceAll('X-BAD-', '')
    .replace('DTSTART:20270102T100000Z', 'DTSTART:soon')
    .replace('DTSTART:20270103T100000Z', 'DTSTART;TZID=Mars/Olympus:20270103T100000')
    .replace('DUE;VALUE=DATE:20270228', 'DUE;VALUE=DATE:20270230')
    .replace('X-SECOND:1', second)
    .replace('FN:Broken', 'Broken')
}

async function enable(
  regarding: Regarding,
  person: Person,
  user: string,
  dovecot: Dovecot,
  port: number,
): Promise<void> {
  const id = await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'IMAP and CalDAV',
    servertype: 3,
    authenticateusing: 0,
    incomingserverlocation: dovecot.host,
    incomingportnumber: dovecot.port,
    incomingsecurity: 0,
    calendarserverlocation: `http://127.0.0.1:${port}/`,
  })
  await regarding.mailboxes.update(SYSTEM, person.mailboxId, {
    emailserverprofile: { table: 'emailserverprofile', id },
    incomingemaildeliverymethod: 0,
    outgoingemaildeliverymethod: 0,
    actdeliverymethod: 1,
    username: user,
    password: 'secret',
    allowemailconnectortousecredentials: true,
  })
  await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
  const results = (await testMailboxes(regarding, SYSTEM, [person.mailboxId])).get(person.mailboxId) ?? []
  expect(results).toContainEqual(expect.objectContaining({ direction: 'act', status: 'success' }))
}

let number = 0

const byText = (a: string, b: string) => (a < b ? -1 : 1)

function vevent(...lines: string[]): string {
  return calendar('VEVENT', `UID:event-${++number}`, 'DTSTAMP:20260101T000000Z', 'CATEGORIES:$Tracked', ...lines)
}

function vtodo(...lines: string[]): string {
  return calendar('VTODO', `UID:task-${++number}`, 'DTSTAMP:20260101T000000Z', 'CATEGORIES:$Tracked', ...lines)
}

function calendar(kind: string, ...lines: string[]): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Tests',
    `BEGIN:${kind}`,
    ...lines,
    `END:${kind}`,
    'END:VCALENDAR',
  ].join('\n')
}

function vcard(...lines: string[]): string {
  return ['BEGIN:VCARD', 'VERSION:3.0', `UID:card-${++number}`, ...lines, 'END:VCARD'].join('\n')
}

const time = (day: number) => `DTSTART:2027010${day}T100000Z\nDTEND:2027010${day}T110000Z`
