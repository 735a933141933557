import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expandDueSeries } from '#items'
import type { CalendarItem, ItemMailbox, NewEvent } from '#mailbox'
import { SYSTEM } from '#records'
import { answerInvitation, runActMailbox } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

/** A process that died. */
class Crash extends Error {}

const WEEKLY = {
  series: { recurrence: { frequency: 'weekly', interval: 1, end: { count: 3 } }, cancelled: [], exceptions: [] },
} satisfies Pick<NewEvent, 'series'>

describe('answers to invitations, and what happens meanwhile', () => {
  let office: Office
  const clients: { items: ItemMailbox; close: () => Promise<void> }[] = []
  beforeEach(async () => {
    office = await openOffice(await openTestInstallation())
    for (const { mailboxId } of [office.anna, office.ben]) {
      const setup = (await office.regarding.mailboxes.setups([mailboxId])).get(mailboxId)
      const mailbox = await office.regarding.connect(setup as NonNullable<typeof setup>)
      clients.push({ items: mailbox.items as ItemMailbox, close: () => mailbox.close() })
    }
  })
  afterEach(async () => {
    for (const { close } of clients.splice(0)) await close()
    await office?.close()
  })

  const annas = () => office.items(office.anna, 'event')[0] as CalendarItem
  const bens = () => office.items(office.ben, 'event')[0] as CalendarItem
  const respond = (answer: 'accepted' | 'declined', options: { originalStart?: string } = {}) =>
    clients[1]?.items.respond(bens().ref, answer, { tell: true, ...options })

  async function invite(more: Pick<NewEvent, 'series'> = {}): Promise<void> {
    const { anna, ben } = office
    const time = { allDay: false, start: '2026-02-03T10:00:00', end: '2026-02-03T11:00:00', zone: 'UTC' }
    const plain = { subject: 'Pumps', time, showAs: 'busy', importance: 'normal', sensitivity: 'normal' } as const
    office.make(anna, { kind: 'event', fields: plain, ...more })
    const attendees = [{ address: ben.address, role: 'required' as const, answer: 'none' as const }]
    const patch = { kind: 'event' as const, set: { attendees, categories: ['$Tracked'] } }
    await clients[0]?.items.update(annas().ref, patch, { notify: 'all' })
  }

  async function calm(): Promise<void> {
    for (let round = 0; round < 3; round++)
      for (const person of [office.anna, office.ben]) {
        await office.cycle(person)
        await office.later(5)
      }
    await expandDueSeries(office.regarding)
  }

  /** Given in the CRM; the cycle dies once its server has it. */
  async function answerAndDie(): Promise<void> {
    const { ben, regarding } = office
    const [row] = await office.rows('appointment')
    const record = { table: 'appointment', id: String(row?.['activityid']) }
    await answerInvitation(regarding, { kind: 'user', id: ben.id }, { record, answer: 'accepted', comment: 'Yes.' })
    const before = (effect: string) => {
      if (effect === 'give answer done') throw new Crash()
    }
    const died = runActMailbox({ ...regarding, before }, ben.mailboxId, { guard: () => Promise.resolve() })
    await expect(died).rejects.toThrow(Crash)
    await office.later(5)
  }

  const told = () => office.server.meetingMail.flatMap(({ kind, answer }) => (kind === 'answer' ? [answer] : []))

  it('AP-70: an occurrence that was answered before the series came to the CRM is answered so there', async () => {
    await invite(WEEKLY)
    await respond('declined', { originalStart: '2026-02-10T10:00:00' })
    await calm()
    const instances = (await office.rows('appointment')).sort((a, b) =>
      String(a['recurrenceid']).localeCompare(String(b['recurrenceid'])),
    )
    const { rows: parties } = await office.regarding.records.as(SYSTEM).query({ table: 'activityparty' })
    const responses = instances.map(({ activityid }) => {
      const own = parties.find((one) => one['activityid'] === activityid && one['partyid'] === office.ben.id)
      return own?.['exchangeentryresponse'] ?? 0
    })
    expect(responses).toEqual([0, 4, 0])
  })

  it('AP-57: what was answered in the calendar after a cycle died with another answer counts, and nobody is told twice', async () => {
    await invite()
    await calm()
    await answerAndDie()
    await respond('declined')
    await calm()
    expect(told()).toEqual(['accepted', 'declined'])
    expect(bens()).toMatchObject({ answer: 'declined' })
    expect(annas().fields.attendees).toMatchObject([{ answer: 'declined' }])
  })

  it('AP-57, AP-50: nobody accepts a time that the meeting was moved to after a cycle died with the answer', async () => {
    await invite()
    await calm()
    await answerAndDie()
    const time = { allDay: false, start: '2026-02-03T14:00:00', end: '2026-02-03T15:00:00', zone: 'UTC' }
    await clients[0]?.items.update(annas().ref, { kind: 'event', set: { time } }, { notify: 'all' })
    await calm()
    expect(told()).toEqual(['accepted'])
    expect(bens()).toMatchObject({ answer: 'none' })
    expect(annas().fields.attendees).toMatchObject([{ answer: 'none' }])
  })
})
