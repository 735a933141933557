import { explainItems } from '#items'
import type { CalendarItem, ItemMailbox, Mailbox, NewEvent } from '#mailbox'
import { PARTICIPATION, type Reference, type Row, SYSTEM, type Values } from '#records'
import { assemble, confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { SimulatedClock } from '#time'
import { addUser, type Person as User } from '../../incoming/support/company.ts'
import { openTestInstallation } from '../../support/database.ts'
import { type Home, openPlaces, PASSWORD, type PlaceName, type Places } from './places.ts'
import type { Told } from './post.ts'

export interface Person extends User {
  place: PlaceName
  number: number
  home: Home
}

/** A company whose people have their calendars in several mail systems. */
export interface World {
  regarding: Regarding
  places: Places
  clock: SimulatedClock
  hire(place: PlaceName, name: string, options?: { confirmed?: boolean }): Promise<Person>
  confirm(person: Person): Promise<void>
  /** Cycles of each group at once, one group after the other, then of everybody until nothing is left to be done. */
  quiet(...groups: (readonly Person[])[]): Promise<void>
  /** An appointment in the CRM. */
  appoint(organizer: Person, values: Values, parties: readonly Invited[]): Promise<Reference>
  party(record: Reference, invited: Invited): Promise<string>
  /** A person at her own calendar, by any client. */
  at<T>(person: Person, act: (items: ItemMailbox, folder: string) => Promise<T>): Promise<T>
  events(person: Person): Promise<CalendarItem[]>
  meetings(where: Partial<Row>): Promise<Row[]>
  parties(record: Reference): Promise<Row[]>
  /** What everybody was told of a meeting, by address. */
  told(people: readonly Person[]): Promise<Told[]>
  close(): Promise<void>
}

interface Invited {
  role: number
  party?: Reference
  address?: string
}

function cycle(regarding: Regarding, { mailboxId, address, place }: Person) {
  return runActMailbox(regarding, mailboxId, { guard: () => Promise.resolve() }).catch((error: unknown) => {
    throw new Error(`${address} (${place})`, { cause: error })
  })
}

export async function openWorld(): Promise<World> {
  const clock = new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
  const places = await openPlaces(clock)
  const assembled = await assemble(await openTestInstallation(), clock, {
    servers: new Map([['memory', places.memory]]),
  })
  const homes = new Map<string, Home>()
  const regarding: Regarding = {
    ...assembled,
    connect: (setup, part) => homes.get(setup.address)?.open?.() ?? assembled.connect(setup, part),
  }
  const system = regarding.records.as(SYSTEM)
  await regarding.options.setOrganization(SYSTEM, { ItemInvitationBudget: 1_000 })
  const profiles = await profilesFor(regarding, places)

  const open = async <T>(person: Person, work: (mailbox: Mailbox) => Promise<T>): Promise<T> => {
    const setup = (await regarding.mailboxes.setups([person.mailboxId])).get(person.mailboxId)
    if (!setup) throw new Error(`${person.address} has no mailbox.`)
    const mailbox = await regarding.connect(setup)
    try {
      return await work(mailbox)
    } finally {
      await mailbox.close()
    }
  }
  const at: World['at'] = (person, act) =>
    open(person, async ({ items }) => {
      if (!items) throw new Error(`${person.address} has no calendar.`)
      const main = (await items.folders()).find(({ kind, main }) => main && kind === 'event')
      return act(items, main?.id ?? '')
    })

  const world: World = {
    regarding,
    places,
    clock,
    at,
    async hire(place, name, { confirmed = true } = {}) {
      const home = await places.home(place, name)
      homes.set(home.address, home)
      const user = await addUser(regarding, name, place, home.address)
      await regarding.mailboxes.update(SYSTEM, user.mailboxId, {
        actdeliverymethod: 1,
        incomingemaildeliverymethod: 0,
        outgoingemaildeliverymethod: 0,
        emailserverprofile: { table: 'emailserverprofile', id: profiles[place] },
      })
      await regarding.mailboxes.approve(SYSTEM, [user.mailboxId])
      const results = [...(await testMailboxes(regarding, SYSTEM, [user.mailboxId])).values()].flat()
      const act = results.find(({ direction }) => direction === 'act')
      if (act?.status !== 'success') throw new Error(`${home.address}: ${act?.text}`)
      const person = { ...user, place, number: Number(name.at(-1)), home }
      if (confirmed) await world.confirm(person)
      return person
    },
    async confirm(person) {
      await cycle(regarding, person)
      await confirmItems(regarding, SYSTEM, person.mailboxId)
      await clock.advance(60_000) // what is made from now on was not there before
    },
    async quiet(...groups) {
      const round = async (people: readonly Person[]) => {
        const outcomes = await Promise.all(people.map((person) => cycle(regarding, person)))
        return outcomes.every(({ seen }) => seen === 0)
      }
      for (const group of groups) await round(group)
      for (let tries = 0; tries < 6; tries++) if (await round(groups.flat())) return
      const last = await explainItems(regarding, SYSTEM, { top: 12 })
      throw new Error(`It does not become quiet: ${JSON.stringify(last, undefined, 1)}`)
    },
    async appoint(organizer, values, parties) {
      const record = {
        table: 'appointment',
        id: await regarding.records.as({ kind: 'user', id: organizer.id }).create('appointment', values),
      }
      const user = { table: 'systemuser', id: organizer.id }
      await system.createMany(
        'activityparty',
        [{ role: PARTICIPATION.organizer, party: user, address: organizer.address }, ...parties].map((one) =>
          rowOf(record, one),
        ),
      )
      return record
    },
    party: (record, invited) => system.create('activityparty', rowOf(record, invited)),
    events: (person) =>
      at(person, async (items, folder) => {
        const ids: string[] = []
        for await (const { upserts } of items.changes(folder, undefined, { pageSize: 500 }))
          ids.push(...upserts.map(({ ref }) => ref.id))
        return (await items.get(folder, [...new Set(ids)])).filter((one): one is CalendarItem => one.kind === 'event')
      }),
    meetings: async (where) =>
      (await system.query({ table: 'appointment' })).rows.filter((row) =>
        Object.entries(where).every(([name, value]) => row[name] === value),
      ),
    parties: async ({ id }) =>
      (await system.query({ table: 'activityparty' })).rows.filter((row) => row['activityid'] === id),
    told: async (people) =>
      (await Promise.all([places.told(), ...people.map(({ home }) => home.told?.() ?? [])])).flat(),
    async close() {
      await regarding.close()
      await places.close()
    },
  }
  return world
}

function rowOf(record: Reference, { role, party, address }: Invited): Values {
  const values: Values = {
    activityid: record,
    participationtypemask: role,
    ...(party && { partyid: party }),
    addressused: address,
  }
  return values
}

async function profilesFor(regarding: Regarding, { sandbox }: Places): Promise<Record<PlaceName, string>> {
  const create = (values: Values) => regarding.mailboxes.createProfile(SYSTEM, values)
  const elsewhere = await create({
    name: 'Elsewhere',
    servertype: 1,
    incomingserverlocation: 'memory:memory',
    isdefault: true,
  })
  return {
    graph: await create({
      name: 'Exchange Online',
      servertype: 0,
      authenticateusing: 2,
      exchangeonlinetenantid: sandbox.login.tenant,
      oauthclientid: 'sandbox-client',
      oauthclientsecret: 'sandbox-secret',
      incomingserverlocation: sandbox.graphUrl,
      oauthloginlocation: sandbox.url,
    }),
    ews: await create({
      name: 'Exchange of our own',
      servertype: 1,
      incomingserverlocation: sandbox.ewsUrl,
      authenticateusing: 1,
      incomingauthenticationprotocol: 2,
      username: 'CONTOSO\\svc',
      password: PASSWORD,
      useimpersonation: true,
    }),
    cyrus: elsewhere,
    radicale: elsewhere,
    memory: elsewhere,
  }
}

const local = (at: Date) => at.toISOString().slice(0, 19)

/** A new meeting as somebody makes it in her own calendar. */
export function planned(subject: string, start: Date, attendees: readonly string[], categories?: string[]): NewEvent {
  return {
    kind: 'event',
    fields: {
      subject,
      time: { allDay: false, start: local(start), end: local(new Date(start.getTime() + 3_600_000)), zone: 'UTC' },
      showAs: 'free',
      importance: 'normal',
      sensitivity: 'normal',
      attendees: attendees.map((address) => ({ address, role: 'required', answer: 'none' })),
      ...(categories && { categories }),
    },
  }
}
