import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCEPT, alwaysTrack, explain } from '#incoming'
import { SYSTEM } from '#records'
import { testMailboxes, trackMessage, untrack } from '#sync'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Company, mail, openCompany } from './support/company.ts'

describe.each(engines)('a cycle of incoming email on %s', (engine) => {
  let company: Company
  beforeEach(async () => {
    company = await openCompany(await openTestInstallation(engine))
  })
  afterEach(async () => company?.close())

  const track = (code: number) => company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track: code })

  it('T-23: code 0 accepts a message from an unknown sender, and the email holds what the message says', async () => {
    await track(ACCEPT.all)
    company.server.account(company.anna.address).deliver(
      ['INBOX'],
      mail({
        from: 'Otto Kern <otto@kern.example>',
        to: 'anna@adatum.example',
        subject: 'Offer',
        messageId: '<offer@kern.example>',
      }),
    )
    const outcome = await company.cycle(company.anna)
    expect(outcome).toMatchObject({ seen: 1, tracked: 1, failed: 0 })
    const [email] = await company.emails()
    expect(email).toMatchObject({
      subject: 'Offer',
      messageid: '<offer@kern.example>',
      directioncode: false,
      statuscode: 4,
      ownerid: company.anna.id,
    })
    const parties = await company.parties(String(email?.['activityid']))
    expect(parties.filter((party) => party['participationtypemask'] === 1)).toMatchObject([
      { addressused: 'otto@kern.example', partyid: null },
    ])
    expect(parties.filter((party) => party['participationtypemask'] === 2)).toMatchObject([
      { partyid: company.anna.id },
    ])
  })

  it('B-20: a message that is not tracked leaves a decision with its reason, and no body was fetched', async () => {
    company.server
      .account(company.anna.address)
      .deliver(['INBOX'], mail({ from: 'x@y.example', to: 'anna@adatum.example', messageId: '<no@y.example>' }))
    expect(await company.cycle(company.anna)).toMatchObject({
      seen: 1,
      tracked: 0,
      notTracked: 1,
      byReason: { NoCorrelationMatch: 1 },
    })
    const [decision] = await explain(
      company.regarding,
      { kind: 'user', id: company.anna.id },
      { messageId: 'no@y.example' },
    )
    expect(decision).toMatchObject({ outcome: 'notTracked', reason: 'NoCorrelationMatch', subject: 'Hello' })
    expect(decision?.trace.length).toBeGreaterThan(2)
    expect(company.server.traffic.calls.raw ?? 0).toBe(0)
  })

  it('T-86: a message in two mailboxes is one email with two copies', async () => {
    await track(ACCEPT.all)
    const source = mail({ from: 'otto@kern.example', to: ['anna@adatum.example', 'ben@adatum.example'] })
    for (const person of [company.anna, company.ben]) company.server.account(person.address).deliver(['INBOX'], source)
    expect(await company.cycle(company.anna)).toMatchObject({ tracked: 1 })
    expect(await company.cycle(company.ben)).toMatchObject({ tracked: 0, linked: 1 })
    expect(await company.emails()).toHaveLength(1)
    const items = company.server.account(company.ben.address).list(['INBOX'])
    expect(items[0]?.categories).toContain('$Tracked')
  })

  it('MO-76: a message that lies twice in the Inbox is one email, explained by the decision that tracked it', async () => {
    await track(ACCEPT.all)
    const inbox = company.server.account(company.anna.address)
    const source = mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: '<twice@kern.example>' })
    inbox.deliver(['INBOX'], source)
    inbox.deliver(['INBOX'], source)
    expect(await company.cycle(company.anna)).toMatchObject({ seen: 2, tracked: 1, linked: 1, failed: 0 })
    inbox.deliver(['INBOX'], source)
    expect(await company.cycle(company.anna)).toMatchObject({ seen: 1, linked: 1 })
    expect(await company.emails()).toHaveLength(1)
    const decisions = await explain(company.regarding, SYSTEM, { messageId: '<twice@kern.example>' })
    expect(decisions).toMatchObject([{ outcome: 'tracked', reason: 'AutomaticAll' }])
  })

  it('T-41: a reply correlates by In-Reply-To and inherits the regarding, also within one page', async () => {
    await track(ACCEPT.replies)
    const account = await company.account({ name: 'Kern AG' })
    const inbox = company.server.account(company.anna.address)
    const first = inbox.deliver(
      ['INBOX'],
      mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: '<1@kern.example>' }),
    )
    inbox.categorize(['INBOX'], first, { add: ['$Tracked'] })
    await company.cycle(company.anna)
    const [email] = await company.emails()
    expect(email).toBeDefined()
    const { setRegarding } = await import('#incoming')
    await setRegarding(company.regarding, SYSTEM, String(email?.['activityid']), account)
    for (const n of [2, 3])
      inbox.deliver(
        ['INBOX'],
        mail({
          from: 'otto@kern.example',
          to: 'anna@adatum.example',
          messageId: `<${n}@kern.example>`,
          inReplyTo: `<${n - 1}@kern.example>`,
        }),
      )
    expect(await company.cycle(company.anna)).toMatchObject({ tracked: 2, byCorrelation: { '3': 2 } })
    const emails = await company.emails()
    expect(emails.map((row) => row['regardingobjectid'])).toEqual([account.id, account.id, account.id])
  })

  it('T-76: two messages of a new sender on one page make one contact', async () => {
    await company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track: ACCEPT.all, Create: 'Contacts' })
    const inbox = company.server.account(company.anna.address)
    for (const _ of [1, 2])
      inbox.deliver(['INBOX'], mail({ from: 'Nora Lind <nora@lind.example>', to: 'anna@adatum.example' }))
    expect(await company.cycle(company.anna)).toMatchObject({ tracked: 2, failed: 0 })
    const page = await company.regarding.records.as(SYSTEM).query({ table: 'contact' })
    expect(page.rows).toMatchObject([
      { firstname: 'Nora', lastname: 'Lind', emailaddress1: 'nora@lind.example', ownerid: company.anna.id },
    ])
  })

  it('T-98, T-100: taking the category off untracks; the message is not picked up again', async () => {
    await track(ACCEPT.all)
    const inbox = company.server.account(company.anna.address)
    const id = inbox.deliver(
      ['INBOX'],
      mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: '<u@kern.example>' }),
    )
    await company.cycle(company.anna)
    expect(inbox.list(['INBOX'])[0]?.categories).toContain('$Tracked')
    inbox.categorize(['INBOX'], id, { remove: ['$Tracked'] })
    expect(await company.cycle(company.anna)).toMatchObject({ untracked: 1 })
    inbox.createFolder(['INBOX', 'Later'])
    const moved = inbox.move(['INBOX'], id, ['INBOX', 'Later'])
    await company.cycle(company.anna)
    inbox.move(['INBOX', 'Later'], String(moved), ['INBOX'])
    expect(await company.cycle(company.anna)).toMatchObject({ tracked: 0, byReason: { UntrackedByUser: 1 } })
    expect(await company.emails()).toHaveLength(1)
  })

  it('T-94: a mark that is not carried out yet is nobody’s wish, though the item is reported again before it', async () => {
    const inbox = company.server.account(company.anna.address)
    const deliver = (id: string) =>
      inbox.deliver(['INBOX'], mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: `<${id}>` }))
    const wanted = deliver('wanted@kern.example')
    const unwanted = deliver('unwanted@kern.example')
    inbox.categorize(['INBOX'], unwanted, { add: ['$Tracked'] })
    await company.cycle(company.anna)
    const { mailboxId } = company.anna
    await trackMessage(company.regarding, company.anna.id, { mailboxId, messageId: '<wanted@kern.example>' })
    const [email] = await company.emails({ messageid: '<unwanted@kern.example>' })
    await untrack(company.regarding, SYSTEM, String(email?.['activityid']), { whose: 'mine', mailboxId })
    for (const id of [wanted, unwanted]) inbox.categorize(['INBOX'], id, { add: ['Red'] })
    expect(await company.cycle(company.anna)).toMatchObject({ seen: 0, untracked: 0 })
    const outcomes = async (messageId: string) =>
      (await explain(company.regarding, SYSTEM, { messageId })).map((decision) => decision.reason)
    expect(await outcomes('wanted@kern.example')).toEqual(['ManualApi'])
    expect(await outcomes('unwanted@kern.example')).toEqual(['UntrackedByUser'])
    const categories = inbox.list(['INBOX']).map((item) => item.categories.includes('$Tracked'))
    expect(categories).toEqual([true, false])
  })

  it('B-14: a lost cursor lists the folder again; nothing is doubled', async () => {
    await track(ACCEPT.all)
    const inbox = company.server.account(company.anna.address)
    for (const n of [1, 2, 3])
      inbox.deliver(
        ['INBOX'],
        mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: `<c${n}@kern.example>` }),
      )
    await company.cycle(company.anna)
    inbox.invalidateCursors(['INBOX'])
    inbox.deliver(
      ['INBOX'],
      mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: '<c4@kern.example>' }),
    )
    expect(await company.cycle(company.anna)).toMatchObject({ tracked: 1, failed: 0 })
    expect(await company.emails()).toHaveLength(4)
  })

  it('B-22: a sender that a person always tracks is accepted whatever the filter says', async () => {
    await track(ACCEPT.none)
    await alwaysTrack(company.regarding, company.anna.id, 'Otto@Kern.example', true)
    company.server
      .account(company.anna.address)
      .deliver(['INBOX'], mail({ from: 'otto@kern.example', to: 'anna@adatum.example' }))
    expect(await company.cycle(company.anna)).toMatchObject({ tracked: 1, byReason: { AutomaticChosenSender: 1 } })
  })

  it('B-3: two mailboxes of one user never make two emails of one message', async () => {
    const { regarding, anna, server } = company
    await track(ACCEPT.all)
    const second = await regarding.mailboxes.createFurther(SYSTEM, anna.id, 'Anna, sales', 'sales@adatum.example')
    const { rows } = await regarding.records.as(SYSTEM).query({ table: 'emailserverprofile', top: 1 })
    await regarding.mailboxes.update(SYSTEM, second, {
      emailserverprofile: { table: 'emailserverprofile', id: String(rows[0]?.['emailserverprofileid']) },
    })
    server.account('sales@adatum.example')
    await regarding.mailboxes.approve(SYSTEM, [second])
    await testMailboxes(regarding, SYSTEM, [second])
    const source = mail({ from: 'otto@kern.example', to: 'anna@adatum.example', messageId: '<twice@kern.example>' })
    for (const address of [anna.address, 'sales@adatum.example']) server.account(address).deliver(['INBOX'], source)
    await company.cycle(anna)
    expect(await company.cycle({ ...anna, mailboxId: second })).toMatchObject({ tracked: 0, linked: 1 })
    expect(await company.emails()).toHaveLength(1)
  })
})
