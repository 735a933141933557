import type { ItemsOutcome } from '#items'
import type { Item, ItemKind, ItemMailbox, Mailbox } from '#mailbox'
import { type Reference, type Row, SYSTEM, type Values } from '#records'
import { addEvent, type CalendarEvent, type New, newUid, type Sandbox, startSandbox, type User } from '#sandbox'
import { assemble, confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { SimulatedClock } from '#time'
import { addUser, type Person as Somebody } from '../../incoming/support/company.ts'
import { openTestInstallation } from '../../support/database.ts'

export const SYSTEMS = ['Graph', 'EWS'] as const
type System = (typeof SYSTEMS)[number]

/** Somebody whose mailbox lies in the sandbox. */
export interface Person extends Somebody {
  user: User
}

/** An office whose mailboxes lie in the sandbox's Exchange; everything else is real. */
export interface ExchangeOffice {
  regarding: Regarding
  sandbox: Sandbox
  clock: SimulatedClock
  hire(name: string, system: System): Promise<Person>
  /** One cycle of the ACT workload, a minute later. */
  cycle(person: Person): Promise<ItemsOutcome>
  create(person: Person, table: string, values: Values): Promise<Reference>
  change(record: Reference, values: Values): Promise<void>
  remove(record: Reference): Promise<void>
  row(record: Reference): Promise<Row | undefined>
  rows(table: string): Promise<Row[]>
  /** What lies in the calendar, as the sandbox keeps it. */
  events(person: Person): CalendarEvent[]
  named(person: Person, subject: string): CalendarEvent
  /** Puts an appointment into the calendar, as Outlook does. */
  put(person: Person, subject: string, more?: Partial<New<CalendarEvent>>): Promise<CalendarEvent>
  items(person: Person, kind: ItemKind): Promise<Item[]>
  open<T>(person: Person, work: (items: ItemMailbox, mailbox: Mailbox) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function openExchangeOffice(): Promise<ExchangeOffice> {
  const clock = new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
  const sandbox = await startSandbox({ clock })
  sandbox.world.addUser({ address: 'svc@contoso.example', name: 'CRM', password: 'secret' }).mayImpersonate = true
  const regarding = await assemble(await openTestInstallation(), clock)
  const system = regarding.records.as(SYSTEM)
  const profiles = new Map<System, string>()
  for (const name of SYSTEMS)
    profiles.set(name, await regarding.mailboxes.createProfile(SYSTEM, profileOf(sandbox, name)))

  async function open<T>(person: Person, work: (items: ItemMailbox, mailbox: Mailbox) => Promise<T>): Promise<T> {
    const setup = (await regarding.mailboxes.setups([person.mailboxId])).get(person.mailboxId)
    const mailbox = await regarding.connect(setup as NonNullable<typeof setup>)
    try {
      return await work(mailbox.items as ItemMailbox, mailbox)
    } finally {
      await mailbox.close()
    }
  }
  const cycle = async (person: Person) => {
    await clock.advance(60_000)
    return runActMailbox(regarding, person.mailboxId, { guard: () => Promise.resolve() })
  }
  return {
    regarding,
    sandbox,
    clock,
    open,
    cycle,
    events,
    async hire(name, kind) {
      const address = `${name.toLowerCase()}@contoso.example`
      const user = sandbox.world.addUser({ address, name, password: 'secret' })
      const somebody = await addUser(regarding, name, kind, address)
      await regarding.mailboxes.update(SYSTEM, somebody.mailboxId, {
        emailserverprofile: { table: 'emailserverprofile', id: profiles.get(kind) as string },
        incomingemaildeliverymethod: 0,
        outgoingemaildeliverymethod: 0,
        actdeliverymethod: 1,
      })
      await regarding.mailboxes.approve(SYSTEM, [somebody.mailboxId])
      const results = (await testMailboxes(regarding, SYSTEM, [somebody.mailboxId])).get(somebody.mailboxId) ?? []
      const failure = results.find(({ status }) => status === 'failure')
      if (failure) throw new Error(`${address}: ${failure.text}`)
      const person = { ...somebody, user }
      await cycle(person)
      await confirmItems(regarding, SYSTEM, person.mailboxId)
      await clock.advance(60_000) // what is made from now on was not there before
      return person
    },
    create: async (person, table, values) => ({
      table,
      id: await regarding.records.as({ kind: 'user', id: person.id }).create(table, values),
    }),
    change: ({ table, id }, values) => system.update(table, id, values),
    remove: ({ table, id }) => system.delete(table, id),
    row: ({ table, id }) => system.retrieve(table, id),
    rows: async (table) => (await system.query({ table, order: [{ column: 'createdon' }] })).rows,
    named(person, subject) {
      const found = events(person).find((event) => event.subject === subject)
      if (!found) throw new Error(`There is no ${subject} in the calendar of ${person.address}.`)
      return found
    },
    put(person, subject, more = {}) {
      const { user } = person
      const plain = {
        allDay: false,
        showAs: 'busy',
        sensitivity: 'normal',
        importance: 'normal',
        location: '',
      } as const
      const mine = {
        mine: true,
        responseRequested: true,
        online: false,
        cancelled: false,
        reminder: undefined,
      } as const
      return addEvent({ world: sandbox.world, user, notify: false }, calendar(person), {
        kind: 'event',
        subject,
        uid: newUid(sandbox.world),
        sequence: 0,
        start: at('10'),
        end: at('11'),
        body: { type: 'text', content: '' },
        attendees: [],
        answer: 'organizer',
        organizer: { name: user.name, address: user.address },
        exceptions: [],
        attachments: [],
        categories: [TRACKED],
        ...plain,
        ...mine,
        ...more,
      })
    },
    items: (person, kind) =>
      open(person, async (mailbox) => {
        const folder = (await mailbox.folders()).find((one) => one.main && one.kind === kind)?.id as string
        const ids: string[] = []
        for await (const { upserts } of mailbox.changes(folder, undefined, { pageSize: 200 }))
          ids.push(...upserts.map(({ ref }) => ref.id))
        const read = await mailbox.get(folder, ids)
        return read.filter((one): one is Item => one.kind !== 'unreadable')
      }),
    async close() {
      await regarding.close()
      await sandbox.close()
    },
  }
}

const calendar = ({ user }: Person) => user.mailbox.wellKnown('calendar').id
const events = (person: Person) => person.user.mailbox.items(calendar(person)) as CalendarEvent[]
const at = (hour: string) => ({ local: `2026-02-02T${hour}:00:00`, zone: 'W. Europe Standard Time' })

/** What people see of the tracked category (T-94). */
const TRACKED = 'Tracked to Regarding'

function profileOf(sandbox: Sandbox, name: System): Values {
  if (name === 'Graph')
    return {
      name,
      servertype: 0,
      authenticateusing: 2,
      incomingserverlocation: sandbox.graphUrl,
      oauthloginlocation: sandbox.url,
      exchangeonlinetenantid: sandbox.login.tenant,
      oauthclientid: 'sandbox-client',
      oauthclientsecret: 'sandbox-secret',
    }
  return {
    name,
    servertype: 1,
    authenticateusing: 1,
    incomingauthenticationprotocol: 2,
    incomingserverlocation: sandbox.ewsUrl,
    username: 'CONTOSO\\svc',
    password: 'secret',
    useimpersonation: true,
  }
}

/** A task of the sandbox that its owner has put our category on. */
export const TASK = {
  kind: 'task',
  body: { type: 'text', content: '' },
  status: 'notStarted',
  percent: 0,
  importance: 'normal',
  sensitivity: 'normal',
  checklist: [],
  attachments: [],
  categories: ['Tracked to Regarding'],
} as const
