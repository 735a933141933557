import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explain } from '#incoming'
import { ROLES, type Row, SYSTEM } from '#records'
import { openTestInstallation } from '../../support/database.ts'
import { addUser, type Company, type Mail, mail, openCompany, type Person } from '../support/company.ts'

const INBOX = ['INBOX']

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

let number = 0
let subject: string
let messageId: string
beforeEach(async () => {
  subject = `Trouble ${++number}`
  messageId = `<trouble-${number}@kern.example>`
  for (const person of [company.anna, company.ben]) await choose(person, { Track: 'None', Create: 'Off' })
  await company.regarding.mailboxes.update(SYSTEM, company.support.mailboxId, { incomingfilter: 4 })
})

const choose = (person: Person, options: Record<string, unknown>) =>
  company.regarding.options.setPersonal(SYSTEM, person.id, options)
const queueAccepts = (incomingfilter: number) =>
  company.regarding.mailboxes.update(SYSTEM, company.support.mailboxId, { incomingfilter })
const deliver = (to: Person, more: Partial<Mail> = {}, folder = INBOX) =>
  company.server
    .account(to.address)
    .deliver(folder, mail({ from: 'otto@kern.example', to: to.address, subject, messageId, ...more }))
const email = async (): Promise<Row | undefined> => (await company.emails({ subject })).at(-1)
const parties = async (role: number) =>
  (await company.parties(String((await email())?.['activityid']))).filter(
    (party) => party['participationtypemask'] === role,
  )
const reason = async (person: Person) =>
  (await explain(company.regarding, SYSTEM, { messageId, mailboxId: person.mailboxId }))[0]?.reason
/** Delivers to Anna and lets her mailbox be processed. */
async function receive(more: Partial<Mail> = {}): Promise<void> {
  deliver(company.anna, more)
  await company.cycle(company.anna)
}
const next = (what: string) => {
  messageId = `<trouble-${number}-${what}@kern.example>`
  subject = `${subject} ${what}`
}
const newContact = (address: string, more: Record<string, string | number> = {}) =>
  company.contact({ lastname: `C${number}`, emailaddress1: address, ...more })

describe('troubles, their signs and remedies', () => {
  it('MO-101, MO-20: not tracked for the filter: the row says so; another filter helps', async () => {
    await choose(company.anna, { Track: 'LeadsContactsAccounts' })
    await receive()
    expect(await reason(company.anna)).toBe('NoCorrelationMatch')
    next('helped')
    await choose(company.anna, { Track: 'All' })
    await receive()
    expect(await email()).toBeDefined()
  })

  it('MO-102, T-1: not tracked and no row: it lay in a subfolder; a mark helps', async () => {
    await choose(company.anna, { Track: 'All' })
    const account = company.server.account(company.anna.address)
    account.createFolder(['INBOX', 'Sub'])
    const id = deliver(company.anna, {}, ['INBOX', 'Sub'])
    await company.cycle(company.anna)
    expect([await email(), await reason(company.anna)]).toEqual([undefined, undefined])
    account.categorize(['INBOX', 'Sub'], id, { add: ['$Tracked'] })
    await company.cycle(company.anna)
    expect(await email()).toBeDefined()
  })

  it('T-3, B-13: a message that is moved back into the Inbox is evaluated, however old', async () => {
    await choose(company.anna, { Track: 'All' })
    const account = company.server.account(company.anna.address)
    account.createFolder(['INBOX', 'Parked'])
    const source = mail({ from: 'otto@kern.example', to: company.anna.address, subject, messageId })
    const id = account.deliver(['INBOX', 'Parked'], source, { received: new Date('2025-06-01T00:00:00Z') })
    deliver(company.anna, { subject: 'Newer', messageId: `<newer-${number}@kern.example>` })
    await company.cycle(company.anna)
    expect(await email()).toBeUndefined()
    account.move(['INBOX', 'Parked'], id, INBOX)
    await company.cycle(company.anna)
    expect(await email()).toBeDefined()
  })

  it('MO-103: email to a list or by Bcc: NoRecipientMatch; choosing all email helps', async () => {
    await choose(company.anna, { Track: 'EmailEnabled' })
    await receive({ to: 'everybody@lists.example' })
    expect(await reason(company.anna)).toBe('NoRecipientMatch')
    next('helped')
    await choose(company.anna, { Track: 'All' })
    await receive({ to: 'everybody@lists.example' })
    expect(await email()).toMatchObject({ acceptingentityid: company.anna.id })
    expect(await parties(2)).toMatchObject([{ partyid: null, addressused: 'everybody@lists.example' }])
  })

  it('MO-104: a sent reply is not tracked while Sent Items is not searched', async () => {
    await choose(company.anna, { Track: 'All' })
    const sent = { from: company.anna.address, to: 'otto@kern.example' }
    deliver(company.anna, sent, ['Sent'])
    await company.cycle(company.anna)
    expect([await email(), await reason(company.anna)]).toEqual([undefined, undefined])
    await company.set({ AutoTrackSentFolderItems: true })
    next('helped')
    deliver(company.anna, sent, ['Sent'])
    await company.cycle(company.anna)
    await company.set({ AutoTrackSentFolderItems: null })
    expect(await email()).toMatchObject({ directioncode: true, statuscode: 3 })
  })

  it('MO-105: tracked against the own filter: somebody else accepts it; forcing the own filter helps', async () => {
    await choose(company.ben, { Track: 'All' })
    const to = [company.anna.address, company.ben.address]
    await receive({ to })
    expect(await email()).toMatchObject({
      acceptingentityid: company.ben.id,
      receivingmailboxid: company.anna.mailboxId,
    })
    await company.set({ SSSForceFilteringMethodForUserMailboxes: true })
    next('forced')
    await receive({ to })
    expect(await email()).toBeUndefined()
    await company.set({ SSSForceFilteringMethodForUserMailboxes: null })
  })

  it('MO-106, MB-111: an address that user and queue share belongs to both; the queue accepts and gets the item', async () => {
    const shared = await addUser(company.regarding, 'Shared', 'Test', 'shared@adatum.example')
    const system = company.regarding.records.as(SYSTEM)
    await system.update('queue', company.support.id, { emailaddress: 'shared@adatum.example' })
    await company.regarding.mailboxes.approve(SYSTEM, [company.support.mailboxId, shared.mailboxId])
    await system.update('mailbox', company.support.mailboxId, { enabledforincomingemail: true, incomingfilter: 0 })
    await receive({ to: 'shared@adatum.example' })
    expect(await email()).toMatchObject({ acceptingentityid: company.support.id })
    expect((await parties(2)).map((party) => party['partyid'])).toEqual(
      expect.arrayContaining([shared.id, company.support.id]),
    )
    await system.update('systemuser', shared.id, { internalemailaddress: null })
    await system.update('queue', company.support.id, { emailaddress: company.support.address })
    await company.regarding.mailboxes.approve(SYSTEM, [company.support.mailboxId])
    await system.update('mailbox', company.support.mailboxId, { enabledforincomingemail: true })
  })

  it('MO-107, MO-26: between users it appears twice, by direction; with one activity only once', async () => {
    await choose(company.ben, { Track: 'All' })
    await choose(company.anna, { Track: 'All' })
    await company.set({ AutoTrackSentFolderItems: true })
    const between = { from: company.anna.address, to: company.ben.address }
    const exchange = async () => {
      deliver(company.anna, between, ['Sent'])
      deliver(company.ben, between)
      for (const person of [company.anna, company.ben]) await company.cycle(person)
      return (await company.emails({ subject })).map((row) => row['directioncode'])
    }
    expect(await exchange()).toEqual(expect.arrayContaining([true, false]))
    await company.set({ TrackEmailsBetweenUsersAsTwoActivities: false, IgnoreInternalEmailDetectionEnhancement: false })
    next('off')
    expect(await exchange()).toEqual([])
    expect(await reason(company.ben)).toBe('InternalEmail')
    await company.set({
      TrackEmailsBetweenUsersAsTwoActivities: null,
      IgnoreInternalEmailDetectionEnhancement: null,
      AutoTrackSentFolderItems: null,
    })
  })

  it('MO-109, B-52: the wrong sender: several records hold the address; the others are named, and the setting leaves it open', async () => {
    await choose(company.anna, { Track: 'All' })
    const first = await newContact('twice@kern.example')
    await company.clock.advance(1000)
    const second = await newContact('twice@kern.example')
    await receive({ from: 'twice@kern.example' })
    expect(await parties(1)).toMatchObject([{ partyid: first.id }])
    await company.set({ UnresolveSenderInCaseOfMultipleMatch: true })
    next('open')
    await receive({ from: 'twice@kern.example' })
    expect(await parties(1)).toMatchObject([{ partyid: null }])
    await company.set({ UnresolveSenderInCaseOfMultipleMatch: null })
    await company.regarding.records.as(SYSTEM).deleteMany('contact', [first.id, second.id])
  })

  it('MO-110: the sender is unresolved though a person is there: disabled users never resolve', async () => {
    await choose(company.anna, { Track: 'All' })
    const gone = await addUser(company.regarding, 'Gone', 'Test', `gone${number}@adatum.example`)
    await company.regarding.records.as(SYSTEM).update('systemuser', gone.id, { isdisabled: true })
    await receive({ from: gone.address })
    expect(await parties(1)).toMatchObject([{ partyid: null, addressused: gone.address }])
  })

  it('MO-111, MO-93, T-80: an unexpected owner: explain tells how the owner was found', async () => {
    await choose(company.anna, { Track: 'All' })
    const system = company.regarding.records.as(SYSTEM)
    const contact = await system.create('contact', {
      lastname: 'Bens',
      emailaddress1: 'bens@kern.example',
      ownerid: { table: 'systemuser', id: company.ben.id },
    })
    await receive({ from: 'bens@kern.example', to: [company.anna.address, company.ben.address] })
    expect(await email()).toMatchObject({ ownerid: company.ben.id })
    const [row] = await explain(company.regarding, SYSTEM, { messageId, mailboxId: company.anna.mailboxId })
    expect(
      row?.trace
        .filter((step) => step.rule === 'T-80')
        .map((step) => step.says)
        .join(' '),
    ).toMatch(/owner|owns/)
    await system.delete('contact', contact)
  })

  it('MO-114: where the server has no categories nothing is marked, and tracking goes on', async () => {
    const other = await openCompany(await openTestInstallation(), { server: { can: { categories: false } } })
    try {
      await other.regarding.options.setPersonal(SYSTEM, other.anna.id, { Track: 'All' })
      other.server
        .account(other.anna.address)
        .deliver(INBOX, mail({ from: 'otto@kern.example', to: other.anna.address }))
      expect(await other.cycle(other.anna)).toMatchObject({ tracked: 1, failed: 0 })
      expect(other.server.traffic.calls.mark ?? 0).toBe(0)
      const codes = (await other.regarding.alerts.wall(SYSTEM)).map((row) => row['code'])
      expect(codes).not.toContain('TrackedCategoryCreated')
    } finally {
      await other.close()
    }
  })

  it('MO-22: a message that a second mailbox holds is a Duplicate there, which needs nothing', async () => {
    await choose(company.anna, { Track: 'All' })
    const to = [company.anna.address, company.ben.address]
    deliver(company.anna, { to })
    deliver(company.ben, { to })
    for (const person of [company.anna, company.ben]) await company.cycle(person)
    expect(await reason(company.ben)).toBe('Duplicate')
    expect(await company.emails({ subject })).toHaveLength(1)
  })
})

describe('choices of people over the engine', () => {
  it('PO-5: a choice counts from the next cycle, and what was decided before is not decided anew', async () => {
    await receive()
    await choose(company.anna, { Track: 'All' })
    await company.cycle(company.anna)
    expect(await email()).toBeUndefined()
    next('new')
    await receive()
    expect(await email()).toBeDefined()
  })

  it('PO-34: with the server side the choice counts whatever CheckIncomingInClient says', async () => {
    for (const CheckIncomingInClient of [true, false]) {
      next(String(CheckIncomingInClient))
      await choose(company.anna, { Track: 'All', CheckIncomingInClient })
      await receive()
      expect(await email()).toBeDefined()
    }
  })

  it('PO-35, MB-110, T-83: a queue has the choice of its own mailbox, and what it accepts becomes an item in it', async () => {
    deliver(company.support)
    expect(await company.cycle(company.support)).toMatchObject({ notTracked: 1 })
    next('all')
    await queueAccepts(0)
    deliver(company.support)
    expect(await company.cycle(company.support)).toMatchObject({ tracked: 1 })
    expect(await email()).toMatchObject({ acceptingentityid: company.support.id, ownerid: company.anna.id })
    const items = await company.regarding.records.as(SYSTEM).query({ table: 'queueitem' })
    const id = (await email())?.['activityid']
    expect(items.rows.filter((row) => row['objectid'] === id)).toMatchObject([{ queueid: company.support.id }])
  })

  it('PO-37, T-75, T-76, T-77: Create makes a contact or lead of an unknown sender, given the privilege and the organization’s consent', async () => {
    const made = async (table: 'contact' | 'lead', address: string) =>
      (await company.regarding.records.as(SYSTEM).query({ table })).rows.filter(
        (row) => row['emailaddress1'] === address,
      )
    await choose(company.anna, { Track: 'All', Create: 'Leads' })
    await receive({ from: 'New Lead <lead@new.example>' })
    expect(await made('lead', 'lead@new.example')).toMatchObject([
      { firstname: 'New', lastname: 'Lead', ownerid: company.anna.id },
    ])
    await company.set({ AutoCreateContactOnPromote: false })
    next('gate')
    await receive({ from: 'gate@new.example' })
    expect([await made('lead', 'gate@new.example'), (await parties(1))[0]?.['partyid']]).toEqual([[], null])
    await company.set({ AutoCreateContactOnPromote: null })
    next('right')
    await choose(company.anna, { Create: 'Contacts' })
    const role = await company.regarding.records.as(SYSTEM).query({ table: 'systemuserroles' })
    const mine = role.rows.find((row) => row['systemuserid'] === company.anna.id)
    await company.regarding.records.as(SYSTEM).delete('systemuserroles', String(mine?.['systemuserroleid']))
    await company.regarding.records.as(SYSTEM).create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: company.anna.id },
      roleid: { table: 'role', id: ROLES.delegate },
    })
    await receive({ from: 'right@new.example', to: [company.anna.address, company.ben.address] })
    expect(await made('contact', 'right@new.example')).toEqual([])
    expect(await email()).toMatchObject({ ownerid: company.ben.id })
    await company.regarding.records.as(SYSTEM).create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: company.anna.id },
      roleid: { table: 'role', id: ROLES.salesperson },
    })
  })

  it('T-53: a token stands for the conversation: the reply and the reply to it carry that of the first email', async () => {
    await choose(company.anna, { Track: 'Replies' })
    const system = company.regarding.records.as(SYSTEM)
    const first = await system.create('email', {
      subject: 'Offer CRM:0001042',
      trackingtoken: 'CRM:0001042',
      directioncode: true,
      messageid: '<offer-42@adatum.example>',
      ownerid: { table: 'systemuser', id: company.anna.id },
    })
    await receive({ subject: `RE: Offer CRM:0001042` })
    const replies = async () =>
      (await company.emails({ trackingtoken: 'CRM:0001042' })).filter((row) => row['activityid'] !== first)
    expect(await replies()).toMatchObject([{ correlationmethod: 4, correlatedactivityid: first }])
    next('again')
    await receive({ subject: `AW: RE: Offer crm:0001042` })
    expect((await replies()).map((row) => row['correlationmethod'])).toEqual([4, 4])
  })
})
