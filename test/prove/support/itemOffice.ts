import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Item, ItemKind, ItemMailbox, ItemPatch } from '#mailbox'
import { PARTICIPATION, type Reference, type Row, SYSTEM, type Values } from '#records'
import { type Sandbox, startSandbox } from '#sandbox'
import { LANE } from '#schedule'
import { confirmItems, type Regarding, runActMailbox, testMailboxes } from '#sync'
import { addUser, type Person } from '../../incoming/support/company.ts'
import { keptOf } from '../../items/support/kept.ts'
import { type Edit, lostEdits } from './edits.ts'

/** Who has a mailbox in a sandbox of Exchange Online, and a client of her own beside Regarding. */
export interface Desk extends Person {
  items: ItemMailbox
  folders: Record<ItemKind, string>
  close(): Promise<void>
}

/** The tables in which people write, and the column in which they say something else again and again. */
const SAID = { contact: 'jobtitle', task: 'description', appointment: 'location' } as const
export type Table = keyof typeof SAID
const NAME = { contact: 'lastname', task: 'subject', appointment: 'subject' } as const
const KIND = { contact: 'contact', task: 'task', appointment: 'event' } as const

const nameOfRow = (table: Table, row: Row): string => String(row[NAME[table]])
const saidInRow = (table: Table, row: Row): string => String(row[SAID[table]] ?? '').trim()
const nameOfItem = (item: Item): string => String(item.kind === 'contact' ? item.fields.lastName : item.fields.subject)

function saidInItem(item: Item): string {
  if (item.kind === 'contact') return item.fields.jobTitle ?? ''
  return (item.kind === 'task' ? (item.fields.body?.text ?? '') : (item.fields.location ?? '')).trim()
}

function saying(kind: ItemKind, value: string): ItemPatch {
  if (kind === 'contact') return { kind, set: { jobTitle: value } }
  return kind === 'task' ? { kind, set: { body: { text: value } } } : { kind, set: { location: value } }
}

/** An Exchange Online, and two users whose appointments, contacts and tasks are synchronized with it. */
export async function openItemOffice(regarding: Regarding): Promise<{ sandbox: Sandbox; desks: [Desk, Desk] }> {
  const sandbox = await startSandbox({ clock: regarding.clock })
  const profile = await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Exchange Online',
    servertype: 0,
    authenticateusing: 2,
    exchangeonlinetenantid: sandbox.login.tenant,
    oauthclientid: 'sandbox-client',
    oauthclientsecret: 'sandbox-secret',
    incomingserverlocation: sandbox.graphUrl,
    oauthloginlocation: sandbox.url,
  })
  const desks: Desk[] = []
  for (const name of ['Anna', 'Ben']) {
    const address = `${name.toLowerCase()}@adatum.example`
    sandbox.world.addUser({ address, name })
    const person = await addUser(regarding, name, 'Test', address)
    await regarding.mailboxes.update(SYSTEM, person.mailboxId, {
      emailserverprofile: { table: 'emailserverprofile', id: profile },
      actdeliverymethod: 1,
      incomingemaildeliverymethod: 0,
      outgoingemaildeliverymethod: 0,
    })
    await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
    const results = await testMailboxes(regarding, SYSTEM, [person.mailboxId])
    const failed = results.get(person.mailboxId)?.find(({ status }) => status === 'failure')
    if (failed) throw new Error(`${address}: ${failed.text}`)
    const setup = (await regarding.mailboxes.setups([person.mailboxId])).get(person.mailboxId)
    const mailbox = await regarding.connect(setup as NonNullable<typeof setup>)
    const items = mailbox.items as ItemMailbox
    const main = (await items.folders()).filter((folder) => folder.main)
    const folders = Object.fromEntries(main.map(({ kind, id }) => [kind, id])) as Desk['folders']
    desks.push({ ...person, items, folders, close: () => mailbox.close() })
  }
  for (const desk of desks) {
    await cycle(regarding, desk)
    await confirmItems(regarding, SYSTEM, desk.mailboxId)
  }
  await wait(5) // what is made from now on was not there before (B-42)
  return { sandbox, desks: desks as [Desk, Desk] }
}

const cycle = async (regarding: Regarding, { mailboxId }: Person) => {
  return runActMailbox(regarding, mailboxId, { guard: () => Promise.resolve() })
}

export const makeDue = ({ schedule }: Regarding, desks: readonly Pick<Person, 'mailboxId'>[]) =>
  schedule.makeDue(desks.map(({ mailboxId }) => ({ mailboxId, workload: 'act', lane: LANE.immediate })))

export async function itemsAt(desk: Desk, kind: ItemKind): Promise<Item[]> {
  return readAt(desk, kind, await idsAt(desk, kind))
}

/** One of those that Regarding made, or any; a person opens no others meanwhile, for Exchange counts what is read. */
export async function someItemAt(
  desk: Desk,
  kind: ItemKind,
  random: () => number,
  isOurs = true,
): Promise<Item | undefined> {
  const ids = await idsAt(desk, kind)
  const id = ids[Math.floor(random() * ids.length)]
  const [item] = id === undefined ? [] : await readAt(desk, kind, [id])
  return isOurs && item?.marks.key === undefined ? undefined : item
}

async function idsAt({ items, folders }: Desk, kind: ItemKind): Promise<string[]> {
  const ids: string[] = []
  for await (const page of items.changes(folders[kind], undefined, { pageSize: 200 }))
    ids.push(...page.upserts.map(({ ref }) => ref.id))
  return ids
}

async function readAt({ items, folders }: Desk, kind: ItemKind, ids: readonly string[]): Promise<Item[]> {
  return (await items.get(folders[kind], ids)).filter((item): item is Item => item.kind !== 'unreadable')
}

/** Makes a record as a person does; `day` from today on, for meetings. */
export async function createRecord(
  { database, records }: Regarding,
  { owner, guest }: { owner: Pick<Person, 'id' | 'address'>; guest: Pick<Person, 'id' | 'address'> },
  { table, name, day }: { table: Table; name: string; day: number },
): Promise<Reference> {
  return database.transaction(async (tx) => {
    const user = records.as({ kind: 'user', id: owner.id }).in(tx)
    const start = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + day * 86_400_000)
    const times: Values =
      table === 'appointment' ? { scheduledstart: start, scheduledend: new Date(start.getTime() + 3_600_000) } : {}
    const id = await user.create(table, { [NAME[table]]: name, ...times })
    if (table === 'appointment')
      await user.createMany(
        'activityparty',
        [
          { person: owner, participationtypemask: PARTICIPATION.organizer },
          { person: guest, participationtypemask: PARTICIPATION.required },
        ].map(({ person, participationtypemask }) => ({
          participationtypemask,
          activityid: { table, id },
          partyid: { table: 'systemuser', id: person.id },
          addressused: person.address,
        })),
      )
    return { table, id }
  })
}

/** Says something in a record, having seen what is there; nothing when another was faster. `will` is told before. */
export async function editRecord(
  { records }: Regarding,
  { table, id }: { table: Table; id: string },
  value: string | undefined,
  will: (edit: Edit) => void = () => undefined,
): Promise<Edit | undefined> {
  const system = records.as(SYSTEM)
  const row = await system.retrieve(table, id)
  if (!row) return undefined
  const was = saidInRow(table, row)
  const edit: Edit = { name: nameOfRow(table, row), side: 'record', was, ...(value === undefined ? {} : { value }) }
  const ifVersion = Number(row['versionnumber'])
  will(edit)
  try {
    if (value === undefined) await system.delete(table, id, { ifVersion })
    else await system.update(table, id, { [SAID[table]]: value }, { ifVersion })
    return edit
  } catch (error) {
    if (isLate(error)) return undefined
    throw error
  }
}

/** The same by a person's own client. */
export async function editItem({ items }: Desk, item: Item, value: string | undefined): Promise<Edit | undefined> {
  const edit: Edit = {
    name: nameOfItem(item),
    side: 'item',
    was: saidInItem(item),
    ...(value === undefined ? {} : { value }),
  }
  try {
    if (value === undefined) await items.remove(item.ref, { notify: item.kind === 'event' ? 'all' : 'none' })
    else await items.update(item.ref, saying(item.kind, value), { notify: item.kind === 'event' ? 'all' : 'none' })
    return edit
  } catch (error) {
    if (isLate(error)) return undefined
    throw error
  }
}

const LATE = ['VersionMismatch', 'NotFound', 'conflict', 'notFound']

/** Whether another was faster. */
export function isLate(error: unknown): boolean {
  const { code, kind } = error as { code?: string; kind?: string }
  return LATE.includes(code ?? '') || LATE.includes(kind ?? '')
}

/** Cycles until there is nothing to do. */
export async function calm(regarding: Regarding, desks: readonly Person[]): Promise<void> {
  for (let round = 0, quiet = 0; round < 15; round++) {
    let seen = 0
    for (const desk of desks) seen += (await cycle(regarding, desk)).seen
    quiet = seen === 0 ? quiet + 1 : 0
    if (quiet === 2) return
  }
  throw new Error('It never came to rest.')
}

/** What people did. */
interface Ledger {
  edits: readonly Edit[]
  attempts: readonly Edit[]
  names: ReadonlyMap<string, Table>
  /** Names of meetings, as often as they were moved. */
  moved?: readonly string[]
  /** Of those that its guest declined, which leave his calendar until an update brings them again. */
  declined?: ReadonlySet<string>
}

/** What is not as it must be, after all is quiet. */
export async function itemFaults(
  regarding: Regarding,
  { sandbox, desks }: { sandbox: Sandbox; desks: readonly [Desk, Desk] },
  { edits, attempts, names, moved = [], declined = new Set() }: Ledger,
): Promise<string[]> {
  const faults: string[] = []
  const final = new Map<string, string>()
  const deleted = new Set(edits.flatMap(({ name, value }) => (value === undefined ? [name] : [])))
  const [anna, ben] = desks
  const perhaps = new Set(attempts.flatMap(({ name, value }) => (value === undefined ? [name] : [])))
  for (const table of ['contact', 'task', 'appointment'] as const) {
    const { rows } = await regarding.records.as(SYSTEM).query({ table })
    const said = rows.map((row) => `${nameOfRow(table, row)}: ${saidInRow(table, row)}`).sort()
    for (const row of rows) final.set(nameOfRow(table, row), saidInRow(table, row))
    const items = await itemsAt(anna, KIND[table])
    compare(faults, `${table}s of Anna`, items.map((item) => `${nameOfItem(item)}: ${saidInItem(item)}`).sort(), said)
    const wanted = [...names].filter(([, of]) => of === table).map(([name]) => name)
    const there = rows.map((row) => nameOfRow(table, row))
    compare(
      faults,
      `${table}s`,
      there.filter((name) => !perhaps.has(name)).sort(),
      wanted.filter((name) => !deleted.has(name) && !perhaps.has(name)).sort(),
    )
    if (table !== 'appointment') continue
    const copies = (await itemsAt(ben, 'event')).filter((item) => item.kind === 'event' && !item.cancelled)
    const known = copies.filter((item) => !declined.has(nameOfItem(item)))
    const atBens = known.map((item) => `${nameOfItem(item)}: ${saidInItem(item)}`).sort()
    const shall = rows.filter((row) => !declined.has(nameOfRow(table, row)))
    compare(
      faults,
      'meetings of Ben',
      atBens,
      shall.map((row) => `${nameOfRow(table, row)}: ${saidInRow(table, row)}`).sort(),
    )
  }
  const kept = await keptOf(regarding)
  for (const edit of lostEdits(edits, attempts, { final, kept })) faults.push(`lost: ${JSON.stringify(edit)}`)
  faults.push(
    ...invitationFaults(sandbox, ben, { edits: [...edits, ...attempts], attempts, names, moved }),
    ...(await leftovers(regarding)),
  )
  return faults
}

function compare(faults: string[], what: string, is: readonly string[], shall: readonly string[]): void {
  const [more, less] = [is.filter((one) => !shall.includes(one)), shall.filter((one) => !is.includes(one))]
  if (more.length + less.length || is.length !== shall.length)
    faults.push(`${what}: ${is.length} for ${shall.length}; too many [${more.join()}], missing [${less.join()}]`)
}

/** AP-35: one request for a new meeting, and at most one more for each change of what its guest cares about. */
function invitationFaults(sandbox: Sandbox, ben: Desk, { edits, names, moved = [] }: Ledger): string[] {
  const user = sandbox.world.users.find(({ address }) => address === ben.address)
  const inbox = user ? user.mailbox.items(user.mailbox.wellKnown('inbox').id) : []
  const requests = inbox.flatMap((item) =>
    item.kind === 'message' && item.meeting?.type === 'request' ? [item.headers.subject ?? ''] : [],
  )
  return [...names].flatMap(([name, table]) => {
    if (table !== 'appointment') return []
    const count = requests.filter((subject) => subject === name).length
    const changes = edits.filter((edit) => edit.name === name && edit.value !== undefined).length
    const deserved = 1 + changes + moved.filter((one) => one === name).length
    return count >= 1 && count <= deserved ? [] : [`${name}: ${count} invitations, of 1 to ${deserved}`]
  })
}

/** What is neither done nor waiting for its item, with what was said of it last. */
async function leftovers({ database }: Regarding): Promise<string[]> {
  const { rows } = await sql<{ left: string }>`
    select concat_ws(' ', 'work:', w.attempts, l.state, l.item_id, (select concat(d.code, ' ', d.text) from item_decision d
        where d.about = 'record:' || l.record_table || ':' || l.record_id order by d.decided_on desc limit 1)) as left
      from item_work w left join item_link l on l.link_id = w.link_id
    union all select 'link: ' || state || ' ' || coalesce(subject, '') from item_link
      where state = 'removing' or (state = 'creating' and item_id is not null)
    union all select 'question: ' || kind from item_question where answer is null`.execute(database.sql)
  return rows.map(({ left }) => left)
}
