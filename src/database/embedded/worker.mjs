import { parentPort, workerData } from 'node:worker_threads'
import { protocol } from '@electric-sql/pglite'
import { checkDurability, openCluster } from './durable.mjs'

/**
 * The thread in which the embedded database lives. It speaks PostgreSQL's wire protocol: a message in is one or more
 * frontend messages, a message out the backend's whole answer. So the main thread talks to it with the same driver as
 * to a server, in one round trip per statement.
 */
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)

try {
  const { postgres, files } = await openCluster(workerData.directory, workerData.engine)
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
    void answer(postgres, message)
  })
  port.postMessage({ ready: true })
} catch (error) {
  port.postMessage({ failed: describe(error) })
}

/**
 * @param {import('@electric-sql/pglite').PGlite} postgres
 * @param {Uint8Array} message
 */
async function answer(postgres, message) {
  const bytes = await answerTo(postgres, message)
  const broken = isBroken(bytes)
  port.postMessage(bytes, [/** @type {ArrayBuffer} */ (bytes.buffer)])
  // A server would restart itself. Going on would be unsafe: its memory and its log may differ.
  if (broken) process.exit(1)
}

/**
 * The backend's whole answer, there before this returns. Streamed, because PGlite parses what is not, and keeps each
 * message of it until the first error.
 * @param {import('@electric-sql/pglite').PGlite} postgres
 * @param {Uint8Array} message
 */
async function answerTo(postgres, message) {
  /** @type {Uint8Array[]} */
  const parts = []
  await postgres.execProtocolRawStream(message, {
    syncToFs: false,
    // The engine's own memory, which it uses again.
    onRawData: (bytes) => parts.push(bytes.slice()),
  })
  const [first] = parts
  if (first && parts.length === 1) return first
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const ERROR = 0x45
const SEVERITY = 0x56
const GRAVE = new Set(['PANIC', 'FATAL'])

/**
 * Whether an answer holds an error that ends the session: each message is a letter and its length (PostgreSQL protocol,
 * 55.7), an error a list of letters and texts.
 * @param {Uint8Array} answer
 */
function isBroken(answer) {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  for (let at = 0; at + 5 <= answer.length; at += 1 + view.getInt32(at + 1)) {
    if (answer[at] !== ERROR) continue
    for (let field = at + 5; answer[field] !== 0; ) {
      const end = answer.indexOf(0, field)
      const text = Buffer.from(answer.subarray(field + 1, end)).toString('latin1')
      if (answer[field] === SEVERITY && GRAVE.has(text)) return true
      field = end + 1
    }
  }
  return false
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
  for (const text of ['rollback', 'discard all']) void answerTo(postgres, protocol.serialize.query(text))
}

/** @param {unknown} error */
function describe(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
