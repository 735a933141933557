import { sql } from 'kysely'
import { openQuestions } from '#items'
import { type Item, type ItemKind, type ItemMailbox, MailboxError } from '#mailbox'
import { PARTICIPATION, type Reference, type Row, SYSTEM } from '#records'
import { answerItemQuestion, runActMailbox } from '#sync'
import { seededRandom } from '#time'
import type { Person } from '../../incoming/support/company.ts'
import { type Edit, lostEdits } from '../../prove/support/edits.ts'
import { type Engine, openTestInstallation } from '../../support/database.ts'
import { keptOf } from './kept.ts'
import { type Office, openOffice } from './office.ts'

/** A process that died. */
class Crash extends Error {}

const ACTS = 40

/** Plays a seed on a store of its own: what is not as it must be in the end, and what happened until then. */
export async function playItems(engine: Engine, seed: number): Promise<{ faults: string[]; story: string[] }> {
  const office = await openOffice(await openTestInstallation(engine), { random: seededRandom(seed + 1_000_000) })
  const world = new World(office, seededRandom(seed))
  try {
    await world.open()
    for (let act = 0; act < ACTS; act++) await world.act()
    await world.calm()
    return { faults: await world.faults(), story: world.story }
  } catch (error) {
    return { faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)], story: world.story }
  } finally {
    await world.close()
  }
}

/** What people did, by chance, and what must have become of it. */
class World {
  /** Everything in order, for who has to understand a failure. */
  readonly story: string[] = []
  readonly #office: Office
  readonly #random: () => number
  readonly #contacts: Reference[] = []
  readonly #tasks: Reference[] = []
  readonly #meetings: string[] = []
  readonly #edits: Edit[] = []
  /** How often a meeting was changed so that its guests are to be told. */
  readonly #deserved = new Map<string, number>()
  #client: ItemMailbox | undefined
  #close: () => Promise<void> = () => Promise.resolve()
  readonly #deleted = new Set<string>()
  #count = 0

  constructor(office: Office, random: () => number) {
    this.#office = office
    this.#random = random
  }

  /** Folders beside the main ones, and Anna's own mail client. */
  async open(): Promise<void> {
    const { anna, regarding, server } = this.#office
    const { items } = server.account(anna.address)
    for (const kind of ['event', 'contact', 'task'] as const) items.createFolder(kind, SECOND[kind])
    const setup = (await regarding.mailboxes.setups([anna.mailboxId])).get(anna.mailboxId)
    const mailbox = await regarding.connect(setup as NonNullable<typeof setup>)
    this.#client = mailbox.items
    this.#close = () => mailbox.close()
  }

  async close(): Promise<void> {
    await this.#close()
    await this.#office.close()
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
      () => this.#newOutlookMeeting(),
      () => this.#newSeries(),
      () => this.#changeMeeting(),
      () => this.#changeMeetingItem(),
      () => this.#sayInCard(),
      () => this.#moveItem(),
      () => this.#loseCursors(),
      () => this.#trackInvitation(),
      () => this.#cycle(ben),
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
      if (seen === 0 && !(await this.#answer())) return
    }
    throw new Error('It never came to rest.')
  }

  /** B-44: a person who deleted tasks says so where the synchronization does not know. */
  async #answer(): Promise<boolean> {
    const { regarding } = this.#office
    const questions = (await openQuestions(regarding, SYSTEM)).filter(({ kind }) => kind === 'deleteBrake')
    for (const { id, text } of questions) {
      this.story.push(`yes: ${text}`)
      await answerItemQuestion(regarding, SYSTEM, id, true)
    }
    return questions.length > 0
  }

  /** What is not as it must be. */
  async faults(): Promise<string[]> {
    const { anna, ben, regarding } = this.#office
    const faults: string[] = []
    const same = (what: string, is: readonly string[], shall: readonly string[]) => {
      if ([...is].sort().join() !== [...shall].sort().join()) faults.push(`${what}: ${is.join()}, not ${shall.join()}`)
    }
    const contacts = await this.#office.rows('contact')
    const said = contacts.map((row) => [row['lastname'], row['jobtitle'] ?? '', row['mobilephone'] ?? ''].join(' '))
    same('contacts', this.#itemsOf(anna, 'contact').map(cardOf), said)
    if (contacts.length !== this.#contacts.length) faults.push(`${contacts.length} contacts`)
    const tasks = (await this.#office.rows('task')).map((row) => String(row['subject']))
    same('tasks', this.#subjects(anna, 'task'), tasks)
    same('tasks, each once', tasks, [...new Set(tasks)])
    const deleted = tasks.filter((name) => this.#deleted.has(name))
    same('deleted tasks', deleted, [])
    for (const person of [anna, ben])
      same(`meetings of ${person.address}`, this.#subjects(person, 'event'), this.#meetings)
    const meetings = [
      ...(await this.#office.rows('appointment')),
      ...(await this.#office.rows('recurringappointmentmaster')),
    ]
    const masters = meetings.filter((row) => row['seriesid'] === undefined || row['seriesid'] === null)
    same(
      'meetings',
      masters.map((row) => `${String(row['subject'])} ${String(row['location'] ?? '')}`),
      this.#itemsOf(anna, 'event').map(meetingOf),
    )
    same('meetings of Ben', this.#itemsOf(ben, 'event').map(meetingOf), this.#itemsOf(anna, 'event').map(meetingOf))
    faults.push(...this.#invitationFaults(masters))
    const final = new Map(contacts.map((row) => [String(row['lastname']), String(row['jobtitle'] ?? '')]))
    const kept = await keptOf(regarding)
    for (const edit of lostEdits(this.#edits, [], { final, kept })) faults.push(`lost: ${JSON.stringify(edit)}`)
    const questions = await openQuestions(regarding, SYSTEM)
    same(
      'questions',
      questions.map(({ text }) => text),
      [],
    )
    const { rows } = await sql<{ state: string; table: string; subject: string | null; lives: boolean }>`
      select state, record_table as "table", subject, record_id in (select activityid from activitypointer union all
        select contactid from contact) as lives
      from item_link where state in ('creating', 'removing')`.execute(regarding.database.sql)
    same(
      'links half made',
      rows.map(
        (row) => `${row.state} ${row.table} “${row.subject ?? ''}” ${row.lives ? 'of a record' : 'without record'}`,
      ),
      [],
    )
    return faults
  }

  /** AP-35: its guest is invited to a new meeting once, and at most once more for each change that he must know. */
  #invitationFaults(masters: readonly Row[]): string[] {
    const { ben, server } = this.#office
    const requests = server.meetingMail.filter(({ kind, to }) => kind === 'request' && to === ben.address)
    return masters.flatMap((row) => {
      const count = requests.filter(({ uid }) => uid === row['globalobjectid']).length
      const most = 1 + (this.#deserved.get(String(row['subject'])) ?? 0)
      return count >= 1 && count <= most ? [] : [`${String(row['subject'])}: ${count} invitations, at most ${most}`]
    })
  }

  #itemsOf(person: Person, kind: ItemKind): Item[] {
    const { items } = this.#office.server.account(person.address)
    return items.folders.filter((folder) => folder.kind === kind).flatMap(({ path }) => items.list(path))
  }

  #subjects(person: Person, kind: 'event' | 'task'): string[] {
    return this.#itemsOf(person, kind).map(({ fields }) => ('subject' in fields ? (fields.subject ?? '') : ''))
  }

  /** One cycle, which may die between any two effects, and whose server may lose answers. */
  async #cycle(person: Person): Promise<void> {
    const { regarding, server } = this.#office
    let left = this.#random() < 0.6 ? Math.floor(this.#random() * 25) : Number.POSITIVE_INFINITY
    this.story.push(`cycle of ${person.address}`)
    server.faults.chance = (call) =>
      call.moment === 'after' && call.name.startsWith('items.') && this.#random() < 0.05 ? { error: lost() } : undefined
    const before = (effect: string) => {
      this.story.push(`  ${effect}`)
      if (left-- <= 0) throw new Crash()
    }
    try {
      await runActMailbox({ ...regarding, before }, person.mailboxId, { guard: () => Promise.resolve() })
    } catch (error) {
      if (!(error instanceof Crash) && !(error instanceof MailboxError && error.kind === 'transient')) throw error
      this.story.push(`  ended: ${error.message || 'crashed'}`)
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
    const row = contact && (await this.#office.row(contact))
    if (!row) return
    const value = this.#name('Title')
    this.#edits.push({ name: String(row['lastname']), side: 'record', value, was: String(row['jobtitle'] ?? '') })
    await this.#office.change(contact, { jobtitle: value })
  }

  /** What the record says may be another thing by now: one of both is kept in the tray (B-70). */
  #sayInCard(): void {
    const { anna, server } = this.#office
    const { items } = server.account(anna.address)
    const card = this.#oneOf(this.#itemsOf(anna, 'contact'))
    if (card?.kind !== 'contact') return
    const value = this.#name('Job')
    const { lastName = '', jobTitle = '' } = card.fields
    this.#edits.push({ name: lastName, side: 'item', value, was: jobTitle })
    items.change(this.#pathOf(anna, card), card.ref.id, { kind: 'contact', set: { jobTitle: value } })
  }

  /** Made in Outlook, tracked there, and only then are guests asked. */
  async #newOutlookMeeting(series?: object): Promise<void> {
    const { anna, ben } = this.#office
    const subject = this.#name(series ? 'Series' : 'Outlook meeting')
    const day = new Date(Date.UTC(2026, 5, 1 + this.#meetings.length)).toISOString().slice(0, 10)
    this.#meetings.push(subject)
    // At an hour when nobody is booked by something else (AP-53).
    const [start, end] = series ? ['15:00:00', '16:00:00'] : ['12:00:00', '13:00:00']
    const time = { allDay: false, start: `${day}T${start}`, end: `${day}T${end}`, zone: 'Europe/Berlin' }
    const fields = { subject, time, showAs: 'busy', importance: 'normal', sensitivity: 'normal' } as const
    const id = this.#office.make(anna, { kind: 'event', fields, ...series })
    const [item] = await this.#read('event', id)
    if (!item) return
    const attendees = [{ address: ben.address, role: 'required' as const, answer: 'none' as const }]
    await this.#client?.update(
      item.ref,
      { kind: 'event', set: { attendees, categories: ['$Tracked'] } },
      { notify: 'all' },
    )
  }

  /** Every week, on the day it begins, one of them elsewhere. */
  async #newSeries(): Promise<void> {
    const first = new Date(Date.UTC(2026, 5, 1 + this.#meetings.length))
    const day = (['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const)[
      first.getUTCDay()
    ]
    const second = new Date(first.getTime() + 7 * 86_400_000).toISOString().slice(0, 10)
    const series = {
      series: {
        recurrence: { frequency: 'weekly', interval: 1, days: [day], count: 3 },
        cancelled: [],
        exceptions: [{ originalStart: `${second}T15:00:00`, fields: { location: 'Elsewhere' } }],
      },
    }
    await this.#newOutlookMeeting(series)
  }

  async #changeMeeting(): Promise<void> {
    const rows = (await this.#office.rows('appointment')).filter((row) => (row['seriesid'] ?? null) === null)
    const row = this.#oneOf(rows)
    if (!row) return
    this.#deserve(String(row['subject']))
    await this.#office.change({ table: 'appointment', id: String(row['activityid']) }, { location: this.#name('Room') })
  }

  /** By its organizer, whose client tells the guests. */
  async #changeMeetingItem(): Promise<void> {
    const item = this.#oneOf(this.#itemsOf(this.#office.anna, 'event'))
    if (item?.kind !== 'event') return
    this.#deserve(item.fields.subject ?? '')
    await this.#client?.update(item.ref, { kind: 'event', set: { location: this.#name('Place') } }, { notify: 'all' })
  }

  /** Both sides may come to tell of it: what one said and what came of the other. */
  #deserve(subject: string): void {
    this.#deserved.set(subject, (this.#deserved.get(subject) ?? 0) + 1)
  }

  /** To another folder and back; it gets another id there. */
  #moveItem(): void {
    const { anna, server } = this.#office
    const kind = this.#oneOf(['contact', 'task', 'event'] as const) ?? 'task'
    // What bears no key yet, because a crash came first, could not be told from another.
    const item = this.#oneOf(this.#itemsOf(anna, kind).filter(({ marks }) => marks.key !== undefined))
    if (!item) return
    const path = this.#pathOf(anna, item)
    const target = path.length === 1 ? SECOND[kind] : path.slice(0, 1)
    this.story.push(`move ${item.ref.id} to ${target.join('/')}`)
    server.account(anna.address).items.move(path, item.ref.id, target)
  }

  #loseCursors(): void {
    const { server } = this.#office
    const person = this.#oneOf([this.#office.anna, this.#office.ben]) as Person
    const { items } = server.account(person.address)
    const folder = this.#oneOf(items.folders)
    if (!folder) return
    this.story.push(`lose cursor of ${folder.path.join('/')} of ${person.address}`)
    items.invalidateCursors(folder.path)
  }

  /** By a guest, in whose own mailbox the meeting is the same (AP-57). */
  #trackInvitation(): void {
    const { ben, server } = this.#office
    const item = this.#oneOf(this.#itemsOf(ben, 'event'))
    if (!item) return
    this.story.push(`track invitation ${item.ref.id} of ${ben.address}`)
    server
      .account(ben.address)
      .items.change(this.#pathOf(ben, item), item.ref.id, { kind: 'event', set: { categories: ['$Tracked'] } })
  }

  #pathOf(person: Person, { ref }: Item): readonly string[] {
    const { items } = this.#office.server.account(person.address)
    return items.folders.find(({ id }) => id === ref.folder)?.path ?? []
  }

  async #read(kind: ItemKind, id: string): Promise<Item[]> {
    return this.#itemsOf(this.#office.anna, kind).filter((item) => item.ref.id === id)
  }

  #changeCard(): void {
    const { anna, server } = this.#office
    const card = this.#oneOf(this.#itemsOf(anna, 'contact'))
    if (card)
      server
        .account(anna.address)
        .items.change(this.#pathOf(anna, card), card.ref.id, { kind: 'contact', set: { mobile: this.#name('+49') } })
  }

  async #deleteTask(): Promise<void> {
    const task = this.#oneOf(this.#tasks.splice(0, 1))
    if (!task) return
    const row = await this.#office.row(task)
    if (!row) return
    this.#deleted.add(String(row['subject']))
    this.story.push(`delete ${String(row['subject'])}`)
    await this.#office.remove(task)
  }

  /** Only of what is linked: what a crash left half made is made again. */
  async #deleteTaskItem(): Promise<void> {
    const { anna, server, regarding } = this.#office
    const item = this.#oneOf(this.#itemsOf(anna, 'task'))
    if (!item) return
    const { rows } = await sql`select 1 from item_link where item_id = ${item.ref.id} and state = 'linked'`.execute(
      regarding.database.sql,
    )
    if (!rows.length) return
    const subject = 'subject' in item.fields ? (item.fields.subject ?? '') : ''
    this.#deleted.add(subject)
    this.story.push(`delete the item of ${subject}`)
    server.account(anna.address).items.delete(this.#pathOf(anna, item), item.ref.id)
  }

  /** Said nowhere else, and no part of another. */
  #name(kind: string): string {
    const name = `${kind} ${++this.#count}.`
    this.story.push(name)
    return name
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

const meetingOf = ({ fields }: Item): string =>
  'showAs' in fields ? `${fields.subject ?? ''} ${fields.location ?? ''}` : ''

const SECOND: Record<ItemKind, [string, string]> = {
  event: ['Calendar', 'Second'],
  contact: ['Contacts', 'Second'],
  task: ['Tasks', 'Second'],
}

const lost = () => new MailboxError('transient', 'Timeout', 'The answer was lost.')
