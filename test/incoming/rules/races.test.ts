import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { setRegarding, untrack } from '#incoming'
import { MailboxError } from '#mailbox'
import { RecordError, type Reference, SYSTEM } from '#records'
import { trackMessage } from '#sync'
import { openTestInstallation } from '../../support/database.ts'
import { type Company, mail, openCompany, refuseSubject } from '../support/company.ts'

const INBOX = ['INBOX']
const TRACKED = '$Tracked'

/** What people do while a cycle is under way or a wish waits. The server tells removals only by counts that differ. */
describe('acts beside the cycle', () => {
  let company: Company
  let north: Reference
  let south: Reference
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(), { server: { can: { removals: 'compared' } } })
    north = await company.account({ name: 'North' })
    south = await company.account({ name: 'South' })
  })
  afterAll(() => company?.close())

  let number = 0
  let subject: string
  let messageId: string
  beforeEach(async () => {
    subject = `Race ${++number}`
    messageId = `<race-${number}@kern.example>`
    await accept('None')
  })

  const accept = (Track: string) => company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track })
  const account = () => company.server.account(company.anna.address)
  const deliver = () =>
    account().deliver(INBOX, mail({ from: 'otto@kern.example', to: 'anna@adatum.example', subject, messageId }))
  const cycle = () => company.cycle(company.anna)
  const emails = () => company.emails({ subject })
  const emailId = async () => String((await emails())[0]?.['activityid'])
  const track = (regarding?: Reference, id = messageId) =>
    trackMessage(company.regarding, company.anna.id, {
      mailboxId: company.anna.mailboxId,
      messageId: id,
      ...(regarding ? { regarding } : {}),
    })
  const untrackMine = async () =>
    untrack(company.regarding, SYSTEM, await emailId(), { mailboxId: company.anna.mailboxId })
  const copies = async () => {
    const { rows } = await sql<{ state: string; gone: boolean }>`
      select state, gone_on is not null as gone from email_copy where message_key = ${messageId}
    `.execute(company.regarding.database.sql)
    return rows.map(({ state, gone }) => (gone ? `${state}, gone` : state)).sort()
  }
  const cutOnce = () => {
    const error = new MailboxError('transient', 'ConnectFailure', 'The connection was cut.')
    return company.server.faults.plan({ error, call: 'find' })
  }
  /** Once, right before a cycle or an act writes what it decided. */
  const beforeSave = (deed: () => Promise<unknown>) => {
    const once = async (effect: string) => {
      if (effect !== 'save') return
      Object.assign(company.regarding, { before: undefined })
      await deed()
    }
    Object.assign(company.regarding, { before: once })
  }

  it('B-60, T-93: what was tracked by hand and went before its folder was read again is known to be gone', async () => {
    await cycle()
    const id = deliver()
    await track()
    account().move(INBOX, id, ['Trash'])
    await cycle()
    expect(await copies()).toEqual(['tracked, gone'])
  })

  it('T-98, T-100: untracking takes back an earlier wish to track that waits', async () => {
    await accept('All')
    deliver()
    await cycle()
    cutOnce()
    expect(await track()).toMatchObject({ outcome: 'pending' })
    await untrackMine()
    await cycle()
    expect(await copies()).toEqual(['untracked'])
  })

  it('T-98, T-100: a wish is taken back also while it is being carried out', async () => {
    await accept('All')
    deliver()
    await cycle()
    cutOnce()
    await track()
    beforeSave(untrackMine)
    await cycle()
    await cycle()
    expect(await copies()).toEqual(['untracked'])
  })

  it('B-50, SC-37: what a person chooses counts more than an earlier wish that waits', async () => {
    await accept('All')
    deliver()
    await cycle()
    cutOnce()
    await track(north)
    await setRegarding(company.regarding, SYSTEM, await emailId(), south)
    await cycle()
    expect(await emails()).toMatchObject([{ regardingobjectid: south.id }])
  })

  it('SC-37: a wish that waits finds its message though its Message-ID was given without brackets', async () => {
    deliver()
    cutOnce()
    await track(undefined, messageId.slice(1, -1))
    await cycle()
    expect(await copies()).toEqual(['tracked'])
  })

  it('SC-57, T-93: a message that could not be written when it was tracked by hand keeps the whole wish', async () => {
    deliver()
    const lift = await refuseSubject(company.regarding, subject)
    expect(await track(north)).toMatchObject({ outcome: 'pending' })
    await cycle()
    expect(await copies()).toEqual(['pending'])
    await lift()
    await cycle()
    expect(await emails()).toMatchObject([{ regardingobjectid: north.id }])
    expect(await copies()).toEqual(['tracked'])
  })

  it('T-99: an email that is deleted while a further copy is linked to it leaves nothing that points to it', async () => {
    await accept('All')
    deliver()
    await cycle()
    deliver()
    const first = await emailId()
    beforeSave(() => company.regarding.records.as(SYSTEM).delete('email', first))
    await cycle()
    const { rows } = await sql`
      select from email_copy where email_id = ${first} union all select from decision where email_id = ${first}
    `.execute(company.regarding.database.sql)
    expect(rows).toEqual([])
  })

  it('T-93: a message that could not be written while a person tracked it stays tracked', async () => {
    await accept('All')
    deliver()
    const lift = await refuseSubject(company.regarding, subject)
    let saves = 0
    const second = async (effect: string) => {
      if (effect !== 'save' || ++saves < 2) return
      Object.assign(company.regarding, { before: undefined })
      await lift()
      await track()
    }
    Object.assign(company.regarding, { before: second })
    await cycle()
    expect(await copies()).toEqual(['tracked'])
  })

  it('B-20, SC-57: a further copy that fails leaves the decision that tracked the message', async () => {
    await accept('All')
    deliver()
    await cycle()
    deliver()
    beforeSave(() => Promise.reject(new RecordError('ValidationFailed', 'It cannot be written.')))
    await cycle()
    expect(await copies()).toEqual(['pending', 'tracked'])
    const { rows } = await sql`select outcome, email_id from decision where message_key = ${messageId}`.execute(
      company.regarding.database.sql,
    )
    expect(rows).toEqual([{ outcome: 'tracked', email_id: await emailId() }])
    await cycle()
    expect(await copies()).toEqual(['tracked', 'tracked'])
  })

  it('MO-76: a message whose copies are forgotten, but not its decision, is decided anew with those around it', async () => {
    const older = deliver()
    expect(await cycle()).toMatchObject({ notTracked: 1 })
    await sql`delete from email_copy where message_key = ${messageId}`.execute(company.regarding.database.sql)
    account().move(INBOX, older, ['Trash'])
    const other = `<beside-${number}@kern.example>`
    account().deliver(INBOX, mail({ from: 'otto@kern.example', to: 'anna@adatum.example', subject, messageId: other }))
    const again = deliver()
    expect(await cycle()).toMatchObject({ notTracked: 2, failed: 0 })
    expect(await copies()).toEqual(['notTracked'])
    const { rows } = await sql<{ key: string; item: string }>`
      select message_key as key, item_id as item from decision where message_key = any(${[messageId, other]}) order by 1
    `.execute(company.regarding.database.sql)
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual({ key: messageId, item: again })
  })

  it('B-20, T-85: of two copies that come with one page the one that was tracked explains the message', async () => {
    await accept('All')
    deliver()
    deliver()
    expect(await cycle()).toMatchObject({ tracked: 1, linked: 1 })
    const { rows } = await sql<{ outcome: string }>`
      select outcome from decision where message_key = ${messageId}`.execute(company.regarding.database.sql)
    expect(rows).toEqual([{ outcome: 'tracked' }])
    expect(await copies()).toEqual(['tracked', 'tracked'])
  })

  it('T-94: what a person tracks while its page is being saved gets the category', async () => {
    const id = deliver()
    beforeSave(() => track())
    await cycle()
    expect(await copies()).toEqual(['tracked'])
    expect(
      account()
        .list(INBOX)
        .find((item) => item.id === id)?.categories,
    ).toEqual([TRACKED])
  })

  it('T-98: a category on its way off is nobody’s wish, though another copy of the message lies elsewhere', async () => {
    await accept('All')
    const first = deliver()
    deliver()
    await cycle()
    await untrackMine()
    account().move(INBOX, first, ['Junk'])
    await cycle()
    account().move(['Junk'], account().list(['Junk'])[0]?.id ?? '', INBOX)
    await cycle()
    expect(await copies()).toEqual(['untracked', 'untracked', 'untracked, gone'])
    expect(
      account()
        .list(INBOX)
        .filter((item) => item.messageId === messageId && item.categories.includes(TRACKED)),
    ).toEqual([])
  })

  it('T-100: a copy that was merely not tracked does not hide that the message was untracked', async () => {
    const first = deliver()
    deliver()
    await cycle()
    account().categorize(INBOX, first, { add: [TRACKED] })
    await cycle()
    await untrackMine()
    await cycle()
    await accept('All')
    deliver()
    await cycle()
    expect(await copies()).toEqual(['notTracked', 'untracked', 'untracked'])
  })
})
