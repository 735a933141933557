import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import { confirmSent, deliveryOf, sendAgain, withdrawEmail } from '#outgoing'
import { EMAIL_STATUS, type Reference, SYSTEM } from '#records'
import { type Company, mail, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { alertsOf, as, draft, emailRow, outgoing, submit } from './support/sending.ts'

const MINUTE = 60_000

/** What the simulated server says to the next `send`. */
function failing(company: Company, error: MailboxError, moment: 'before' | 'after' = 'before', times = 1): void {
  company.server.faults.plan({ call: 'send', moment, times, error })
}

const refusal = () =>
  new MailboxError('permanent', 'MessageRefused', 'dora@contoso.example: no such user.', { scope: 'item' })
const busy = () =>
  new MailboxError('transient', 'ErrorInternalServerTransientError', 'Mailbox busy.', { scope: 'item' })
const away = () => new MailboxError('transient', 'ConnectFailure', 'The server is away.', { scope: 'server' })
const cut = () => new MailboxError('transient', 'ConnectFailure', 'Cut off.', { scope: 'server', uncertain: true })

describe.each([true, false])('sending, where the server files what it sends: %s', (filesSent) => {
  let company: Company
  let dora: Reference
  const sentBy = (id: string) => company.server.sent.filter(({ message }) => message.messageId.includes(id))
  /** Submits an email of Anna's; returns its id and Message-ID. */
  async function submitted(values: Record<string, unknown> = {}): Promise<{ id: string; messageId: string }> {
    const id = await draft(company, company.anna, { to: [dora] }, values as never)
    await submit(company, company.anna, id)
    await company.clock.advance(1)
    return { id, messageId: String((await emailRow(company, id))['messageid']) }
  }
  const status = async (id: string) => (await emailRow(company, id))['statuscode']

  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(), { server: { can: { filesSent } } })
    dora = await company.contact({ firstname: 'Dora', lastname: 'Lind', emailaddress1: 'dora@contoso.example' })
  })
  afterAll(() => company.close())

  test('SC-20, OE-5: high priority first, then the oldest; one that failed before stands behind', async () => {
    const order = [1, 2, 0, 1, 2]
    const ids: string[] = []
    for (const deliveryprioritycode of order) {
      ids.push((await submitted({ deliveryprioritycode })).messageId)
      await company.clock.advance(10)
    }
    const before = company.server.sent.length
    failing(company, busy())
    await outgoing(company, company.anna)
    const went = company.server.sent.slice(before).map(({ message }) => ids.indexOf(message.messageId))
    expect(went).toEqual([4, 0, 3, 2])
    await company.clock.advance(5 * MINUTE)
    await outgoing(company, company.anna)
    expect(
      await emailRow(company, (await company.emails({ messageid: ids[1] as string }))[0]?.['activityid'] as string),
    ).toMatchObject({ statuscode: EMAIL_STATUS.sent, deliveryattempts: 2 })
  })

  test('OE-4: what waits can be withdrawn, edited and sent again; what was sent cannot', async () => {
    const { id, messageId } = await submitted()
    const { trackingtoken } = await emailRow(company, id)
    await expect(
      company.regarding.records.as(as(company.anna)).update('email', id, { description: 'Other' }),
    ).rejects.toMatchObject({ code: 'ColumnReadOnly' })
    await withdrawEmail(company.regarding, as(company.anna), id)
    expect(await status(id)).toBe(EMAIL_STATUS.draft)
    await outgoing(company, company.anna)
    expect(sentBy(messageId)).toEqual([])
    await company.regarding.records.as(as(company.anna)).update('email', id, { description: 'Other' })
    await submit(company, company.anna, id)
    await outgoing(company, company.anna)
    expect(sentBy(messageId)).toHaveLength(1)
    expect((await emailRow(company, id))['trackingtoken']).toBe(trackingtoken)
    await expect(withdrawEmail(company.regarding, as(company.anna), id)).rejects.toThrow('waits to be sent')
  })

  test('OE-4: others withdraw nothing of mine', async () => {
    const { id } = await submitted()
    await expect(withdrawEmail(company.regarding, as(company.ben), id)).rejects.toMatchObject({
      code: 'PrivilegeDenied',
    })
    await withdrawEmail(company.regarding, as(company.anna), id)
  })

  test('OE-6: send later waits for its hour', async () => {
    const later = new Date(company.clock.now().getTime() + 60 * MINUTE)
    const { id } = await submitted({ delayedemailsendtime: later })
    await outgoing(company, company.anna)
    expect(await deliveryOf(company.regarding, as(company.anna), id)).toMatchObject({
      reason: 'SendLater',
      notBefore: later,
    })
    await company.clock.advance(60 * MINUTE)
    await outgoing(company, company.anna)
    expect(await status(id)).toBe(EMAIL_STATUS.sent)
  })

  test('OE-42: an email that is refused fails with an alert that says why; others go on', async () => {
    const [bad, good] = [await submitted(), await submitted()]
    failing(company, refusal())
    expect(await outgoing(company, company.anna)).toMatchObject({ sent: 1, failed: 1 })
    expect([await status(bad.id), await status(good.id)]).toEqual([EMAIL_STATUS.failed, EMAIL_STATUS.sent])
    expect(await alertsOf(company, bad.id)).toEqual(['MessageRefused'])
    const [alert] = await company.regarding.alerts.about(as(company.anna), { table: 'email', id: bad.id })
    expect(String(alert?.['text'])).toContain('dora@contoso.example: no such user.')
    // OE-45
    const token = (await emailRow(company, bad.id))['trackingtoken']
    await company.regarding.records.as(as(company.anna)).update('email', bad.id, { subject: 'Better' })
    await submit(company, company.anna, bad.id)
    await outgoing(company, company.anna)
    expect(await emailRow(company, bad.id)).toMatchObject({ statuscode: EMAIL_STATUS.sent, trackingtoken: token })
    expect(sentBy(bad.messageId)).toHaveLength(1)
    const [open] = await company.regarding.alerts.about(SYSTEM, { table: 'email', id: bad.id })
    expect(open?.['resolvedon']).not.toBeNull()
  })

  test('OE-45: a failed email keeps its token, whatever becomes of its subject', async () => {
    const { id } = await submitted()
    const token = (await emailRow(company, id))['trackingtoken']
    failing(company, refusal())
    await outgoing(company, company.anna)
    await company.regarding.records.as(as(company.anna)).update('email', id, { subject: 'Quite another' })
    expect(await submit(company, company.anna, id)).toMatchObject({ subject: `Quite another ${String(token)}` })
    await outgoing(company, company.anna)
  })

  test('OE-42: a party whose address went, and content that is gone, are named', async () => {
    const lost = await company.contact({ lastname: 'Lost', emailaddress1: 'lost@contoso.example' })
    const id = await draft(company, company.anna, { to: [dora, lost] })
    await submit(company, company.anna, id)
    await company.regarding.records.as(SYSTEM).update('contact', lost.id, { emailaddress1: null })
    await company.regarding.records.as(SYSTEM).updateMany(
      'activityparty',
      (
        await company.regarding.records.as(SYSTEM).query({
          table: 'activityparty',
          filter: {
            kind: 'filter',
            type: 'and',
            items: [{ kind: 'condition', column: 'partyid', operator: 'eq', values: [lost.id] }],
          },
        })
      ).rows.map((row) => ({ activitypartyid: String(row['activitypartyid']), addressused: null })),
    )
    expect(await outgoing(company, company.anna)).toMatchObject({ failed: 1, sent: 0 })
    expect(await alertsOf(company, id)).toEqual(['PartyWithoutAddress'])
    const [alert] = await company.regarding.alerts.about(SYSTEM, { table: 'email', id })
    expect(String(alert?.['text'])).toContain('“Lost”')
  })

  test('OE-43: the server’s failure puts the email off for five minutes, and is the mailbox’s', async () => {
    const { id } = await submitted()
    failing(company, away())
    await expect(outgoing(company, company.anna)).rejects.toMatchObject({ code: 'ConnectFailure' })
    expect(await emailRow(company, id)).toMatchObject({
      statuscode: EMAIL_STATUS.pendingSend,
      deliveryattempts: 1,
      postponeemailprocessinguntil: new Date(company.clock.now().getTime() + 5 * MINUTE),
    })
    expect(await outgoing(company, company.anna)).toMatchObject({ seen: 0 })
    expect(await deliveryOf(company.regarding, as(company.anna), id)).toMatchObject({
      reason: 'Postponed',
      attempts: 1,
    })
    await company.clock.advance(5 * MINUTE)
    await outgoing(company, company.anna)
    expect(await status(id)).toBe(EMAIL_STATUS.sent)
  })

  test('OE-43: an email whose mailbox is stopped by the failure waits for it', async () => {
    const { id } = await submitted()
    await company.regarding.records.as(SYSTEM).update('email', id, { deliveryattempts: 9 })
    failing(company, new MailboxError('denied', 'CredentialsIncorrect', 'Wrong password.'))
    await expect(outgoing(company, company.anna)).rejects.toMatchObject({ code: 'CredentialsIncorrect' })
    expect(await status(id)).toBe(EMAIL_STATUS.pendingSend)
    await company.clock.advance(5 * MINUTE)
    await outgoing(company, company.anna)
    expect(await status(id)).toBe(EMAIL_STATUS.sent)
  })

  test('OE-44: the tenth attempt of an email is its last', async () => {
    const { id } = await submitted()
    for (let attempt = 1; attempt <= 10; attempt++) {
      failing(company, busy())
      await outgoing(company, company.anna)
      expect(await emailRow(company, id)).toMatchObject({ deliveryattempts: attempt })
      await company.clock.advance(5 * MINUTE)
    }
    expect(await status(id)).toBe(EMAIL_STATUS.failed)
    expect(await alertsOf(company, id)).toEqual(['DeliveryAttemptsExhausted'])
  })

  test('SC-43, OE-51: with the quota used up email stays pending, and no attempt counts', async () => {
    const { id } = await submitted()
    for (let times = 0; times < 12; times++) {
      failing(company, new MailboxError('throttled', 'ErrorSubmissionQuotaExceeded', 'Quota.'))
      await expect(outgoing(company, company.anna)).rejects.toMatchObject({ code: 'ErrorSubmissionQuotaExceeded' })
      expect(await emailRow(company, id)).toMatchObject({ statuscode: EMAIL_STATUS.pendingSend, deliveryattempts: 0 })
      await company.clock.advance(5 * MINUTE)
    }
    await outgoing(company, company.anna)
    expect(await status(id)).toBe(EMAIL_STATUS.sent)
  })

  test('OE-3: an answer that never came: the server is asked, else a person decides; never twice', async () => {
    const { id, messageId } = await submitted()
    failing(company, cut(), 'after')
    await outgoing(company, company.anna)
    expect(await status(id)).toBe(filesSent ? EMAIL_STATUS.pendingSend : EMAIL_STATUS.uncertain)
    for (let times = 0; times < 3; times++) {
      await company.clock.advance(5 * MINUTE)
      await outgoing(company, company.anna)
    }
    expect(sentBy(messageId)).toHaveLength(1)
    expect(await status(id)).toBe(filesSent ? EMAIL_STATUS.sent : EMAIL_STATUS.uncertain)
    expect(await alertsOf(company, id)).toEqual(filesSent ? [] : ['DeliveryUncertain'])
    if (!filesSent) await confirmSent(company.regarding, as(company.anna), id)
    expect(await status(id)).toBe(EMAIL_STATUS.sent)
    await outgoing(company, company.anna)
    expect(sentBy(messageId)).toHaveLength(1)
    for (const decide of [sendAgain, confirmSent])
      await expect(decide(company.regarding, as(company.anna), id)).rejects.toMatchObject({ code: 'ValidationFailed' })
  })

  test('OE-3: what was cut off before the server took it goes out, by itself or when a person says so', async () => {
    const { id, messageId } = await submitted()
    failing(company, cut(), 'before')
    await outgoing(company, company.anna)
    await company.clock.advance(5 * MINUTE)
    if (!filesSent) await sendAgain(company.regarding, as(company.anna), id)
    await outgoing(company, company.anna)
    expect(sentBy(messageId)).toHaveLength(1)
    expect(await status(id)).toBe(EMAIL_STATUS.sent)
  })

  test('OE-40, OE-41: one copy in Sent Items, linked, with the tracked category; tracking Sent Items makes no second email', async () => {
    await company.set({ AutoTrackSentFolderItems: true })
    const { id, messageId } = await submitted()
    await outgoing(company, company.anna)
    const copies = company.server
      .account(company.anna.address)
      .list(['Sent'])
      .filter((item) => item.messageId === messageId)
    expect(copies).toMatchObject([{ seen: true, categories: ['$Tracked'] }])
    await company.cycle(company.anna)
    expect((await company.emails({ messageid: messageId })).map((row) => row['activityid'])).toEqual([id])
    await company.set({ AutoTrackSentFolderItems: false })
  })

  test('OE-40: with the setting off no copy stays', async () => {
    await company.set({ SSSSaveOutgoingEmailToExchangeSentFolder: false })
    const { messageId } = await submitted()
    await outgoing(company, company.anna)
    const copies = company.server
      .account(company.anna.address)
      .list(['Sent'])
      .filter((item) => item.messageId === messageId)
    expect(copies).toEqual([])
    await company.set({ SSSSaveOutgoingEmailToExchangeSentFolder: true })
  })

  test('OE-7: what the servers of recipients do is not followed; a bounce is an incoming email', async () => {
    const { id } = await submitted()
    await outgoing(company, company.anna)
    const subject = String((await emailRow(company, id))['subject'])
    const bounce = mail({
      from: 'mailer-daemon@contoso.example',
      to: company.anna.address,
      subject: `Undelivered: ${subject}`,
      messageId: `<bounce-${id}@x>`,
    })
    company.server.account(company.anna.address).deliver(['INBOX'], bounce)
    await company.cycle(company.anna)
    expect(await status(id)).toBe(EMAIL_STATUS.sent)
    expect(await company.emails({ messageid: `<bounce-${id}@x>` })).toMatchObject([{ directioncode: false }])
  })

  test('law 8: nobody sends by setting a status', async () => {
    const id = await draft(company, company.anna, { to: [dora] })
    const access = company.regarding.records.as(as(company.anna))
    for (const statuscode of [EMAIL_STATUS.pendingSend, EMAIL_STATUS.sending, EMAIL_STATUS.uncertain]) {
      await expect(access.update('email', id, { statuscode })).rejects.toMatchObject({ code: 'ValidationFailed' })
      await expect(access.create('email', { subject: 'x', statuscode })).rejects.toMatchObject({
        code: 'ValidationFailed',
      })
    }
    await company.regarding.records.as(SYSTEM).update('email', id, { statuscode: EMAIL_STATUS.pendingSend })
    expect(await outgoing(company, company.anna)).toMatchObject({ seen: 0 })
    expect(await deliveryOf(company.regarding, as(company.anna), id)).toMatchObject({ reason: 'NotSubmitted' })
  })
})
