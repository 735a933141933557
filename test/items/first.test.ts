import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { explainItems, openQuestions } from '#items'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { answerItemQuestion, confirmItems, resolveItemConflict, restoreItem } from '#sync'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

describe.each(engines)('the first synchronization of a mailbox on %s', (engine) => {
  let office: Office
  beforeEach(async () => {
    office = await openOffice(await openTestInstallation(engine), { confirmed: false })
  })
  afterEach(async () => office?.close())

  it('B-42: what belongs together is linked, nothing is written before its owner confirms, and then both are merged', async () => {
    const { anna } = office
    const otto = await office.create(anna, 'contact', {
      firstname: 'Otto',
      lastname: 'Kern',
      emailaddress1: 'otto@kern.example',
      jobtitle: 'Buyer',
    })
    await office.create(anna, 'contact', { firstname: 'Ida', lastname: 'Moe', emailaddress1: 'ida@moe.example' })
    office.make(anna, {
      kind: 'contact',
      fields: { firstName: 'Otto', lastName: 'Kern', email1: 'otto@kern.example', mobile: '+49 170 1' },
    })
    office.make(anna, { kind: 'contact', fields: { firstName: 'Mamma', email1: 'mamma@home.example' } })
    expect(await office.cycle(anna)).toMatchObject({ linked: 1, createdItems: 0, updatedItems: 0, updatedRecords: 0 })
    const [question] = await openQuestions(office.regarding, SYSTEM, anna.mailboxId)
    expect(question).toMatchObject({ kind: 'firstSync' })
    expect(question?.text).toMatch(/^1 matched, 0 new in CRM, 1 new in Outlook, 0 invitations/)
    expect(await office.row(otto)).toMatchObject({ mobilephone: null })
    await office.later(1)
    await confirmItems(office.regarding, { kind: 'user', id: anna.id }, anna.mailboxId)
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, updatedItems: 1, updatedRecords: 1, failed: 0 })
    expect(await office.row(otto)).toMatchObject({ mobilephone: '+49 170 1', jobtitle: 'Buyer' })
    const cards = office.items(anna, 'contact').map(({ fields }) => fields)
    expect(cards).toHaveLength(3)
    expect(cards).toContainEqual(expect.objectContaining({ lastName: 'Kern', jobTitle: 'Buyer', mobile: '+49 170 1' }))
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('B-42, AP-35: meetings that were planned before are made without inviting anybody; the next one invites', async () => {
    const { anna, server } = office
    await meet('Before', '2026-01-07T10:00:00Z')
    await office.cycle(anna)
    const [question] = await openQuestions(office.regarding, SYSTEM, anna.mailboxId)
    expect(question?.text).toContain('0 invitations')
    await office.later(1)
    await confirmItems(office.regarding, SYSTEM, anna.mailboxId)
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, failed: 0 })
    expect(server.meetingMail).toEqual([])
    await office.later(1)
    await meet('After', '2026-01-08T10:00:00Z')
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, failed: 0 })
    expect(server.meetingMail.map(({ kind }) => kind)).toEqual(['request'])
  })

  it('B-42, AP-72, AP-95: meetings that both sides have are linked for good, marked once their owner has confirmed, and told to nobody', async () => {
    const { anna, ben, server } = office
    await office.cycle(anna)
    await confirmItems(office.regarding, SYSTEM, anna.mailboxId)
    await office.cycle(anna)
    await office.later(1)
    const record = await meet('Both', '2026-01-08T10:00:00Z')
    await office.cycle(anna)
    const told = server.meetingMail.length
    await office.cycle(ben)
    await confirmItems(office.regarding, SYSTEM, ben.mailboxId)
    await office.later(1)
    expect(await office.cycle(ben)).toMatchObject({ updatedItems: 1, failed: 0 })
    const [invitation] = office.items(ben, 'event')
    expect(invitation).toMatchObject({ fields: { categories: ['$Tracked'] }, marks: { recordId: record.id } })
    const { rows } = await sql`select state, categorized from item_link
      where record_id = ${record.id} and mailbox_id = ${ben.mailboxId}`.execute(office.regarding.database.sql)
    expect(rows).toEqual([{ state: 'linked', categorized: true }])
    expect(server.meetingMail).toHaveLength(told)
    expect(await office.cycle(ben)).toMatchObject({ seen: 0 })
  })

  async function meet(subject: string, start: string): Promise<Reference> {
    const { anna, ben } = office
    const times = { scheduledstart: new Date(start), scheduledend: new Date(Date.parse(start) + 3_600_000) }
    const record = await office.create(anna, 'appointment', { subject, ...times })
    const party = (person: typeof anna, role: number) => ({
      activityid: record,
      participationtypemask: role,
      partyid: { table: 'systemuser', id: person.id },
      addressused: person.address,
    })
    await office.regarding.records
      .as(SYSTEM)
      .createMany('activityparty', [party(anna, PARTICIPATION.organizer), party(ben, PARTICIPATION.required)])
    return record
  }

  it('MO-18: what is no question, conflict or copy is refused by name', async () => {
    const { regarding } = office
    await expect(answerItemQuestion(regarding, SYSTEM, 'nonsense', true)).rejects.toThrow(/no open question nonsense/)
    await expect(resolveItemConflict(regarding, SYSTEM, 'nonsense', 'item')).rejects.toThrow(
      /no open conflict nonsense/,
    )
    await expect(restoreItem(regarding, SYSTEM, 'nonsense')).rejects.toThrow(/no copy nonsense/)
  })

  it('B-20: a note that changes nothing leaves the reason of what was done before', async () => {
    const { anna } = office
    await office.cycle(anna)
    await confirmItems(office.regarding, SYSTEM, anna.mailboxId)
    const fields = { status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const
    office.make(anna, { kind: 'task', fields: { ...fields, subject: 'Call Otto', categories: ['$Tracked'] } })
    for (let round = 0; round < 3; round++) {
      await office.cycle(anna)
      await office.later(5)
    }
    const decisions = await explainItems(office.regarding, { kind: 'user', id: anna.id }, {})
    expect(decisions.map(({ subject, trace }) => [subject, trace.length > 0])).toEqual([['Call Otto', true]])
  })
})
