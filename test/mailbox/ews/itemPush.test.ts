import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { type Contact, NO_CONTACT, newMessage } from '#sandbox'
import { addUser, type Company, mail, openCompany } from '../../incoming/support/company.ts'
import { openTestInstallation } from '../../support/database.ts'
import { MEETING, startPushed } from '../support/pushed.ts'
import { type Exchange, startExchange } from './support/sandbox.ts'

let company: Company
let exchange: Exchange
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  exchange = await startExchange({}, company.clock)
})
afterAll(async () => {
  await company?.close()
  await exchange?.close()
})

test('B-10: one stream tells of mail in every folder, of calendars, contacts and tasks; a new folder is heard of as well', async () => {
  const { regarding, clock } = company
  const profile = await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Exchange of our own',
    servertype: 1,
    incomingserverlocation: exchange.url,
    authenticateusing: 1,
    incomingauthenticationprotocol: 2,
    username: 'CONTOSO\\svc-crm',
    password: exchange.service.password,
    useimpersonation: true,
  })
  const address = 'eva@contoso.example'
  const { mailbox } = exchange.world.addUser({ address, name: 'Eva Holm' })
  const person = await addUser(regarding, 'Eva', 'Holm', address)
  await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
  const { errors, atRest, ranAfter, make } = await startPushed(regarding, person, {
    values: { emailserverprofile: { table: 'emailserverprofile', id: profile } },
    clock,
  })
  const isWatched = async () =>
    (await regarding.schedule.statusOf(person.mailboxId)).filter(({ hints }) => hints).map(({ workload }) => workload)
  await expect.poll(isWatched, { timeout: 15_000 }).toEqual(['incoming', 'act'])
  await atRest()
  const post = async (folder: string) => {
    const source = mail({ to: address, from: 'x@adatum.example', subject: folder })
    mailbox.add(folder, await newMessage(mailbox, source, { received: clock.now() }), 'newMail')
  }
  const addContact = (folder: string) => mailbox.add<Contact>(folder, { ...NO_CONTACT, displayName: 'Otto' })
  const contacts = mailbox.wellKnown('contacts').id
  expect(await ranAfter(() => post(mailbox.wellKnown('archive').id))).toEqual(['incoming'])
  expect(await ranAfter(() => make(MEETING))).toEqual(['act'])
  expect(await ranAfter(() => addContact(contacts))).toEqual(['act'])
  const task = { subject: 'Call', status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const
  expect(await ranAfter(() => make({ kind: 'task', fields: task }))).toEqual(['act'])
  // A folder of its own is known after the sweep that meets it.
  const below = mailbox.createFolder(contacts, 'Customers', 'contact').id
  const since = async () => (await regarding.schedule.statusOf(person.mailboxId))[0]?.hints?.since
  const before = await since()
  expect(await ranAfter(() => clock.advance(20 * 60_000))).toContain('act')
  await expect.poll(since, { timeout: 10_000 }).not.toEqual(before)
  await atRest()
  expect(await ranAfter(() => addContact(below))).toEqual(['act'])
  expect(errors).toEqual([])
})
