import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { explainItems } from '#items'
import {
  type CalendarItem,
  connectionSettings,
  type ItemMailbox,
  type Mailbox,
  openMailbox,
  SimulatedServer,
} from '#mailbox'
import { buildMessage } from '#mime'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { assemble, confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { SimulatedClock } from '#time'
import { smtpSender } from '../../../src/mailbox/smtp/index.ts'
import { addUser, type Person } from '../../incoming/support/company.ts'
import { davBench } from '../../mailbox/dav/support/bench.ts'
import { radicaleServer } from '../../mailbox/dav/support/radicaleServer.ts'
import { openTestInstallation } from '../../support/database.ts'
import { startDovecot } from '../../support/dovecot.ts'
import { startRadicale } from '../../support/radicale.ts'
import { startPostfix } from '../../support/smtp.ts'

/** Somebody with a mailbox of Dovecot behind Postfix, and a calendar of Radicale, which tells nobody. */
interface Resident {
  address: string
  open(): Promise<Mailbox>
}

/** A user whose mailbox is synchronized. */
interface UserOfPost extends Resident, Person {}

/** A process that died. */
class Crash extends Error {}

export interface PostOffice {
  regarding: Regarding
  clock: SimulatedClock
  anna: UserOfPost
  ben: UserOfPost
  /** Somebody outside, who has a mail program alone. */
  carl: Resident
  /** One cycle; `crashAt`: it dies before that effect, counted from 0. @returns the names of the effects */
  cycle(who: UserOfPost, crashAt?: number): Promise<string[]>
  appoint(values: Values, guests: readonly (Resident | UserOfPost)[], series?: boolean): Promise<Reference>
  /** What a mail program sends about a meeting. */
  post(
    from: Resident,
    to: Resident,
    calendar: string,
    more?: { method?: string; author?: string; header?: string },
  ): Promise<void>
  /** Waits until so many mails about meetings lie in the Inbox, and tells their texts. */
  inbox(who: Resident, count: number): Promise<string[]>
  events(who: UserOfPost): Promise<CalendarItem[]>
  /** She deletes a meeting from her calendar. */
  remove(who: UserOfPost, uid: string): Promise<void>
  answers(record: Reference): Promise<Record<string, number>>
  told(who: UserOfPost): Promise<{ outcome: string; code: string | undefined; text: string }[]>
  close(): Promise<void>
}

export async function openPostOffice(): Promise<PostOffice> {
  // The servers go by the real time; what is simulated stays behind it.
  const clock = new SimulatedClock(new Date(Date.now() - 6 * 3_600_000))
  const mail = await mkdtemp(join(tmpdir(), 'regarding-post-'))
  const [dovecot, radicale] = await Promise.all([startDovecot({ mail }), startRadicale()])
  const names = [dovecot.newUser(), dovecot.newUser(), dovecot.newUser()] as const
  const postfix = await startPostfix(names, { mail })
  const smtp = {
    host: 'localhost',
    port: postfix.port,
    security: 'starttls',
    ca: postfix.ca,
    timeoutMs: 10_000,
  } as const
  const server = { host: dovecot.host, port: dovecot.port, security: 'none', timeoutMs: 10_000 } as const
  const resident = async (user: string): Promise<Resident> => {
    const bench = await davBench({
      ...radicaleServer(radicale),
      newUser: () => Promise.resolve({ user, address: addressOf(user) }),
    })
    await Promise.all([bench.close(), bench.mailbox.close()])
    const auth = { kind: 'password', user, password: 'secret' } as const
    const dav = { url: `http://127.0.0.1:${radicale.port}/`, address: addressOf(user), auth, timeoutMs: 10_000 }
    const settings = connectionSettings({ kind: 'imap', ...server, auth, smtp, dav })
    return { address: addressOf(user), open: () => openMailbox(settings, { clock }) }
  }
  const [first, second, carl] = (await Promise.all(names.map(resident))) as [Resident, Resident, Resident]
  const opened = new Map<string, Resident>()
  const assembled = await assemble(await openTestInstallation(), clock, {
    servers: new Map([['memory', new SimulatedServer({ clock, items: false })]]),
  })
  const regarding: Regarding = {
    ...assembled,
    connect: ({ address }) => (opened.get(address.toLowerCase()) as Resident).open(),
  }
  const system = regarding.records.as(SYSTEM)
  await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Elsewhere',
    servertype: 1,
    incomingserverlocation: 'memory:memory',
    isdefault: true,
  })
  const move = async (one: Resident, name: string): Promise<UserOfPost> => {
    opened.set(one.address, one)
    const person = await addUser(regarding, name, 'Berg', one.address)
    await regarding.mailboxes.update(SYSTEM, person.mailboxId, {
      actdeliverymethod: 1,
      incomingemaildeliverymethod: 0,
      outgoingemaildeliverymethod: 0,
    })
    await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
    await testMailboxes(regarding, SYSTEM, [person.mailboxId])
    return { ...one, ...person }
  }
  const [anna, ben] = [await move(first, 'Anna'), await move(second, 'Ben')]
  const sender = smtpSender(smtp)
  let sent = 0

  const office: PostOffice = {
    regarding,
    clock,
    anna,
    ben,
    carl,
    async cycle({ mailboxId }, crashAt = Number.POSITIVE_INFINITY) {
      const effects: string[] = []
      const before = (effect: string) => {
        if (effects.length === crashAt) throw new Crash(effect)
        effects.push(effect)
      }
      try {
        await runActMailbox({ ...regarding, before }, mailboxId, { guard: () => Promise.resolve() })
      } catch (error) {
        if (!(error instanceof Crash)) throw error
      }
      return effects
    },
    async appoint(values, guests, series = false) {
      const table = series ? 'recurringappointmentmaster' : 'appointment'
      const id = await regarding.records.as({ kind: 'user', id: anna.id }).create(table, values)
      const record = { table, id }
      const party = (one: Resident & { id?: string }, role: number): Values => ({
        activityid: record,
        participationtypemask: role,
        addressused: one.address,
        ...(one.id !== undefined && { partyid: { table: 'systemuser', id: one.id } }),
      })
      await system.createMany('activityparty', [
        party(anna, PARTICIPATION.organizer),
        ...guests.map((guest) => party(guest, PARTICIPATION.required)),
      ])
      return record
    },
    async post(from, to, calendar, { method = methodOf(calendar), author = from.address, header = '' } = {}) {
      const messageId = `<mail.${++sent}@test.example>`
      const source = await buildMessage({
        messageId,
        date: new Date(),
        from: author,
        to: [to.address],
        subject: `${method}: a meeting`,
        text: 'See the calendar.',
        calendar: { method: method as 'REPLY', content: calendar },
      })
      const whole = Buffer.concat([Buffer.from(header), source])
      await sender.send({ messageId, from: from.address, to: [to.address], source: whole })
    },
    async inbox(who, count) {
      const mailbox = await who.open()
      try {
        const folder = (await mailbox.folders()).find(({ use }) => use === 'inbox')?.id ?? ''
        for (let attempt = 0; attempt < 200; attempt++) {
          const ids: string[] = []
          for await (const { upserts } of mailbox.changes(folder, undefined, { pageSize: 500 }))
            ids.push(...upserts.map(({ id }) => id))
          const mails = ids.length > 0 ? await mailbox.meetings?.(folder, ids, { atMost: 1_000_000 }) : []
          if ((mails?.length ?? 0) >= count) return mails?.map(({ part }) => part.text ?? '') ?? []
          await sleep(25)
        }
        throw new Error(`${who.address} did not get ${count} mails.`)
      } finally {
        await mailbox.close()
      }
    },
    async events(who) {
      const mailbox = await who.open()
      try {
        const items = mailbox.items as ItemMailbox
        const main = (await items.folders()).find((one) => one.main && one.kind === 'event')?.id ?? ''
        const ids: string[] = []
        for await (const { upserts } of items.changes(main, undefined, { pageSize: 500 }))
          ids.push(...upserts.map(({ ref }) => ref.id))
        return (await items.get(main, ids)).filter((one): one is CalendarItem => one.kind === 'event')
      } finally {
        await mailbox.close()
      }
    },
    async remove(who, uid) {
      const mailbox = await who.open()
      try {
        for (const ref of (await mailbox.items?.find({ uid })) ?? [])
          await mailbox.items?.remove(ref, { notify: 'none' })
      } finally {
        await mailbox.close()
      }
    },
    async answers(record) {
      const { rows } = await system.query({
        table: 'activityparty',
        columns: ['addressused', 'exchangeentryresponse'],
        filter: {
          kind: 'filter',
          type: 'and',
          items: [{ kind: 'condition', column: 'activityid', operator: 'eq', values: [record.id] }],
        },
      })
      return Object.fromEntries(
        rows
          .filter((row) => Number(row['exchangeentryresponse'] ?? 0) > 0)
          .map((row) => [String(row['addressused']), Number(row['exchangeentryresponse'])]),
      )
    },
    async told({ mailboxId }) {
      const all = await explainItems(regarding, SYSTEM, {})
      return all
        .filter((one) => one.mailboxId === mailboxId)
        .map(({ outcome, code, text, trace }) => ({
          outcome,
          code,
          text: text ?? trace.map(({ finding }) => finding).join('; '),
        }))
    },
    async close() {
      sender.close()
      await regarding.close()
      await Promise.all([dovecot.stop(), postfix.stop(), radicale.stop()])
      await rm(mail, { recursive: true, force: true })
    },
  }
  for (const who of [anna, ben]) {
    await office.cycle(who)
    await confirmItems(regarding, SYSTEM, who.mailboxId)
  }
  await clock.advance(60_000) // what is made from now on was not there before
  return office
}

const addressOf = (user: string): string => `${user}@test.example`
const methodOf = (calendar: string): string => /^METHOD:(\w+)/m.exec(calendar)?.[1] ?? ''
