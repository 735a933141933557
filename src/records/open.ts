import { sql } from 'kysely'
import type { Database, Executor } from '#database'
import { type Clock, type NewId, systemClock, uuid7 } from '#time'
import { type Access, type AddressMatch, type Principal, RecordError, type Reference, SYSTEM } from './access.ts'
import { refreshAddresses } from './addresses/refresh.ts'
import { resolveAddresses } from './addresses/resolve.ts'
import { type AuditDetail, recordHistory } from './audit/history.ts'
import { auditSettings } from './audit/policy.ts'
import { type AuditSwitch, AuditSwitches, setAuditSwitch } from './audit/switches.ts'
import { checkHistory } from './changes/read.ts'
import { type ConvertHook, type Converting, convertRecord } from './convert/convert.ts'
import type { CustomChange } from './customize/change.ts'
import { customize } from './customize/customize.ts'
import { type Kept, keptCustomization } from './customize/kept.ts'
import { LiveCatalogue } from './customize/live.ts'
import { Duplicates } from './duplicates/duplicates.ts'
import { dropIndexes } from './duplicates/publish.ts'
import { seedDuplicateRules } from './duplicates/seed.ts'
import { type MergeHook, type Merging, mergeRecords } from './merge/merge.ts'
import { KeptStatements } from './query/kept.ts'
import { RecordAccess, type Store, writeOf } from './record-access.ts'
import { type SearchAnswer, type SearchQuestion, search } from './search/search.ts'
import type { SecurityContext } from './security/context.ts'
import { securityContexts } from './security/load.ts'
import { seedSecurity } from './security/roles.ts'
import { ensureSecurityTriggers } from './security/triggers.ts'
import { type Catalogue, columnOf, makeCatalogue, type Table } from './tables/catalogue.ts'
import { customizationOf, parseCustomization, withCustomization } from './tables/custom.ts'
import { ensureTables } from './tables/ddl.ts'
import type { TableDefinition } from './tables/definition.ts'
import { standardTables } from './tables/standard.ts'
import { secretContext } from './write/secrets.ts'
import type { CodePoints, Reaction } from './write/write.ts'

export interface RecordsOptions {
  /** Tables that rooms above declare (mailbox, organization …). */
  tables?: readonly TableDefinition[]
  /** The parsed JSON of the installation's file of custom tables and columns. */
  custom?: unknown
  /** What rooms above do in the same transaction when records change. */
  reactions?: readonly Reaction[]
  /** What rooms above keep of records beside them, to follow a merge. */
  onMerge?: readonly MergeHook[]
  /** … and a conversion. */
  onConvert?: readonly ConvertHook[]
  /** The installation's own code about writes. */
  code?: CodePoints
  /** What rooms above do after the declarations have changed. */
  onCustomized?: () => Promise<void>
  /** Whether duplicates are looked for when people save records; always without it. */
  detectsDuplicates?: (tx: Executor) => Promise<boolean>
  clock?: Clock
  newId?: NewId
}

/** The records of one installation. */
export interface Records {
  /** The declarations as they are now. */
  readonly catalogue: Catalogue
  readonly duplicates: Duplicates
  /** Declares custom tables, columns, relationships and option sets, or takes them away; see `customize`. */
  customize(principal: Principal, changes: readonly CustomChange[]): Promise<void>
  /** Whether another process declared something that was not known here; from now on it is. */
  refresh(): Promise<boolean>
  /** Merges a record into another of its table; see `mergeRecords`. */
  merge(principal: Principal, merging: Merging): Promise<void>
  /** Makes a record of another table out of a record, within a transaction where one is given; see `convertRecord`. */
  convert(principal: Principal, converting: Converting, tx?: Executor): Promise<void>
  as(principal: Principal): Access
  /** What a principal may see and do; for compiling further SQL with `accessPredicate`. */
  securityOf(principal: Principal, executor?: Executor): Promise<SecurityContext>
  /** As SYSTEM, across all tables (T-69); see `resolveAddresses`. */
  resolveAddresses(
    executor: Executor,
    addresses: readonly string[],
    limit?: number,
  ): Promise<Map<string, AddressMatch[]>>
  /** The records that hold the words and that the principal may read; see `search`. */
  search(principal: Principal, question: SearchQuestion): Promise<SearchAnswer>
  /** What is audited; see `setAuditSwitch` and `recordHistory`. */
  readonly audit: {
    settings(): Promise<ReturnType<typeof auditSettings>>
    set(principal: Principal, change: AuditSwitch): Promise<void>
    history(
      principal: Principal,
      record: Reference,
      page?: { skip?: number; top?: number },
    ): Promise<{ details: AuditDetail[]; more: boolean; count: number }>
  }
  /** The plain text of a secret column, for the room that must use it; undefined when empty. Never for people (MB-20). */
  openSecret(table: string, id: string, column: string, executor?: Executor): Promise<string | undefined>
}

/**
 * Opens the records of a database: brings tables, columns, indexes and standard rows up to the declarations (additive,
 * and nothing when they are as they were) and gives access to them.
 * @throws Error when a declaration or the custom file is wrong, naming every fault.
 */
export async function openRecords(database: Database, options: RecordsOptions = {}): Promise<Records> {
  const clock = options.clock ?? systemClock
  const newId = options.newId ?? (() => uuid7(clock.now()))
  const make = catalogueMaker([...standardTables, ...(options.tables ?? [])], options.custom)
  const live = new LiveCatalogue(await keptCustomization(database.sql), make, clock)
  const catalogue = live.current
  await database.transaction(async (tx) => {
    const { otherAddresses } = await ensureTables(tx, catalogue)
    await ensureSecurityTriggers(tx, catalogue)
    await checkHistory(tx)
    await seedSecurity(tx, catalogue, clock.now())
    for (const name of otherAddresses) await refreshAddresses(tx, catalogue.table(name))
  })
  for (const table of catalogue.tables) registerSecrets(database, table)
  const store: Store = {
    database,
    get catalogue() {
      return live.current
    },
    contexts: securityContexts(catalogue, live),
    audit: new AuditSwitches(),
    statements: new KeptStatements(),
    clock,
    newId,
    reactions: [forgetRules, ...(options.reactions ?? [])],
    detectsDuplicates: options.detectsDuplicates ?? (() => Promise.resolve(true)),
    code: options.code,
  }
  await database.transaction(async (tx) =>
    seedDuplicateRules(await writeOf(store, tx, await store.contexts.of(tx, SYSTEM))),
  )
  return {
    get catalogue() {
      return live.current
    },
    customize: async (principal, changes) => {
      await customize(store, { live, make }, principal, changes)
      await options.onCustomized?.()
    },
    refresh: () => live.refresh(database.sql),
    duplicates: new Duplicates(store),
    merge: (principal, merging) => mergeRecords(store, principal, merging, options.onMerge ?? []),
    convert: (principal, converting, tx = database.sql) =>
      convertRecord(store, principal, tx, converting, options.onConvert ?? []),
    as: (principal) => new RecordAccess(store, principal, database.sql),
    securityOf: (principal, executor = database.sql) => store.contexts.of(executor, principal),
    resolveAddresses: (executor, addresses, limit) => resolveAddresses(executor, addresses, limit),
    audit: auditOf(store),
    search: async (principal, question) => {
      const context = await store.contexts.of(database.sql, principal)
      return search(database.sql, { catalogue: live.current, context, now: clock.now() }, question)
    },
    openSecret: (table, id, column, executor = database.sql) => openSecret(store, executor, { table, id, column }),
  }
}

/** Declarations in layers: the product's, those of the installation's file, and those that the API made. */
function catalogueMaker(declared: readonly TableDefinition[], custom: unknown): (kept: Kept) => Catalogue {
  const own = custom === undefined ? undefined : parseCustomization(custom)
  const withFile = own ? withCustomization(declared, own) : declared
  return ({ file }) => {
    const made = customizationOf(file)
    return makeCatalogue(withCustomization(withFile, made), [...(own?.optionSets ?? []), ...made.optionSets])
  }
}

function auditOf(store: Store): Records['audit'] {
  const { audit, clock, contexts, database } = store
  return {
    settings: async () => auditSettings(store.catalogue, await audit.current(database.sql, clock.now())),
    async set(principal, change) {
      const context = await contexts.of(database.sql, principal)
      await setAuditSwitch(database.sql, { catalogue: store.catalogue, context, now: clock.now() }, change)
      audit.forget()
    },
    async history(principal, record, page) {
      const context = await contexts.of(database.sql, principal)
      return recordHistory(database.sql, { catalogue: store.catalogue, context }, record, page)
    },
  }
}

/** The index of a published rule goes with it. */
const forgetRules: Reaction = {
  table: 'duplicaterule',
  kinds: ['delete'],
  react: ({ rows }, tx) =>
    dropIndexes(
      { tx },
      rows.map(({ id }) => id),
    ),
}

/** Key rotation finds every secret column (MB-20). */
function registerSecrets({ secrets }: Database, table: Table): void {
  for (const { name, type } of table.columns)
    if (type === 'secret' && !table.view)
      secrets.register({
        table: table.name,
        id: table.id,
        column: name,
        context: (id) => secretContext(table.name, name, id),
      })
}

async function openSecret(
  store: Store,
  executor: Executor,
  at: { table: string; id: string; column: string },
): Promise<string | undefined> {
  const table = store.catalogue.table(at.table)
  if (columnOf(table, at.column).type !== 'secret')
    throw new RecordError('ValidationFailed', `"${at.table}.${at.column}" is no secret.`, at)
  const { rows } = await sql<{ sealed: string | null }>`select ${sql.id(at.column)} as sealed
    from ${sql.table(table.name)} where ${sql.id(table.id)} = ${at.id}::uuid`.execute(executor)
  const sealed = rows[0]?.sealed
  const context = secretContext(at.table, at.column, at.id.toLowerCase())
  return sealed ? store.database.secrets.open(sealed, context) : undefined
}
