import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import { PASSWORD } from './accounts.ts'
import type { DavPlace } from './davServer.ts'

/** As many as our connector has. */
const CONNECTIONS = 4

/** Seconds in which a server takes all items of `source`, each sent for itself by who does nothing else: nobody is faster so. */
export async function secondsToPut(place: DavPlace, source: string): Promise<number> {
  const files = [
    ...filesOf(join(source, 'contacts'), place.contacts, 'text/vcard; charset=utf-8'),
    ...filesOf(join(source, 'calendar'), place.calendar, 'text/calendar; charset=utf-8'),
  ]
  const authorization = `Basic ${Buffer.from(`${place.user}:${PASSWORD}`).toString('base64')}`
  const pool = new Pool(new URL(place.url).origin, { connections: CONNECTIONS, pipelining: 1 })
  const start = performance.now()
  const lane = async () => {
    for (let next = files.shift(); next; next = files.shift()) {
      const headers = { authorization, 'content-type': next.type, 'if-none-match': '*' }
      const answer = await pool.request({ method: 'PUT', path: next.path, body: next.body, headers })
      await answer.body.dump()
      if (answer.statusCode >= 300) throw new Error(`The server refused ${next.path}: ${answer.statusCode}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
  const seconds = (performance.now() - start) / 1000
  await pool.close()
  return seconds
}

function filesOf(directory: string, collection: string, type: string) {
  return readdirSync(directory).map((name) => ({
    path: collection + name,
    body: readFileSync(join(directory, name)),
    type,
  }))
}
