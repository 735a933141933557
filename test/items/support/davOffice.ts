import type { ItemsOutcome, ItemTable } from '#items'
import { type ItemKind, type Mailbox, SimulatedServer } from '#mailbox'
import { type Reference, type Row, SYSTEM, type Values } from '#records'
import { assemble, confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { SimulatedClock } from '#time'
import { openDav } from '../../../src/mailbox/dav/index.ts'
import { joined } from '../../../src/mailbox/joined.ts'
import { addUser, type Person } from '../../incoming/support/company.ts'
import { davBench } from '../../mailbox/dav/support/bench.ts'
import { cyrusServer } from '../../mailbox/dav/support/cyrusServer.ts'
import { radicaleServer } from '../../mailbox/dav/support/radicaleServer.ts'
import { startCyrus } from '../../support/cyrus.ts'
import { openTestInstallation } from '../../support/database.ts'
import type { HttpProxy } from '../../support/httpProxy.ts'
import { startRadicale } from '../../support/radicale.ts'
import { startPost } from '../meetings/post.ts'

export const SERVERS = ['Radicale', 'Cyrus'] as const

const FOLDERS: Record<ItemKind, string[]> = { event: ['Calendar'], contact: ['Contacts'], task: ['Tasks'] }

/** Somebody whose appointments, contacts and tasks lie on a real server of CalDAV and CardDAV; the mail is simulated. */
export interface DavOffice {
  regarding: Regarding
  person: Person
  /** Stands between Regarding and the server. */
  proxy: HttpProxy
  cycle(): Promise<ItemsOutcome>
  later(minutes: number): Promise<void>
  create(table: string, values: Values): Promise<Reference>
  change(record: Reference, values: Values): Promise<void>
  row(record: Reference): Promise<Row | undefined>
  /** The record of a table that has this subject. */
  recordOf(table: string, subject: string): Promise<Reference>
  /** Another user, whose mailbox is not synchronized. */
  somebody(): Promise<Reference>
  /** Writes a resource as another client does, into the main folder of its kind or another. */
  put(kind: ItemKind, name: string, text: string, folder?: string[]): Promise<void>
  /** `slug`: the last segment of its path. */
  createFolder(kind: ItemKind, name: string, slug?: string): Promise<void>
  delete(kind: ItemKind, title: string): Promise<void>
  textOf(kind: ItemKind, title: string): Promise<{ name: string; text: string }>
  /** How many resources there are, in the main folder of the kind or another. */
  count(kind: ItemKind, folder?: string[]): Promise<number>
  /** Does something while the person's filters of a table return nothing. */
  withoutFilters(table: ItemTable, work: () => Promise<void>): Promise<void>
  /** How many mails went to anybody, by the server or by Regarding. */
  told(): number
  close(): Promise<void>
}

export async function openDavOffice(name: (typeof SERVERS)[number]): Promise<DavOffice> {
  const clock = new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
  let mails = 0
  const post = await startPost(async () => void mails++)
  const { stop, server } = await serverOf(name, post.port)
  const bench = await davBench(server)
  const { address, other: hands, settings } = bench
  const letters = new SimulatedServer({ clock, items: false })
  letters.account(address)
  const assembled = await assemble(await openTestInstallation(), clock, {
    servers: new Map([['letters', letters]]),
  })
  const send: Mailbox['send'] = async ({ messageId }) => {
    mails++
    return { messageId, response: 'taken' }
  }
  const regarding: Regarding = {
    ...assembled,
    async connect() {
      const both = joined(await letters.open(address), await openDav(settings, { clock }))
      return { ...both, send }
    },
  }
  const system = regarding.records.as(SYSTEM)
  await regarding.mailboxes.createProfile(SYSTEM, {
    name,
    servertype: 1,
    incomingserverlocation: 'memory:letters',
    isdefault: true,
  })
  const person = await addUser(regarding, 'Dora', 'Dav', address)
  await regarding.mailboxes.update(SYSTEM, person.mailboxId, {
    actdeliverymethod: 1,
    incomingemaildeliverymethod: 0,
    outgoingemaildeliverymethod: 0,
  })
  await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
  const results = [...(await testMailboxes(regarding, SYSTEM, [person.mailboxId])).values()].flat()
  const act = results.find(({ direction }) => direction === 'act')
  if (act?.status !== 'success') throw new Error(`${address}: ${act?.text}`)
  const cycle = async () => {
    return runActMailbox(regarding, person.mailboxId, { guard: () => Promise.resolve() })
  }
  await cycle()
  await confirmItems(regarding, SYSTEM, person.mailboxId)
  await clock.advance(60_000) // what is made from now on was not there before

  return {
    regarding,
    person,
    proxy: bench.proxy,
    cycle,
    later: (minutes) => clock.advance(minutes * 60_000),
    create: async (table, values) => ({
      table,
      id: await regarding.records.as({ kind: 'user', id: person.id }).create(table, values),
    }),
    change: ({ table, id }, values) => system.update(table, id, values),
    row: ({ table, id }) => system.retrieve(table, id),
    async recordOf(table, subject) {
      const row = (await system.query({ table })).rows.find((one) => one['subject'] === subject)
      if (!row) throw new Error(`There is no ${table} “${subject}”.`)
      return { table, id: String(row['activityid']) }
    },
    somebody: async () => ({ table: 'systemuser', id: (await addUser(regarding, 'Ben', 'Holt', `ben.${address}`)).id }),
    async put(kind, resource, text, folder = FOLDERS[kind]) {
      const { status } = await hands.put(folder, resource, text)
      if (status >= 300) throw new Error(`${resource}: ${status}`)
    },
    createFolder: (kind, folder, slug) => hands.createFolder(kind, [folder], slug),
    delete: (kind, title) => hands.delete(FOLDERS[kind], title),
    textOf: (kind, title) => hands.textOf(FOLDERS[kind], title),
    count: async (kind, folder = FOLDERS[kind]) => (await hands.list(folder)).length,
    async withoutFilters(table, work) {
      const active = (await regarding.filters.active(person.id, 'online')).get(table) ?? []
      const set = (statecode: number) =>
        Promise.all(active.map(({ id }) => system.update('userquery', id, { statecode })))
      await set(1)
      await work()
      await set(0)
    },
    told: () => mails,
    async close() {
      await regarding.close()
      await bench.mailbox.close()
      await bench.close()
      await Promise.all([stop(), post.close()])
    },
  }
}

async function serverOf(name: (typeof SERVERS)[number], smtpPort: number) {
  if (name === 'Cyrus') {
    const cyrus = await startCyrus(smtpPort)
    return { server: cyrusServer(cyrus), stop: () => cyrus.stop() }
  }
  const radicale = await startRadicale()
  return { server: radicaleServer(radicale), stop: () => radicale.stop() }
}
