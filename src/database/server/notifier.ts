import { Client, escapeIdentifier, type Pool, type PoolConfig } from 'pg'
import type { Clock } from '#time'
import type { Notifier } from '../engine.ts'
import { Listeners } from '../notifier.ts'

const LONGEST_WAIT = 30_000

/**
 * LISTEN/NOTIFY on a connection of its own, which is made again when it breaks. After a break every listener is woken
 * with an empty payload, because what was said meanwhile was not heard.
 */
export function serverNotifier(config: PoolConfig, pool: Pool, clock: Clock): Notifier {
  const listeners = new Listeners()
  const stop = new AbortController()
  let client: Client | undefined
  let connecting: Promise<void> | undefined

  async function connect(): Promise<void> {
    const made = new Client({ ...config, keepAlive: true })
    made.on('notification', ({ channel, payload }) => listeners.wake(channel, payload ?? ''))
    made.on('error', () => {})
    made.once('end', () => {
      if (client !== made) return
      client = undefined
      if (!stop.signal.aborted) connecting = reconnect()
    })
    await made.connect()
    for (const channel of listeners.channels()) await made.query(`listen ${escapeIdentifier(channel)}`)
    if (stop.signal.aborted) await made.end()
    else client = made
  }

  async function reconnect(): Promise<void> {
    for (let wait = 100; !stop.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      try {
        await clock.sleep(wait * (0.5 + Math.random()), stop.signal)
        await connect()
        for (const channel of listeners.channels()) listeners.wake(channel, '')
        return
      } catch {
        // The server is away, or the notifier was closed: the loop's condition tells which.
      }
    }
  }

  return {
    notify: async (channel, payload) => {
      await pool.query('select pg_notify($1, $2)', [channel, payload])
    },
    listen: async (channel, wake) => {
      const remove = listeners.add(channel, wake)
      connecting ??= connect()
      try {
        await connecting
        await client?.query(`listen ${escapeIdentifier(channel)}`)
      } catch (error) {
        remove()
        if (!client) connecting = undefined
        throw error
      }
      return async () => {
        remove()
        if (!listeners.channels().includes(channel)) await client?.query(`unlisten ${escapeIdentifier(channel)}`)
      }
    },
    close: async () => {
      stop.abort(new Error('The database is being closed.'))
      await connecting?.catch(() => {})
      const last = client
      client = undefined
      await last?.end()
    },
  }
}
