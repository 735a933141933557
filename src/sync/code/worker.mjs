import { parentPort, workerData } from 'node:worker_threads'

/**
 * The thread in which the handlers of the installation's module run: what hangs or breaks here hangs or breaks nothing
 * else. Records are read and written by messages, which the other side carries out within the transaction.
 */

const STAGES = new Set(['validate', 'before', 'after'])
const MESSAGES = new Set(['create', 'update', 'delete', 'track'])
const METHODS = ['retrieve', 'query', 'create', 'update', 'delete']

/**
 * @typedef {{ name: string, table: string, messages: string[], stage: string, columns: string[], seconds: number,
 *   run: (event: object) => unknown }} Handler
 * @typedef {{ run: number, handler: number, event: { rows: object[] } }} Run
 * @typedef {{ reply: number, value?: unknown, error?: { message: string, code: string } }} Reply
 * @typedef {{ resolve: (value: unknown) => void, reject: (error: Error) => void }} Waiting
 */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
/** @type {Map<number, Waiting>} */
const calls = new Map()
let last = 0

try {
  const module = await import(workerData.url)
  const handlers = checked(module.handlers ?? module.default)
  port.on('message', (message) => void ('run' in message ? run(handlers, message) : answered(message)))
  port.postMessage({ ready: handlers.map((handler) => ({ ...handler, run: undefined })) })
} catch (error) {
  port.postMessage({ unfit: error instanceof Error ? error.message : String(error) })
}

/** @param {unknown} handlers @returns {Handler[]} */
function checked(handlers) {
  if (!Array.isArray(handlers)) throw new Error('it exports no list “handlers”')
  return handlers.map((handler, at) => {
    const { name = `handler ${at + 1}`, table, message, stage, columns = [], seconds = 2, run: given } = handler ?? {}
    const wrong = (/** @type {string} */ what) => new Error(`“${String(name)}”: ${what}`)
    const messages = [message].flat()
    if (typeof table !== 'string') throw wrong('table is the name of a table')
    if (messages.length === 0 || !messages.every((each) => MESSAGES.has(each)))
      throw wrong('message is create, update, delete or track, or a list of these')
    if (!STAGES.has(stage)) throw wrong('stage is validate, before or after')
    if (!Array.isArray(columns) || !columns.every((each) => typeof each === 'string'))
      throw wrong('columns is a list of names')
    if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= 30)) throw wrong('seconds is from 0 to 30')
    if (typeof given !== 'function') throw wrong('run is a function')
    return { name: String(name), table, messages, stage, columns: [...columns], seconds, run: given }
  })
}

/** @param {Handler[]} handlers @param {Run} given */
async function run(handlers, { run: id, handler, event }) {
  try {
    await handlers[handler]?.run({ ...event, records: recordsFor(id) })
    port.postMessage({ done: id, rows: event.rows })
  } catch (error) {
    const name = error instanceof Error ? error.name : 'Error'
    const message = error instanceof Error ? error.message : String(error)
    port.postMessage({ failed: id, name, message: message.slice(0, 2000) })
  }
}

/** As whoever makes the change, within its transaction. @param {number} run */
function recordsFor(run) {
  const ask =
    (/** @type {string} */ method) =>
    (/** @type {unknown[]} */ ...given) =>
      new Promise((resolve, reject) => {
        const call = ++last
        calls.set(call, { resolve, reject })
        port.postMessage({ call, of: run, method, given })
      })
  return Object.fromEntries(METHODS.map((method) => [method, ask(method)]))
}

/** @param {Reply} said */
function answered({ reply, value, error }) {
  const waiting = calls.get(reply)
  calls.delete(reply)
  if (error) waiting?.reject(Object.assign(new Error(error.message), { code: error.code }))
  else waiting?.resolve(value)
}
