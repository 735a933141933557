import { parentPort, workerData } from 'node:worker_threads'
import { protocol } from '@electric-sql/pglite'
import { openCluster } from './durable.mjs'

/**
 * The thread in which the embedded database lives. It speaks PostgreSQL's wire protocol: a message in is one or more
 * frontend messages, a message out the backend's whole answer. So the main thread talks to it with the same driver as
 * to a server, in one round trip per statement.
 */
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)

try {
  const { postgres, files } = await openCluster(workerData.directory)
  await checkDurability(postgres, files)
  port.on('message', (message) => {
    if (message === 'close') {
      postgres.close().then(
        () => port.postMessage({ closed: true }),
        (error) => port.postMessage({ failed: describe(error) }),
      )
      return
    }
    if (isStartup(message)) resetSession(postgres)
    const answer = postgres.execProtocolRawSync(message)
    port.postMessage(answer, [/** @type {ArrayBuffer} */ (answer.buffer)])
  })
  port.postMessage({ ready: true })
} catch (error) {
  port.postMessage({ failed: describe(error) })
}

/**
 * One commit must reach the disk, else nothing that this database acknowledges is safe.
 * @param {import('@electric-sql/pglite').PGlite} postgres
 * @param {{ syncs: number }} files
 */
async function checkDurability(postgres, files) {
  const before = files.syncs
  await postgres.exec('begin; select pg_current_xact_id(); commit')
  await postgres.exec('checkpoint')
  if (files.syncs === before) {
    throw new Error(
      'The embedded database does not flush its log to the disk (its file layer changed). Refusing to run: install the version of @electric-sql/pglite that package.json names, or use PostgreSQL (REGARDING_DATABASE_URL).',
    )
  }
}

/** @param {Uint8Array} message */
function isStartup(message) {
  return message[0] === 0
}

/**
 * A new connection finds a new session, whatever the one before it left open.
 * @param {import('@electric-sql/pglite').PGlite} postgres
 */
function resetSession(postgres) {
  postgres.execProtocolRawSync(protocol.serialize.query('rollback'))
  postgres.execProtocolRawSync(protocol.serialize.query('discard all'))
}

/** @param {unknown} error */
function describe(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
