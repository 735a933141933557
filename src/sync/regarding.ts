import { readFile } from 'node:fs/promises'
import { type Database, openDatabase, type Target } from '#database'
import { followMerge, subjectContext, validateKeywordFilter } from '#incoming'
import {
  checkFieldDirections,
  FirstLooks,
  followItemConversion,
  followItemMerge,
  registerItemSecrets,
  seriesReactions,
} from '#items'
import type { SimulatedServer } from '#mailbox'
import { Alerts, type ExchangeOnline, keepExchangeOnline, Mailboxes, mailboxReactions, mailboxTables } from '#mailboxes'
import {
  FIELD_DIRECTIONS,
  Filters,
  filterReactions,
  Options,
  optionTables,
  seedSavedQueries,
  subscriptionReaction,
} from '#options'
import { outgoingTables } from '#outgoing'
import { openRecords, type Records, SYSTEM } from '#records'
import { createSchedule, type Schedule, type ScheduleOptions } from '#schedule'
import { type Clock, type NewId, systemClock, uuid7 } from '#time'
import { InstallationCode } from './code/code.ts'
import { connect } from './connection.ts'
import { importReactions, importTables } from './files/tables.ts'
import type { EngineDependencies } from './incomingCycle.ts'
import { registerErasureKey } from './privacy/addressHash.ts'
import { syncReactions } from './reactions.ts'
import { type Networks, networksOf } from './webhooks/address.ts'
import { webhookReactions } from './webhooks/reactions.ts'
import { releaseWebhooks } from './webhooks/release.ts'
import { webhookTables } from './webhooks/tables.ts'

/** Everything of one installation, put together: what the command line, the Web API and workers stand on. */
export interface Regarding extends EngineDependencies {
  database: Database
  records: Records
  options: Options
  filters: Filters
  mailboxes: Mailboxes
  alerts: Alerts
  schedule: Schedule
  /** The handlers of the installation's module, where it has one. */
  code?: InstallationCode
  firstLooks: FirstLooks
  /** Where webhooks may be sent to. */
  networks: Networks
  close(): Promise<void>
}

export interface RegardingOptions {
  clock?: Clock
  newId?: NewId
  /** The file of custom tables and columns of this installation. */
  customization?: string
  /** Name of the organization, for a database that holds none yet. */
  organizationName?: string
  /** Simulated mail servers by name. */
  servers?: ReadonlyMap<string, SimulatedServer>
  connections?: number
  /** The Exchange Online of the own tenant; its profile is there from the start (MB-2). */
  exchangeOnline?: ExchangeOnline
  /** The module (.mjs) with the installation's handlers of writes. */
  code?: string
  /** Networks beside the public internet that webhooks may be sent to, e.g. `10.1.0.0/16, 127.0.0.1`; none without it. */
  webhookNetworks?: string
  /** How soon the mailboxes of a worker that died go on; the same in every process of an installation. */
  schedule?: Pick<ScheduleOptions, 'leaseMilliseconds' | 'pauseMilliseconds'>
}

/** Opens an installation; a new database gets its tables, roles and organization. */
export async function openRegarding(target: Target, given: RegardingOptions = {}): Promise<Regarding> {
  const clock = given.clock ?? systemClock
  const database = await openDatabase(target, {
    clock,
    ...(given.connections ? { connections: given.connections } : {}),
  })
  try {
    const regarding = await assemble(database, clock, given)
    // The directory's lock was free: whoever held a lease is dead.
    if (database.kind === 'embedded') {
      await regarding.schedule.recoverAll()
      await releaseWebhooks(database.sql)
    }
    return regarding
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The same over a database that is open already; `close` closes it. */
export async function assemble(database: Database, clock: Clock, given: RegardingOptions = {}): Promise<Regarding> {
  const newId = given.newId ?? (() => uuid7(clock.now()))
  const schedule = createSchedule({ database, clock, ...given.schedule })
  const networks = networksOf(given.webhookNetworks)
  const code = given.code === undefined ? undefined : await InstallationCode.open(given.code, database.jobs)
  const reactions = [
    ...webhookReactions(() => records, networks, clock),
    ...importReactions(() => records),
    ...mailboxReactions((tx) => records.as(SYSTEM).in(tx)),
    ...filterReactions(() => records, clock),
    subscriptionReaction(
      () => filters,
      () => records,
    ),
    ...syncReactions(() => mailboxes, schedule, clock),
    ...seriesReactions({ records: () => records, options: () => options, clock, newId }),
  ]
  const records: Records = await openRecords(database, {
    tables: [...optionTables, ...mailboxTables, ...outgoingTables, ...webhookTables, ...importTables],
    clock,
    newId,
    reactions,
    ...(code ? { code } : {}),
    onCustomized: () => seedSavedQueries(database, records, clock),
    onConvert: [followItemConversion],
    onMerge: [(merged, { tx }) => followMerge(merged, tx), (merged, { tx }) => followItemMerge(merged, tx)],
    detectsDuplicates: async (tx) => {
      const settings = await options.organization(tx)
      return (
        settings['IsDuplicateDetectionEnabled'] === true &&
        settings['IsDuplicateDetectionEnabledForOnlineCreateUpdate'] === true
      )
    },
    ...(given.customization ? { custom: await readCustomization(given.customization) } : {}),
  })
  code?.check(records.catalogue)
  database.secrets.register({ table: 'decision', id: 'decision_id', column: 'subject', context: subjectContext })
  registerItemSecrets(database)
  registerErasureKey(database)
  registerBlobs(database)
  await ensureOrganization(records, given.organizationName ?? 'Regarding')
  const options: Options = new Options(records, {
    HashFilterKeywords: validateKeywordFilter,
    [FIELD_DIRECTIONS]: checkFieldDirections,
  }) // T-57
  const filters: Filters = new Filters(database, records, options, clock)
  await seedSavedQueries(database, records, clock)
  const mailboxes: Mailboxes = new Mailboxes(records, options)
  if (given.exchangeOnline) await keepExchangeOnline(records, given.exchangeOnline)
  const alerts = new Alerts(records, clock)
  const connection = { records, clock, ...(given.servers ? { servers: given.servers } : {}) }
  return {
    database,
    records,
    options,
    filters,
    mailboxes,
    alerts,
    schedule,
    clock,
    newId,
    networks,
    firstLooks: new FirstLooks(clock),
    ...(code ? { code } : {}),
    connect: (setup, part) => connect(connection, setup, part),
    close: async () => {
      await database.close()
      await code?.close()
    },
  }
}

/** @throws Error that names the file and what is wrong with it. */
async function readCustomization(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`The file of custom tables and columns, ${file}, cannot be read: ${why}.`, { cause: error })
  }
}

/** Every column that holds a hash, before the first sweep for contents that nobody holds. */
function registerBlobs({ blobs }: Database): void {
  blobs.register('activitymimeattachment', 'contenthash')
  blobs.register('annotation', 'contenthash')
  blobs.register('item_undo_file', 'content_hash')
  blobs.register('email', 'descriptionblobid')
  blobs.register('email', 'originalblobid')
}

async function ensureOrganization(records: Records, name: string): Promise<void> {
  const access = records.as(SYSTEM)
  const page = await access.query({ table: 'organization', columns: ['organizationid'], top: 1 })
  if (!page.rows.length) await access.create('organization', { name })
}
