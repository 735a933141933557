import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItemRecord, explainItems, openConflicts, openQuestions } from '#items'
import type { NewTask } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { answerItemQuestion, confirmItems, planItems, resolveItemConflict } from '#sync'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const TASK = { status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const

describe.each(engines)('what people are asked about items on %s', (engine) => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation(engine), { confirmed: false })
  })
  afterAll(async () => office?.close())
  const anna = () => ({ kind: 'user', id: office.anna.id }) as const
  const ben = () => ({ kind: 'user', id: office.ben.id }) as const

  it('B-42, MO-18: before the first synchronization is confirmed nothing is written; its owner reads what would be', async () => {
    const otto = await office.create(office.anna, 'contact', {
      firstname: 'Otto',
      lastname: 'Kern',
      emailaddress1: 'otto@kern.example',
    })
    await office.create(office.anna, 'contact', {
      firstname: 'Eva',
      lastname: 'Ruhl',
      emailaddress1: 'eva@ruhl.example',
    })
    office.make(office.anna, {
      kind: 'contact',
      fields: { firstName: 'Otto', lastName: 'Kern', email1: 'otto@kern.example', mobile: '+49 1' },
    })
    office.make(office.anna, tracked('Visit'))
    expect(await office.cycle(office.anna)).toMatchObject({
      createdItems: 0,
      updatedItems: 0,
      createdRecords: 0,
      updatedRecords: 0,
    })
    const [question] = await openQuestions(office.regarding, anna())
    expect(question).toMatchObject({
      kind: 'firstSync',
      text: expect.stringMatching(/^1 matched, 1 new in CRM, 1 new in Outlook, 0 invitations/),
    })
    expect(await openQuestions(office.regarding, ben())).toEqual([]) // MO-18
    expect(office.items(office.anna, 'contact')).toHaveLength(1)
    await office.cycle(office.anna)
    expect(await openQuestions(office.regarding, anna())).toHaveLength(1)
    await confirmItems(office.regarding, anna(), office.anna.mailboxId)
    expect(await office.cycle(office.anna)).toMatchObject({ createdItems: 1, createdRecords: 1 })
    expect(office.items(office.anna, 'contact')).toHaveLength(2)
    expect(await office.row(otto)).toMatchObject({ mobilephone: '+49 1' })
    expect(await openQuestions(office.regarding, anna())).toEqual([])
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  })

  it('B-31: a rehearsal tells what the next cycle does, and does nothing', async () => {
    await office.create(office.anna, 'contact', { firstname: 'Ina', lastname: 'Wolf' })
    const planned = await planItems(office.regarding, office.anna.mailboxId)
    expect(planned?.guarded.go.map(({ item }) => item?.do).filter(Boolean)).toEqual(['create'])
    expect(office.items(office.anna, 'contact')).toHaveLength(2)
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 1, createdItems: 1 })
  })

  it('MO-16, AP-12: what looks like a record is asked about, and saved all the same after yes', async () => {
    office.server.account(office.anna.address).items.make(['Contacts'], {
      kind: 'contact',
      fields: { firstName: 'Eva', lastName: 'Rühl-Stein', email1: 'eva@ruhl.example' },
      marks: { state: 'pending' },
    })
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 0, asked: 1 })
    const [question] = await openQuestions(office.regarding, anna())
    expect(question).toMatchObject({ kind: 'duplicate' })
    expect(await office.cycle(office.anna)).toMatchObject({ asked: 0 })
    await answerItemQuestion(office.regarding, anna(), question?.id as string, true)
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 1 })
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  })

  it('MO-15, AP-53: an appointment of somebody who is booked is asked about; no leaves it out', async () => {
    const time = { scheduledstart: new Date('2026-02-02T10:00:00Z'), scheduledend: new Date('2026-02-02T11:00:00Z') }
    const booked = await office.create(office.anna, 'appointment', {
      subject: 'Booked',
      ...time,
      statecode: 3,
      statuscode: 5,
    })
    await office.regarding.records.as(SYSTEM).create('activityparty', {
      activityid: booked,
      participationtypemask: PARTICIPATION.organizer,
      partyid: { table: 'systemuser', id: office.anna.id },
    })
    office.make(office.anna, {
      kind: 'event',
      fields: {
        subject: 'Clash',
        time: { allDay: false, start: '2026-02-02T10:30:00', end: '2026-02-02T11:30:00', zone: 'UTC' },
        showAs: 'busy',
        importance: 'normal',
        sensitivity: 'normal',
        categories: ['$Tracked'],
      },
    })
    const before = (await office.rows('appointment')).length
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 0, asked: 1 })
    const [question] = await openQuestions(office.regarding, anna())
    const text = expect.stringMatching(/^“Clash”, Monday, 2 February 2026, 10:30 – 11:30 \(UTC\): .*booked already/)
    expect(question).toMatchObject({ kind: 'schedulingConflict', text })
    await answerItemQuestion(office.regarding, anna(), question?.id as string, false)
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 0, asked: 0 })
    expect(await office.rows('appointment')).toHaveLength(before)
    expect(await openQuestions(office.regarding, anna())).toEqual([])
  })

  it('MO-15: what was left out is asked about anew once it has changed, and that answer counts', async () => {
    const { items } = office.server.account(office.anna.address)
    const clash = items.list(['Calendar']).find(({ fields }) => 'subject' in fields && fields.subject === 'Clash')
    const before = (await office.rows('appointment')).length
    items.change(['Calendar'], clash?.ref.id as string, { kind: 'event', set: { location: 'Room 2' } })
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 0, asked: 1 })
    const [question] = await openQuestions(office.regarding, anna())
    await answerItemQuestion(office.regarding, anna(), question?.id as string, true)
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 1, asked: 0 })
    expect(await office.rows('appointment')).toHaveLength(before + 1)
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  })

  it('AP-12, MO-16: a contact that was left out, because others look like it, is matched anew once it has changed', async () => {
    const { items } = office.server.account(office.anna.address)
    const card = () =>
      items.make(['Contacts'], { kind: 'contact', fields: { firstName: 'Ria', lastName: 'Zwilling' } }).ref.id
    const [first] = [card(), card()]
    await office.cycle(office.anna)
    const ria = await office.create(office.anna, 'contact', { firstname: 'Ria', lastname: 'Zwilling' })
    const asked = async (yes: boolean) => {
      expect(await office.cycle(office.anna)).toMatchObject({ asked: 1 })
      const [question] = await openQuestions(office.regarding, anna())
      await answerItemQuestion(office.regarding, anna(), question?.id as string, yes)
    }
    const cards = () => office.items(office.anna, 'contact').length
    const before = cards()
    await asked(false)
    expect(await office.cycle(office.anna)).toMatchObject({ createdItems: 0, asked: 0 })
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
    const why = await explainItemRecord(office.regarding, anna(), ria, office.anna.id)
    expect(JSON.stringify(why)).toContain('left alone until it changes')
    await office.change(ria, { jobtitle: 'Buyer' })
    await asked(false)
    await office.cycle(office.anna)
    items.delete(['Contacts'], first)
    await office.cycle(office.anna)
    await office.change(ria, { jobtitle: 'Boss' })
    expect(await office.cycle(office.anna)).toMatchObject({ createdItems: 0, asked: 0, linked: 1 })
    expect(cards()).toBe(before - 1)
    expect(items.list(['Contacts']).map(({ fields }) => 'jobTitle' in fields && fields.jobTitle)).toContain('Boss')
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  })

  it('B-70: a field that both sides changed keeps the value that lost, and one click takes it', async () => {
    const record = await office.create(office.anna, 'contact', { firstname: 'Uwe', lastname: 'Tal', jobtitle: 'Buyer' })
    await office.cycle(office.anna)
    const item = office
      .items(office.anna, 'contact')
      .find(({ fields }) => 'lastName' in fields && fields.lastName === 'Tal')
    await office.later(5)
    await office.change(record, { jobtitle: 'Boss' })
    await office.later(5)
    office.server
      .account(office.anna.address)
      .items.change(['Contacts'], item?.ref.id as string, { kind: 'contact', set: { jobTitle: 'Chief' } })
    expect(await office.cycle(office.anna)).toMatchObject({ conflicts: 1 })
    expect(await office.row(record)).toMatchObject({ jobtitle: 'Chief' })
    const [conflict] = await openConflicts(office.regarding, anna())
    expect(conflict).toMatchObject({ record: 'Boss', item: 'Chief', winner: 'item' })
    await resolveItemConflict(office.regarding, anna(), conflict?.id as string, 'record')
    expect(await office.row(record)).toMatchObject({ jobtitle: 'Boss' })
    await office.cycle(office.anna)
    const now = office.items(office.anna, 'contact').find(({ ref }) => ref.id === item?.ref.id)
    expect(now).toMatchObject({ fields: { jobTitle: 'Boss' } })
    expect(await openConflicts(office.regarding, anna())).toEqual([])
  })

  it('B-40: a flood of deletions is held and asked about; no keeps everything', async () => {
    for (let n = 0; n < 25; n++) office.make(office.anna, tracked(`Task ${n}`))
    await office.cycle(office.anna)
    const records = (await office.rows('task')).length
    for (const { ref } of office.items(office.anna, 'task'))
      office.server.account(office.anna.address).items.delete(['Tasks'], ref.id)
    expect(await office.cycle(office.anna)).toMatchObject({ deletedRecords: 0, asked: 1 })
    expect(await office.rows('task')).toHaveLength(records)
    const [question] = await openQuestions(office.regarding, anna())
    expect(question).toMatchObject({ kind: 'deleteBrake' })
    await answerItemQuestion(office.regarding, anna(), question?.id as string, false)
    expect(await office.cycle(office.anna)).toMatchObject({ deletedRecords: 0, unlinked: records })
    expect(await office.rows('task')).toHaveLength(records)
    expect(await openQuestions(office.regarding, anna())).toEqual([])
  })

  it('B-40, AP-5: what filters return again before anybody has answered goes on, and nothing is asked any more', async () => {
    const tasks = []
    for (let n = 0; n < 25; n++) tasks.push(await office.create(office.anna, 'task', { subject: `Task ${n}` }))
    expect(await office.cycle(office.anna)).toMatchObject({ createdItems: 25 })
    const { filters, records } = office.regarding
    const mine = (await filters.active(office.anna.id, 'online')).get('task') ?? []
    const set = (statecode: number) =>
      Promise.all(mine.map(({ id }) => records.as(SYSTEM).update('userquery', id, { statecode })))
    await set(1)
    expect(await office.cycle(office.anna)).toMatchObject({ removedItems: 0, asked: 1 })
    const [first, second] = tasks as [Reference, Reference]
    await office.change(first, { subject: 'Changed meanwhile' })
    expect(await office.cycle(office.anna)).toMatchObject({ removedItems: 0, updatedItems: 0, asked: 0 })
    expect(await openQuestions(office.regarding, anna())).toHaveLength(1)

    await set(0)
    expect(await office.cycle(office.anna)).toMatchObject({ removedItems: 0, updatedItems: 1, asked: 0, failed: 0 })
    expect(await openQuestions(office.regarding, anna())).toEqual([])
    const alerts = await office.rows('tracelog')
    expect(alerts.filter((row) => row['code'] === 'DeleteBrake' && row['resolvedon'] === null)).toEqual([])
    await office.change(second, { subject: 'Changed later' })
    expect(await office.cycle(office.anna)).toMatchObject({ updatedItems: 1 })
    const subjects = office.items(office.anna, 'task').map(({ fields }) => 'subject' in fields && fields.subject)
    for (const subject of ['Changed meanwhile', 'Changed later'])
      expect(subjects.filter((one) => one === subject)).toEqual([subject])
  })

  it('MO-94, MO-74: explain tells filters, link and last decision; subjects are for the owner alone', async () => {
    const record = await office.create(office.anna, 'contact', { firstname: 'Pia', lastname: 'Lang' })
    await office.cycle(office.anna)
    const [found] = await explainItemRecord(office.regarding, anna(), record, office.anna.id)
    expect(found).toMatchObject({
      readable: true,
      filters: ['My Outlook Contacts'],
      link: { state: 'linked', direction: 'toItem' },
      decision: { outcome: 'synchronized', subject: 'Pia Lang' },
    })
    const [other] = await explainItems(office.regarding, SYSTEM, { recordId: record.id })
    expect(other).toMatchObject({ subject: '***' })
  })

  it('AP-32, MO-50, MO-71, SC-58: an appointment without organizer fails alone, is listed, and is tried again when it changes', async () => {
    const time = { scheduledstart: new Date('2026-03-02T10:00:00Z'), scheduledend: new Date('2026-03-02T11:00:00Z') }
    const record = await office.create(office.anna, 'appointment', { subject: 'Nobody’s', ...time })
    await office.regarding.records.as(SYSTEM).create('activityparty', {
      activityid: record,
      participationtypemask: PARTICIPATION.required,
      partyid: { table: 'systemuser', id: office.anna.id },
    })
    expect(await office.cycle(office.anna)).toMatchObject({ createdItems: 0, failed: 1 })
    const [failure] = await explainItems(office.regarding, anna(), { outcomes: ['failed'] })
    expect(failure).toMatchObject({ code: 'OrganizerMissing', record: { id: record.id }, retries: 1 })
    await office.regarding.records.as(SYSTEM).create('activityparty', {
      activityid: record,
      participationtypemask: PARTICIPATION.organizer,
      partyid: { table: 'systemuser', id: office.anna.id },
    })
    expect(await office.cycle(office.anna)).toMatchObject({ createdItems: 1, failed: 0 })
    expect(await explainItems(office.regarding, anna(), { outcomes: ['failed'] })).toEqual([]) // MO-75
  })

  it('MO-52, SF-18: a filter that cannot be evaluated stops items, is named, and nothing is taken for gone', async () => {
    const { regarding } = office
    const { rows } = await sql<{ userqueryid: string; name: string; fetchxml: string }>`
      select userqueryid, name, fetchxml from userquery where ownerid = ${office.ben.id} and statecode = 0
      order by name limit 1`.execute(regarding.database.sql)
    const [filter] = rows
    const put = (xml: string | undefined) =>
      sql`update userquery set fetchxml = ${xml} where userqueryid = ${filter?.userqueryid}`.execute(
        regarding.database.sql,
      )
    await put('<fetch')
    await expect(office.cycle(office.ben)).rejects.toMatchObject({
      kind: 'permanent',
      code: 'FilterNotEvaluable',
      message: expect.stringContaining(String(filter?.name)),
    })
    await put(filter?.fetchxml)
    await office.cycle(office.ben)
  })
})

const tracked = (subject: string): NewTask => ({ kind: 'task', fields: { ...TASK, subject, categories: ['$Tracked'] } })
