import type { Database } from '#database'
import { type ItemsOutcome } from '#items'
import { type ItemKind, type NewItem, SimulatedServer } from '#mailbox'
import { type Reference, type Row, SYSTEM, type Values } from '#records'
import { assemble, confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { SimulatedClock, uuid7 } from '#time'
import { addUser, type Person } from '../../incoming/support/company.ts'

/** Two users whose appointments, contacts and tasks are synchronized with a simulated mail server; everything else is real. */
export interface Office {
  regarding: Regarding
  server: SimulatedServer
  clock: SimulatedClock
  anna: Person
  ben: Person
  /** One cycle of the ACT workload. */
  cycle(person: Person): Promise<ItemsOutcome>
  /** A record owned by a person. */
  create(person: Person, table: string, values: Values): Promise<Reference>
  change(record: Reference, values: Values): Promise<void>
  remove(record: Reference): Promise<void>
  row(record: Reference): Promise<Row | undefined>
  rows(table: string): Promise<Row[]>
  /** Makes an item by a person's own hand, in the main folder of its kind. */
  make(person: Person, item: NewItem): string
  items(person: Person, kind: ItemKind): ReturnType<ReturnType<SimulatedServer['account']>['items']['list']>
  set(settings: Record<string, unknown>): Promise<void>
  later(minutes: number): Promise<void>
  close(): Promise<void>
}

const FOLDERS: Record<ItemKind, string> = { event: 'Calendar', contact: 'Contacts', task: 'Tasks' }

export async function openOffice(
  database: Database,
  options: {
    confirmed?: boolean
    server?: Partial<ConstructorParameters<typeof SimulatedServer>[0]>
    /** Chooses the ids, so that a run can be played again. */
    random?: () => number
  } = {},
): Promise<Office> {
  const clock = new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
  const server = new SimulatedServer({ ...options.server, clock })
  const { random } = options
  const bytes = (length: number) => Uint8Array.from({ length }, () => Math.floor((random as () => number)() * 256))
  const regarding = await assemble(database, clock, {
    servers: new Map([['test', server]]),
    ...(random && { newId: () => uuid7(clock.now(), bytes) }),
  })
  const system = regarding.records.as(SYSTEM)
  await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Simulated Exchange',
    servertype: 1,
    incomingserverlocation: 'memory:test',
    isdefault: true,
  })
  const office: Office = {
    regarding,
    server,
    clock,
    anna: await addUser(regarding, 'Anna', 'Berg', 'anna@adatum.example'),
    ben: await addUser(regarding, 'Ben', 'Holt', 'ben@adatum.example'),
    cycle: (person) => runActMailbox(regarding, person.mailboxId, { guard: () => Promise.resolve() }),
    create: async (person, table, values) => ({
      table,
      id: await regarding.records.as({ kind: 'user', id: person.id }).create(table, values),
    }),
    change: ({ table, id }, values) => system.update(table, id, values),
    remove: ({ table, id }) => system.delete(table, id),
    row: ({ table, id }) => system.retrieve(table, id),
    rows: async (table) => (await system.query({ table, order: [{ column: 'createdon' }] })).rows,
    make: (person, item) => server.account(person.address).items.make([FOLDERS[item.kind]], item).ref.id,
    items: (person, kind) => server.account(person.address).items.list([FOLDERS[kind]]),
    set: (settings) => regarding.options.setOrganization(SYSTEM, settings),
    later: async (minutes) => clock.advance(minutes * 60_000),
    close: () => regarding.close(),
  }
  for (const person of [office.anna, office.ben]) await enable(office, person, options.confirmed ?? true)
  return office
}

async function enable(office: Office, person: Person, confirmed: boolean): Promise<void> {
  const { regarding, server } = office
  server.account(person.address)
  await regarding.mailboxes.update(SYSTEM, person.mailboxId, {
    actdeliverymethod: 1,
    incomingemaildeliverymethod: 0,
    outgoingemaildeliverymethod: 0,
  })
  await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
  const results = [...(await testMailboxes(regarding, SYSTEM, [person.mailboxId])).values()].flat()
  const act = results.find(({ direction }) => direction === 'act')
  if (act?.status !== 'success') throw new Error(`${person.address}: ${act?.text}`)
  if (!confirmed) return
  await office.cycle(person)
  await confirmItems(regarding, SYSTEM, person.mailboxId)
  await office.later(1) // what is made from now on was not there before
}
