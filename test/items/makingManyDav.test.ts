import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Meddling } from '../support/httpProxy.ts'
import { type DavOffice, openDavOffice } from './support/davOffice.ts'

/** More than are made together. */
const MANY = 105

const once = (all: number) => ({
  wasTogether: true,
  links: [{ state: 'linked', links: all, items: all }],
  there: all,
  seen: 0,
})

/** Half of what the server says. */
const halve: Meddling['change'] = (answer, { method }) =>
  method === 'POST' ? { ...answer, body: answer.body.slice(0, answer.body.length / 2) } : answer

describe('many new items on a server that takes them together', () => {
  let office: DavOffice
  beforeAll(async () => {
    office = await openDavOffice('Cyrus')
  }, 60_000)
  afterAll(async () => office?.close())

  /** Makes records; a cycle meets what the proxy does; later ones do not. What there is then. */
  async function afterwards(name: string, meddling: Meddling) {
    for (let n = 0; n < MANY; n++) await office.create('contact', { lastname: `${name} ${n}` })
    office.proxy.meddle(meddling)
    office.proxy.requests.length = 0
    await office.cycle().catch(() => undefined) // What it breaks off with is told by others.
    const posts = office.proxy.requests.filter(({ method }) => method === 'POST').length
    office.proxy.meddle({})
    for (let round = 0; round < 3; round++) {
      await office.later(15)
      await office.cycle()
    }
    const { rows } = await sql<{ state: string; links: number; items: number }>`select state, count(*)::int as links,
      count(distinct item_id)::int as items from item_link group by 1`.execute(office.regarding.database.sql)
    const { seen } = await office.cycle()
    return { wasTogether: posts > 0, links: rows, there: await office.count('contact'), seen }
  }

  it.each([1, 2])(
    'law 1, law 2: where the answer to request %i is lost after its effect, none is lost or doubled',
    async (nth) => {
      let met = 0
      const lose: Meddling['lose'] = ({ method }) => method === 'POST' && ++met === nth
      expect(await afterwards(`Lost ${nth}`, { lose })).toEqual(once(nth * MANY))
    },
  )

  it('law 1, law 2: where the answer breaks off in the middle, neither', async () => {
    expect(await afterwards('Cut', { change: halve })).toEqual(once(3 * MANY))
  })
})
