import { EventEmitter, once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItems } from '#items'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { runActMailbox } from '#sync'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const GUEST = 'guest@out.example'
const LATE = 'late@out.example'

describe.each(engines)('somebody changes the people of a record while a cycle works on it, on %s', (engine) => {
  let office: Office
  let day = 1
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation(engine))
  })
  afterAll(async () => office?.close())

  const system = () => office.regarding.records.as(SYSTEM)

  async function meeting(subject: string): Promise<{ record: Reference; guest: string }> {
    const { anna } = office
    const scheduledstart = new Date(Date.UTC(2026, 1, ++day, 10))
    const scheduledend = new Date(scheduledstart.getTime() + 3_600_000)
    const record = await office.create(anna, 'appointment', { subject, scheduledstart, scheduledend })
    const [, guest] = await system().createMany('activityparty', [
      {
        activityid: record,
        participationtypemask: PARTICIPATION.organizer,
        partyid: { table: 'systemuser', id: anna.id },
        addressused: anna.address,
      },
      invited(record, GUEST),
    ])
    await office.cycle(anna)
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, failed: 0 })
    await office.later(5)
    return { record, guest: String(guest) }
  }

  /** One cycle, in which something is done before an effect. */
  async function cycleWith(effect: string, act: () => Promise<unknown>): Promise<void> {
    let times = 0
    const before = async (name: string) => {
      if (name === effect && times++ === 0) await act()
    }
    await runActMailbox({ ...office.regarding, before }, office.anna.mailboxId, { guard: () => Promise.resolve() })
    expect(times).toBeGreaterThan(0)
    expect(await told()).toEqual([])
  }

  /** What Anna was told of as failed. */
  async function told() {
    const anna = { kind: 'user', id: office.anna.id } as const
    return (await explainItems(office.regarding, anna, { outcomes: ['failed'] })).map(
      ({ code, text }) => `${code} ${text}`,
    )
  }

  async function quiet() {
    for (let cycle = 0; cycle < 3; cycle++) await office.cycle(office.anna)
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0, failed: 0 })
  }

  function itemOf(subject: string) {
    const found = office
      .items(office.anna, 'event')
      .find((item) => 'subject' in item.fields && item.fields.subject === subject)
    if (found?.kind !== 'event') throw new Error(`There is no ${subject}.`)
    return found
  }

  /** Anna changes the place in her own calendar. */
  function moveTo(subject: string, location: string): void {
    const { ref } = itemOf(subject)
    office.server.account(office.anna.address).items.change(['Calendar'], ref.id, { kind: 'event', set: { location } })
  }

  const attendees = (subject: string) =>
    itemOf(subject).fields.attendees?.map(({ address, role }) => `${address} ${role}`)

  it('B-70, SC-58: who is invited while the record gets what the calendar says is invited there too', async () => {
    const { record } = await meeting('Added')
    moveTo('Added', 'Room 1')
    await cycleWith('save deeds', () => system().create('activityparty', invited(record, LATE)))
    await quiet()
    expect(await office.row(record)).toMatchObject({ location: 'Room 1' })
    expect(attendees('Added')).toEqual([`${GUEST} required`, `${LATE} required`])
  })

  it('B-70: who is taken off while the calendar gets what the record says is taken off there too', async () => {
    const { record, guest } = await meeting('Taken off')
    await office.change(record, { location: 'Room 2' })
    await cycleWith('save deeds', () => system().delete('activityparty', guest))
    await quiet()
    expect(itemOf('Taken off').fields).toMatchObject({ location: 'Room 2' })
    expect(attendees('Taken off') ?? []).toEqual([])
  })

  it('AP-20: what a cycle has written itself is no news to the next one, in the calendar or in the CRM', async () => {
    const { record } = await meeting('Own')
    await office.change(record, { location: 'Room 4' })
    expect(await office.cycle(office.anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(await readAgain()).toBe(0)
    moveTo('Own', 'Room 5')
    expect(await office.cycle(office.anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await readAgain()).toBe(0)
  })

  /** How often another cycle, which has nothing to do, reads items. */
  async function readAgain(): Promise<number> {
    let reads = 0
    office.server.faults.chance = ({ name, moment }) => {
      if (moment === 'before' && name === 'items.get') reads++
      return undefined
    }
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
    office.server.faults.clear()
    return reads
  }

  it('B-70: a change that was begun before ours and is saved after it is seen', async () => {
    const { record, guest } = await meeting('Slow')
    moveTo('Slow', 'Room 3')
    const signals = new EventEmitter()
    const begun = once(signals, 'begun')
    const other = office.regarding.database.transaction(async (tx) => {
      await system().in(tx).update('activityparty', guest, { participationtypemask: PARTICIPATION.optional })
      const end = once(signals, 'end')
      signals.emit('begun')
      await end
    })
    await begun
    setTimeout(() => signals.emit('end'), 300)
    await runActMailbox(office.regarding, office.anna.mailboxId, { guard: () => Promise.resolve() })
    await other
    await quiet()
    expect(await office.row(record)).toMatchObject({ location: 'Room 3' })
    expect(attendees('Slow')).toEqual([`${GUEST} optional`])
  })
})

const invited = (record: Reference, addressused: string) => ({
  activityid: record,
  participationtypemask: PARTICIPATION.required,
  addressused,
})
