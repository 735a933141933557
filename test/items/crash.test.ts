import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { openQuestions } from '#items'
import { type Item, MailboxError } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { runActMailbox } from '#sync'
import { seededRandom } from '#time'
import type { Person } from '../incoming/support/company.ts'
import { engines, openTestInstallation } from '../support/database.ts'
import { feedIsWhole, type Office, openOffice } from './support/office.ts'

/** A process that died. */
class Crash extends Error {}

const ACTS = 40
const SEEDS = { embedded: [1, 7], server: [27, 30] } as const

describe.each(engines)('two mailboxes and the CRM through crashes and lost answers on %s', (engine) => {
  let office: Office
  afterEach(async () => office?.close())

  for (const seed of SEEDS[engine])
    it(`B-96, SC-33: both sides end the same, nothing is lost or doubled, nobody is invited twice (seed ${seed})`, async () => {
      office = await openOffice(await openTestInstallation(engine), { random: seededRandom(seed + 1_000_000) })
      const world = new World(office, seededRandom(seed))
      for (let act = 0; act < ACTS; act++) await world.act()
      await world.calm()
      expect(await world.faults()).toEqual([])
    })
})

/** What people did, by chance, and what must have become of it. */
class World {
  readonly #office: Office
  readonly #random: () => number
  readonly #contacts: Reference[] = []
  readonly #tasks: Reference[] = []
  readonly #meetings: string[] = []
  readonly #deleted = new Set<string>()
  #count = 0

  constructor(office: Office, random: () => number) {
    this.#office = office
    this.#random = random
  }

  async act(): Promise<void> {
    const { anna, ben } = this.#office
    await this.#office.later(1)
    const acts = [
      () => this.#newContact(),
      () => this.#newTask(),
      () => this.#newTrackedTask(),
      () => this.#newMeeting(),
      () => this.#changeContact(),
      () => this.#changeCard(),
      () => this.#deleteTask(),
      () => this.#deleteTaskItem(),
      () => this.#cycle(anna),
      () => this.#cycle(anna),
      () => this.#cycle(ben),
    ]
    const one = this.#oneOf<() => void | Promise<void>>(acts)
    await one?.()
  }

  /** Cycles without faults until there is nothing to do. */
  async calm(): Promise<void> {
    const { anna, ben, server } = this.#office
    server.faults.clear()
    for (let round = 0; round < 10; round++) {
      await this.#office.later(5)
      const seen = (await this.#office.cycle(anna)).seen + (await this.#office.cycle(ben)).seen
      if (seen === 0) return
    }
    throw new Error('It never came to rest.')
  }

  /** What is not as it must be. */
  async faults(): Promise<string[]> {
    const { anna, ben, regarding, server } = this.#office
    const faults: string[] = []
    const same = (what: string, is: readonly string[], shall: readonly string[]) => {
      if ([...is].sort().join() !== [...shall].sort().join()) faults.push(`${what}: ${is.join()}, not ${shall.join()}`)
    }
    const contacts = await this.#office.rows('contact')
    const said = contacts.map((row) => [row['lastname'], row['jobtitle'] ?? '', row['mobilephone'] ?? ''].join(' '))
    same('contacts', this.#office.items(anna, 'contact').map(cardOf), said)
    if (contacts.length !== this.#contacts.length) faults.push(`${contacts.length} contacts`)
    const tasks = (await this.#office.rows('task')).map((row) => String(row['subject']))
    same('tasks', this.#subjects(anna, 'task'), tasks)
    same('tasks, each once', tasks, [...new Set(tasks)])
    const deleted = tasks.filter((name) => this.#deleted.has(name))
    same('deleted tasks', deleted, [])
    for (const person of [anna, ben])
      same(`meetings of ${person.address}`, this.#subjects(person, 'event'), this.#meetings)
    const requests = server.meetingMail.filter(({ kind }) => kind === 'request').map(({ uid, to }) => `${uid} ${to}`)
    same('invitations, each once', requests, [...new Set(requests)])
    if (requests.length !== this.#meetings.length) faults.push(`${requests.length} invitations`)
    const questions = await openQuestions(regarding, SYSTEM)
    same(
      'questions',
      questions.map(({ text }) => text),
      [],
    )
    const { rows } = await sql<{ state: string }>`
      select state from item_link where state in ('creating', 'removing')`.execute(regarding.database.sql)
    same(
      'links half made',
      rows.map(({ state }) => state),
      [],
    )
    return faults
  }

  #subjects(person: Person, kind: 'event' | 'task'): string[] {
    return this.#office.items(person, kind).map(({ fields }) => ('subject' in fields ? (fields.subject ?? '') : ''))
  }

  /** One cycle, which may die between any two effects, and whose server may lose answers. */
  async #cycle(person: Person): Promise<void> {
    const { regarding, server } = this.#office
    let left = this.#random() < 0.6 ? Math.floor(this.#random() * 25) : Number.POSITIVE_INFINITY
    server.faults.chance = (call) =>
      call.moment === 'after' && call.name.startsWith('items.') && this.#random() < 0.05 ? { error: lost() } : undefined
    const before = () => {
      if (left-- <= 0) throw new Crash()
    }
    await feedIsWhole(regarding)
    try {
      await runActMailbox({ ...regarding, before }, person.mailboxId, { guard: () => Promise.resolve() })
    } catch (error) {
      if (!(error instanceof Crash) && !(error instanceof MailboxError && error.kind === 'transient')) throw error
    } finally {
      server.faults.chance = undefined
    }
  }

  async #newContact(): Promise<void> {
    this.#contacts.push(
      await this.#office.create(this.#office.anna, 'contact', { firstname: 'Kim', lastname: this.#name('Contact') }),
    )
  }

  async #newTask(): Promise<void> {
    this.#tasks.push(await this.#office.create(this.#office.anna, 'task', { subject: this.#name('Task') }))
  }

  #newTrackedTask(): void {
    const fields = {
      status: 'notStarted',
      importance: 'normal',
      sensitivity: 'normal',
      categories: ['$Tracked'],
    } as const
    this.#office.make(this.#office.anna, {
      kind: 'task',
      fields: { ...fields, categories: ['$Tracked'], subject: this.#name('Tracked') },
    })
  }

  async #newMeeting(): Promise<void> {
    const { anna, ben, regarding } = this.#office
    const subject = this.#name('Meeting')
    const day = new Date(Date.UTC(2026, 5, 1 + this.#meetings.length, 10))
    this.#meetings.push(subject)
    await regarding.database.transaction(async (tx) => {
      const user = regarding.records.as({ kind: 'user', id: anna.id }).in(tx)
      const end = new Date(day.getTime() + 3_600_000)
      const id = await user.create('appointment', { subject, scheduledstart: day, scheduledend: end })
      const parties = [party(anna, PARTICIPATION.organizer), party(ben, PARTICIPATION.required)]
      await user.createMany(
        'activityparty',
        parties.map((one) => ({ ...one, activityid: { table: 'appointment', id } })),
      )
    })
  }

  async #changeContact(): Promise<void> {
    const contact = this.#oneOf(this.#contacts)
    if (contact) await this.#office.change(contact, { jobtitle: this.#name('Title') })
  }

  #changeCard(): void {
    const { anna, server } = this.#office
    const card = this.#oneOf(this.#office.items(anna, 'contact'))
    if (card)
      server
        .account(anna.address)
        .items.change(['Contacts'], card.ref.id, { kind: 'contact', set: { mobile: this.#name('+49') } })
  }

  async #deleteTask(): Promise<void> {
    const task = this.#oneOf(this.#tasks.splice(0, 1))
    if (!task) return
    const row = await this.#office.row(task)
    if (!row) return
    this.#deleted.add(String(row['subject']))
    await this.#office.remove(task)
  }

  /** Only of what is linked: what a crash left half made is made again. */
  async #deleteTaskItem(): Promise<void> {
    const { anna, server, regarding } = this.#office
    const item = this.#oneOf(this.#office.items(anna, 'task'))
    if (!item) return
    const { rows } = await sql`select 1 from item_link where item_id = ${item.ref.id} and state = 'linked'`.execute(
      regarding.database.sql,
    )
    if (!rows.length) return
    this.#deleted.add('subject' in item.fields ? (item.fields.subject ?? '') : '')
    server.account(anna.address).items.delete(['Tasks'], item.ref.id)
  }

  #name(kind: string): string {
    return `${kind} ${++this.#count}`
  }

  #oneOf<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)]
  }
}

const party = (person: Person, participationtypemask: number) => ({
  participationtypemask,
  partyid: { table: 'systemuser', id: person.id },
  addressused: person.address,
})

function cardOf({ fields }: Item): string {
  if (!('mobile' in fields) && !('lastName' in fields)) return ''
  const {
    lastName = '',
    jobTitle = '',
    mobile = '',
  } = fields as { lastName?: string; jobTitle?: string; mobile?: string }
  return [lastName, jobTitle, mobile].join(' ')
}

const lost = () => new MailboxError('transient', 'Timeout', 'The answer was lost.')
