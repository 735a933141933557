import { existsSync } from 'node:fs'
import { startCyrus } from '../../test/support/cyrus.ts'
import { startRadicale } from '../../test/support/radicale.ts'
import { PASSWORD } from './accounts.ts'

export type DavProduct = 'radicale' | 'cyrus'

export const DAV_NAME: Record<DavProduct, string> = { radicale: 'Radicale', cyrus: 'Cyrus' }

/** A calendar and an address book, without anything in them. */
export interface DavPlace {
  url: string
  user: string
  address: string
  /** Collections, by their names in `url`. */
  calendar: string
  contacts: string
}

export interface DavServer {
  pid: number
  newPlace(): Promise<DavPlace>
  stop(): Promise<void>
}

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm'

/**
 * A server of calendars and contacts in processes of its own. Cyrus keeps them in memory where that can be: a disk that it
 * syncs with every item takes many times what any client does, and all of them are as fast as the disk.
 */
export async function startDavServer(product: DavProduct): Promise<DavServer> {
  const server =
    product === 'radicale'
      ? await startRadicale()
      : await startCyrus(undefined, existsSync(MEMORY) ? MEMORY : undefined)
  return {
    pid: server.pid,
    async newPlace() {
      const made = await server.newUser()
      const { user, address } = typeof made === 'string' ? { user: made, address: `${made}@example.org` } : made
      const url = `http://127.0.0.1:${server.port}/`
      const calendar = product === 'radicale' ? `/${user}/bench/` : `/dav/calendars/user/${user}/Abench/`
      const contacts = product === 'radicale' ? `/${user}/people/` : `/dav/addressbooks/user/${user}/Apeople/`
      await makeCollection(url, user, calendar, '<C:calendar/>')
      await makeCollection(url, user, contacts, '<A:addressbook/>')
      return { url, user, address, calendar, contacts }
    },
    stop: () => server.stop(),
  }
}

async function makeCollection(url: string, user: string, path: string, type: string): Promise<void> {
  const body =
    `<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"` +
    ` xmlns:A="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype><collection/>${type}</resourcetype>` +
    `</prop></set></mkcol>`
  const authorization = `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`
  const headers = { authorization, 'content-type': 'application/xml' }
  const answer = await fetch(new URL(path, url), { method: 'MKCOL', headers, body })
  if (!answer.ok) throw new Error(`The server made no collection ${path}: ${answer.status} ${await answer.text()}`)
}
