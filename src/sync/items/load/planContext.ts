import { sql } from 'kysely'
import { TRACKED_CATEGORY } from '#incoming'
import type { FolderId, Item, ItemFolder, ItemKind } from '#mailbox'
import { type Access, accessPredicate, type Reference, type Table } from '#records'
import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import { type ColumnRights, effectiveDirections, type StoredDirections } from '../fields/directions.ts'
import { abilitiesOf } from '../letters/post.ts'
import { ownAddresses, zoneOf } from '../mapping.ts'
import { ITEM_KINDS, type ItemTable } from '../model.ts'
import { categoryFoldersOf } from '../observe/categoryFolders.ts'
import { ITEM_TABLES } from '../observe/recordSide.ts'
import type { CycleAnswers, PlanContext, Privileges, TableDirections } from '../plan/context.ts'
import { linkedCounts } from '../store/links.ts'
import type { StoredQuestion } from '../store/questions.ts'
import { insideDomains } from './insideDomains.ts'
import type { LoadedWork } from './loadWork.ts'
import { loadPeople, type People } from './people.ts'
import { recordKey } from './views.ts'

/** What deciding about a page of work is a function of, read before (B-31). */
export async function planContextOf(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  loaded: LoadedWork,
  {
    folders,
    confirmedOn,
    stored,
  }: { folders: readonly ItemFolder[]; confirmedOn: Date | undefined; stored: DirectionsByTable },
): Promise<PlanContext> {
  const states = Array.from(loaded.records.values(), ({ state }) => state)
  const items = [...loaded.items.values()].filter(
    (item): item is Item => typeof item === 'object' && item.kind !== 'unreadable',
  )
  const others = loaded.observed.records.flatMap(({ organizedBy }) => organizedBy ?? [])
  const people = await loadPeople(dependencies, cycle, states, items, others)
  const { sql: executor } = dependencies.database
  const domains = await insideDomains(dependencies)
  const inside = (address: string) => domains.has(address.slice(address.lastIndexOf('@') + 1).toLowerCase())
  return {
    now: dependencies.clock.now(),
    zone: zoneOf(cycle),
    settings: cycle.settings,
    owner: { userId: cycle.userId, addresses: await ownAddresses(dependencies, cycle) },
    ...people,
    mailboxId: cycle.setup.id,
    organizationId: cycle.organization.organizationId,
    ...foldersOf(cycle, folders),
    can: abilitiesOf(cycle),
    directions: await directionsOf(dependencies, cycle, stored),
    privileges: await privilegesOf(dependencies, cycle, loaded, items),
    synchronizingUsers: await synchronizingUsers(dependencies, loaded, items, people),
    ...(cycle.organization['TrackCategorizedItems'] === true ? { trackedCategory: TRACKED_CATEGORY } : {}),
    linkedCounts: await linkedCounts(executor, cycle.setup.id),
    confirmed: confirmedOn !== undefined,
    ...(confirmedOn ? { confirmedOn } : {}),
    answers: answersOf(loaded.answers),
    listings: listingsOf(folders, loaded),
    isInside: inside,
    newId: dependencies.newId,
  }
}

/** The organization's directions of fields, by table (FD-6). */
export type DirectionsByTable = Readonly<Partial<Record<ItemTable, StoredDirections>>>

function foldersOf(
  { items: { can } }: ItemCycle,
  folders: readonly ItemFolder[],
): Pick<PlanContext, 'ownFolders' | 'readOnlyFolders' | 'categoryFolders'> {
  const isReadOnly = ({ writable, kind }: ItemFolder) => !writable || can[kind] !== 'write'
  const own: Partial<Record<ItemKind, FolderId>> = {}
  for (const folder of folders) if (folder.main && !isReadOnly(folder)) own[folder.kind] ??= folder.id
  return {
    ownFolders: own,
    readOnlyFolders: new Set(folders.filter(isReadOnly).map(({ id }) => id)),
    categoryFolders: categoryFoldersOf(folders),
  }
}

/** A link is sought by its id until a new listing of its folder has met it or another: one that still is met none (B-44). */
function listingsOf(folders: readonly ItemFolder[], { links }: LoadedWork): PlanContext['listings'] {
  const empty = new Set(Array.from(links.values()).flatMap(({ sought, folder }) => (sought === 'id' ? [folder] : [])))
  return new Map(folders.map(({ id }) => [id, empty.has(id) ? 'empty' : 'listed']))
}

/** The directions of every pair for this user, whose rights to secured columns count (SE-20 … SE-28). */
async function directionsOf(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  stored: DirectionsByTable,
): Promise<PlanContext['directions']> {
  const user = asOwner(dependencies, cycle)
  const directions: Partial<Record<ItemTable, TableDirections>> = {}
  for (const table of ITEM_TABLES) {
    const rights = await columnRights(user, dependencies.records.catalogue.table(table))
    // What cannot be copied must not be merged either (law 1).
    const none = cycle.items.can.attachments ? {} : { attachments: 'none' as const }
    const of = (write: 'create' | 'update') => ({
      ...effectiveDirections(table, stored[table] ?? {}, cycle.settings, rights, write),
      ...none,
    })
    directions[table] = { update: of('update'), create: of('create') }
  }
  return directions as PlanContext['directions']
}

export async function columnRights(user: Access, table: Table): Promise<ColumnRights> {
  const rights: Record<string, ColumnRights[string]> = {}
  for (const { name, secured } of table.columns) {
    if (!secured) continue
    const may = (right: 'read' | 'create' | 'update') => user.mayColumn(right, table.name, name)
    rights[name] = { read: await may('read'), create: await may('create'), update: await may('update') }
  }
  return rights
}

/** What the user may do with what is in hand: one statement for each table, and one for each that is pointed to. */
async function privilegesOf(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  loaded: LoadedWork,
  items: readonly Item[],
): Promise<Privileges> {
  const { records, database } = dependencies
  const principal = { kind: 'user', id: cycle.userId } as const
  const user = records.as(principal)
  const context = await records.securityOf(principal)
  const creatable = new Set<ItemTable>()
  for (const table of ITEM_TABLES) if (await user.may('create', table)) creatable.add(table)
  const held = async (privilege: 'write' | 'delete' | 'appendTo', references: readonly Reference[]) => {
    const found = new Set<string>()
    const tables = new Map<string, Set<string>>()
    for (const { table, id } of references) tables.set(table, (tables.get(table) ?? new Set()).add(id))
    for (const [name, ids] of tables) {
      const table = records.catalogue.find(name)
      if (!table || table.view) continue
      const id = sql.ref(`t.${table.id}`)
      const { rows } = await sql<{ id: string }>`select ${id} as id from ${sql.table(name)} as t
        where ${id} = any(${[...ids]}::uuid[])
          and ${accessPredicate(records.catalogue, context, privilege, table, 't')}`.execute(database.sql)
      for (const row of rows) found.add(recordKey({ table: name, id: row.id }))
    }
    return found
  }
  const own = loaded.observed.records.flatMap(({ table, id, state }) =>
    typeof state === 'object' ? [{ table, id }] : [],
  )
  const [writable, deletable] = [await held('write', own), await held('delete', own)]
  const appendable = await held('appendTo', regardingsOf(items))
  return {
    create: (table) => creatable.has(table),
    write: (table, id) => writable.has(recordKey({ table, id })),
    delete: (table, id) => deletable.has(recordKey({ table, id })),
    appendTo: (reference) => appendable.has(recordKey(reference)),
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function regardingsOf(items: readonly Item[]): Reference[] {
  return items.flatMap(({ marks: { regardingType: table, regardingId: id } }) =>
    table !== undefined && id !== undefined && UUID.test(id) ? [{ table, id }] : [],
  )
}

/** Which of the people in hand have mailboxes that synchronize appointments (AP-31). */
async function synchronizingUsers(
  { database }: ItemDependencies,
  loaded: LoadedWork,
  items: readonly Item[],
  people: People,
): Promise<Set<string>> {
  const users = new Set<string>()
  const add = (reference: Reference | undefined) => {
    if (reference?.table === 'systemuser') users.add(reference.id)
  }
  for (const { state } of loaded.records.values())
    if (typeof state === 'object' && ITEM_KINDS[state.table] === 'event')
      for (const { party, address } of state.parties)
        add(party ?? (address === undefined ? undefined : people.partyOf(address)))
  for (const item of items) if (item.kind === 'event' && item.organizer) add(people.partyOf(item.organizer.address))
  if (!users.size) return users
  const { rows } = await sql<{ id: string }>`select regardingobjectid as id from mailbox
    where regardingobjectid = any(${[...users]}::uuid[]) and actdeliverymethod = 1 and enabledforact and statecode = 0`.execute(
    database.sql,
  )
  return new Set(rows.map(({ id }) => id))
}

/** What a person answered to what was asked about a cycle as a whole. */
function answersOf(questions: readonly StoredQuestion[]): CycleAnswers {
  const of = (kind: StoredQuestion['kind']) => {
    const found = questions.findLast((question) => question.kind === kind)
    if (found?.answer === undefined) return undefined
    return found.answer ? { upTo: found.extent ?? 0 } : ('no' as const)
  }
  const [deleteBrake, invitations] = [of('deleteBrake'), of('invitations')]
  return { ...(deleteBrake ? { deleteBrake } : {}), ...(invitations ? { invitations } : {}) }
}
