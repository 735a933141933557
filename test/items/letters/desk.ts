import ICAL from 'ical.js'
import { explainItems } from '#items'
import { type CalendarItem, type ItemMailbox, type Mailbox, SimulatedServer } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { viewOf } from '#sandbox'
import { assemble, confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { SimulatedClock } from '#time'
import { openDav } from '../../../src/mailbox/dav/index.ts'
import { joined } from '../../../src/mailbox/joined.ts'
import { addUser, type Person } from '../../incoming/support/company.ts'
import { davBench } from '../../mailbox/dav/support/bench.ts'
import { radicaleServer } from '../../mailbox/dav/support/radicaleServer.ts'
import { openTestInstallation } from '../../support/database.ts'
import { startRadicale } from '../../support/radicale.ts'

/** A process that died. */
class Crash extends Error {}

/** A mail about a meeting, as whoever gets it reads it. */
interface Mail {
  method: string
  uid: string
  sequence: number
  to: string[]
  subject: string
  text: string
  calendar: string
  messageId: string
}

/** A user whose calendar is kept by Radicale, which tells nobody, beside a mail server. */
export interface Desk {
  regarding: Regarding
  clock: SimulatedClock
  mail: SimulatedServer
  anna: Person
  /** One cycle; `crashAt`: it dies before that effect, counted from 0. @returns the names of the effects */
  cycle(crashAt?: number): Promise<string[]>
  appoint(values: Values, guests: readonly string[]): Promise<Reference>
  change(record: Reference, values: Values): Promise<void>
  invite(record: Reference, guest: string): Promise<string>
  remove(record: Reference): Promise<void>
  /** Anna at her own calendar. */
  at<T>(act: (items: ItemMailbox, folder: string) => Promise<T>): Promise<T>
  events(): Promise<CalendarItem[]>
  /** All mails about meetings that were sent, in order. */
  mails(): Promise<Mail[]>
  failures(): Promise<(string | undefined)[]>
  close(): Promise<void>
}

export async function openDesk({ filesSent = true, confirmed = true } = {}): Promise<Desk> {
  const clock = new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
  const radicale = await startRadicale()
  const bench = await davBench(radicaleServer(radicale))
  await Promise.all([bench.close(), bench.mailbox.close()])
  const settings = { ...bench.settings, url: `http://127.0.0.1:${radicale.port}/` }
  const mail = new SimulatedServer({ clock, items: false, can: { filesSent } })
  mail.account(bench.address)
  const open = async (): Promise<Mailbox> => joined(await mail.open(bench.address), await openDav(settings, { clock }))
  const assembled = await assemble(await openTestInstallation(), clock, {
    servers: new Map([['memory', mail]]),
  })
  const regarding: Regarding = { ...assembled, connect: open }
  const system = regarding.records.as(SYSTEM)
  await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Elsewhere',
    servertype: 1,
    incomingserverlocation: 'memory:memory',
    isdefault: true,
  })
  const anna = await addUser(regarding, 'Anna', 'Berg', bench.address)
  await regarding.mailboxes.update(SYSTEM, anna.mailboxId, {
    actdeliverymethod: 1,
    incomingemaildeliverymethod: 0,
    outgoingemaildeliverymethod: 0,
  })
  await regarding.mailboxes.approve(SYSTEM, [anna.mailboxId])
  await testMailboxes(regarding, SYSTEM, [anna.mailboxId])

  const desk: Desk = {
    regarding,
    clock,
    mail,
    anna,
    async cycle(crashAt = Number.POSITIVE_INFINITY) {
      const effects: string[] = []
      const before = (effect: string) => {
        if (effects.length === crashAt) throw new Crash(effect)
        effects.push(effect)
      }
      try {
        await runActMailbox({ ...regarding, before }, anna.mailboxId, { guard: () => Promise.resolve() })
      } catch (error) {
        if (!(error instanceof Crash)) throw error
      }
      return effects
    },
    async appoint(values, guests) {
      const id = await regarding.records.as({ kind: 'user', id: anna.id }).create('appointment', values)
      const record = { table: 'appointment', id }
      const user = { table: 'systemuser', id: anna.id }
      await system.createMany('activityparty', [
        party(record, { partyid: user, participationtypemask: PARTICIPATION.organizer, addressused: anna.address }),
        ...guests.map((guest) => party(record, guestOf(guest))),
      ])
      return record
    },
    change: ({ table, id }, values) => system.update(table, id, values),
    invite: (record, guest) => system.create('activityparty', party(record, guestOf(guest))),
    remove: ({ table, id }) => system.delete(table, id),
    async at(act) {
      const mailbox = await open()
      try {
        const items = mailbox.items as ItemMailbox
        const main = (await items.folders()).find(({ kind, main }) => main && kind === 'event')
        return await act(items, main?.id ?? '')
      } finally {
        await mailbox.close()
      }
    },
    events: () =>
      desk.at(async (items, folder) => {
        const ids: string[] = []
        for await (const { upserts } of items.changes(folder, undefined, { pageSize: 500 }))
          ids.push(...upserts.map(({ ref }) => ref.id))
        return (await items.get(folder, ids)).filter((one): one is CalendarItem => one.kind === 'event')
      }),
    mails: () => Promise.all(mail.sent.map(({ message }) => readMail(message.source, message))),
    failures: async () => (await explainItems(regarding, SYSTEM, { outcomes: ['failed'] })).map(({ code }) => code),
    async close() {
      await regarding.close()
      await radicale.stop()
    },
  }
  if (!confirmed) return desk
  await desk.cycle()
  await confirmItems(regarding, SYSTEM, anna.mailboxId)
  await clock.advance(60_000) // what is made from now on was not there before
  return desk
}

const guestOf = (address: string): Values => ({
  participationtypemask: PARTICIPATION.required,
  addressused: address,
})

const party = (activityid: Reference, values: Values): Values => ({ activityid, ...values })

async function readMail(source: Uint8Array, sent: { to: readonly string[]; messageId: string }): Promise<Mail> {
  const view = await viewOf(source)
  const part = view.attachments.find(({ contentType }) => contentType === 'text/calendar')
  const calendar = Buffer.from(part?.content ?? '').toString('utf8')
  const parsed = new ICAL.Component(ICAL.parse(calendar) as [string, unknown[], unknown[]])
  const event = parsed.getFirstSubcomponent('vevent')
  const headers =
    Buffer.from(source)
      .toString('latin1')
      .split('\r\n\r\n')[0]
      ?.replaceAll(/\r\n[ \t]/g, ' ') ?? ''
  return {
    method: String(parsed.getFirstPropertyValue('method')),
    uid: String(event?.getFirstPropertyValue('uid')),
    sequence: Number(event?.getFirstPropertyValue('sequence') ?? 0),
    to: [...sent.to],
    subject: /^Subject: (.*)$/m.exec(headers)?.[1] ?? '',
    text: view.text,
    calendar,
    messageId: sent.messageId,
  }
}
