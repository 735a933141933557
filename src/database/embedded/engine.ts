import { mkdir } from 'node:fs/promises'
import { Pool } from 'pg'
import type { Clock } from '#time'
import type { Engine } from '../engine.ts'
import { localNotifier } from '../notifier.ts'
import { valueTypes } from '../values.ts'
import { layoutOf, prepareDirectory } from './directory.ts'
import { lockDirectory } from './lock.ts'
import { DatabaseThread } from './thread.ts'

/** A statement waits at most this long for the transactions before it. */
const WAIT = 300_000

/**
 * PGlite in a thread of this process, reached through the same driver as a server: a pool of one connection, so that
 * transactions queue.
 */
export async function openEmbedded(directory: string, clock: Clock): Promise<Engine> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = await lockDirectory(directory, clock)
  try {
    const layout = layoutOf(directory)
    await prepareDirectory(layout)
    const thread = await DatabaseThread.open(layout.cluster)
    const pool = new Pool({
      stream: () => thread.connect(),
      user: 'postgres',
      database: 'postgres',
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: WAIT,
      types: valueTypes,
      pipeline: true,
    })
    // A connection that breaks while nobody uses it is replaced by the next.
    pool.on('error', () => {})
    return {
      kind: 'embedded',
      pool,
      notifier: localNotifier(),
      blobDirectory: layout.blobs,
      close: async () => {
        await pool.end()
        await thread.close()
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}
