import type { Kysely } from 'kysely'
import { type Clock, systemClock } from '#time'
import { openBlobs } from './blobs/blobs.ts'
import type { Database } from './database.ts'
import { kyselyOn } from './dialect.ts'
import { openEmbedded } from './embedded/engine.ts'
import type { Engine } from './engine.ts'
import { installJobs, openJobs } from './jobs.ts'
import { lookAgain, maintain } from './maintain.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openScope } from './scope.ts'
import { KeyRing, type KeySource } from './secrets/ring.ts'
import { checkKeys, openSecrets } from './secrets/secrets.ts'
import { openServer } from './server/engine.ts'
import { runTransaction } from './transaction.ts'

export type Target = { directory: string } | { url: string }

export interface OpenOptions {
  clock?: Clock
  /** Apply migrations that are not applied yet (the default). */
  migrations?: boolean
  /** At most so many connections to a server; 10 without it. */
  connections?: number
  /** Where the key of `secrets` comes from; `REGARDING_SECRET_KEY` or a key file in the directory without it. */
  key?: KeySource
}

/**
 * Opens the database: embedded in a directory (made when it is new), or a PostgreSQL server's.
 * @throws Error naming the directory or server, the cause and the remedy: already open in another process, damaged,
 * made by another version, key missing, migration failed.
 */
export async function openDatabase(target: Target, options: OpenOptions = {}): Promise<Database> {
  const clock = options.clock ?? systemClock
  const engine =
    'directory' in target
      ? await openEmbedded(target.directory, clock)
      : await openServer(target.url, options.connections ?? 10, clock)
  try {
    const ring = KeyRing.load(options.key ?? {}, 'directory' in target ? target.directory : undefined)
    const database = assemble(engine, ring, clock)
    if (options.migrations !== false) {
      await migrate(engine.pool, await readMigrations())
      await installJobs(engine.pool)
      await database.transaction((tx) => checkKeys(tx, ring))
    }
    return database
  } catch (error) {
    await engine.close()
    throw error
  }
}

function assemble(engine: Engine, ring: KeyRing, clock: Clock): Database {
  const kysely = kyselyOn(engine.pool)
  const limited = new Map<number, Kysely<unknown>>()
  const transaction: Database['transaction'] = (work) => runTransaction(kysely, clock, work)
  const jobs = openJobs(engine.pool)
  const { notifier } = engine
  return {
    kind: engine.kind,
    sql: kysely,
    limited: (milliseconds) => {
      if (!engine.limited) return kysely
      const known = limited.get(milliseconds)
      if (known) return known
      const made = kyselyOn(engine.limited(milliseconds))
      limited.set(milliseconds, made)
      return made
    },
    transaction,
    notify: async (channel, payload = '') => {
      const scope = openScope()
      if (!scope) return notifier.notify(channel, payload)
      scope.afterCommit.push(() => notifier.notify(channel, payload))
    },
    listen: (channel, wake) => notifier.listen(channel, wake),
    blobs: openBlobs(engine.blobDirectory, clock, transaction),
    secrets: openSecrets(ring, transaction),
    jobs,
    maintain: () => maintain(engine),
    lookAgain: (tables) => lookAgain(engine, tables),
    close: async () => {
      await jobs.stop()
      await Promise.all([kysely, ...limited.values()].map((each) => each.destroy()))
      await engine.close()
    },
  }
}
