import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pruneChanges, ROLES, SYSTEM } from '#records'
import { engines } from '../support/database.ts'
import { API, type Client, openSite, type Site } from './support/site.ts'

interface Change {
  contactid?: string
  lastname?: string
  id?: string
  reason?: string
}

const TRACKING = { prefer: 'odata.track-changes,odata.maxpagesize=3' }

/** What a reader keeps of a table who reads its changes. */
class Copy {
  readonly rows = new Map<string, string>()
  readonly seen: Change[] = []
  #link: string
  readonly #site: Site
  readonly #client: Client

  constructor(site: Site, client: Client) {
    this.#site = site
    this.#client = client
    this.#link = `${API}/contacts?$select=lastname`
  }

  /** Follows one link; false when it led to nothing new. */
  async follow(): Promise<boolean> {
    const { json, status } = await this.#client.get(this.#link, TRACKING)
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(json)}`)
    for (const change of json.value as Change[]) {
      this.seen.push(change)
      if (change.contactid === undefined) this.rows.delete(String(change.id))
      else this.rows.set(change.contactid, String(change.lastname))
    }
    this.#link = (json['@odata.nextLink'] ?? json['@odata.deltaLink']).replace(this.#site.url, '')
    return json.value.length > 0 || json['@odata.nextLink'] !== undefined
  }

  async followAll(): Promise<void> {
    while (await this.follow());
  }

  get link(): string {
    return this.#link
  }
}

/** What is there now. */
async function fresh(client: Client): Promise<Map<string, string>> {
  const { json } = await client.get(`${API}/contacts?$select=lastname`, { prefer: 'odata.maxpagesize=5000' })
  return new Map(json.value.map((row: Change) => [row.contactid, row.lastname]))
}

describe.each(engines)('odata.track-changes (%s)', (kind) => {
  let site: Site
  let cleo: Client
  beforeAll(async () => {
    site = await openSite({}, kind)
    cleo = await site.as(site.cleo)
  })
  afterAll(() => site.close())
  const mine = () => ({ ownerid: { table: 'systemuser', id: site.cleo.id } })
  const theirs = () => ({ ownerid: { table: 'systemuser', id: site.ben.id } })
  const system = () => site.regarding.records.as(SYSTEM)

  test('HTTP: the first answer carries a link, which gives changed rows and those that are gone', async () => {
    const ids = []
    for (const lastname of ['A', 'B', 'C', 'D']) ids.push(await site.create('contact', { lastname, ...mine() }))
    const [a, b, c, d] = ids as [string, string, string, string]
    const hidden = await site.create('contact', { lastname: 'Hidden', ...theirs() })
    const copy = new Copy(site, cleo)
    await copy.followAll()
    expect([...copy.rows.values()].toSorted()).toEqual(['A', 'B', 'C', 'D'])
    copy.seen.length = 0
    await system().update('contact', a, { lastname: 'Aa' })
    await system().delete('contact', b)
    await system().update('contact', c, theirs())
    await system().update('contact', hidden, { lastname: 'Still hidden' })
    const shared = await site.create('contact', { lastname: 'Shared', ...theirs() })
    const reader = { table: 'systemuser', id: site.cleo.id }
    await system().share({ table: 'contact', id: shared }, reader, ['read'])
    await copy.followAll()
    const gone = copy.seen.filter(({ id }) => id !== undefined)
    expect(gone).toEqual(
      expect.arrayContaining([
        { '@odata.context': `${site.url}${API}/$metadata#contacts/$deletedEntity`, id: b, reason: 'deleted' },
        { '@odata.context': `${site.url}${API}/$metadata#contacts/$deletedEntity`, id: c, reason: 'changed' },
      ]),
    )
    expect(gone).toHaveLength(2)
    expect(JSON.stringify(copy.seen)).not.toContain(hidden)
    expect(copy.rows).toEqual(
      new Map([
        [a, 'Aa'],
        [d, 'D'],
        [shared, 'Shared'],
      ]),
    )
    await system().unshare({ table: 'contact', id: shared }, reader)
    await copy.followAll()
    expect(copy.rows).toEqual(await fresh(cleo))
    expect(copy.rows.has(shared)).toBe(false)
  })

  test('HTTP: links that are forged are refused; too old ones, and those of other rights, are gone', async () => {
    const copy = new Copy(site, cleo)
    await copy.followAll()
    const forged = async (link: string) => (await cleo.get(link, TRACKING)).status
    expect(await forged(copy.link.replace(/deltatoken=[^&]*/, 'deltatoken=nonsense'))).toBe(400)
    expect(await forged(copy.link.replace(/(deltatoken=1\.)[0-9a-f]{8}/, '$100000000'))).toBe(410)
    const ben = await site.as(site.ben)
    expect((await ben.get(copy.link)).status).toBe(410)
    await system().create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: site.cleo.id },
      roleid: { table: 'role', id: ROLES.salesManager },
    })
    const { status, json } = await cleo.get(copy.link)
    expect([status, json.error.code]).toEqual([410, 'RightsChanged'])
    const again = new Copy(site, cleo)
    await again.followAll()
    await site.create('contact', { lastname: 'Later', ...mine() })
    const { clock, database } = site.regarding
    await pruneChanges(database.sql, new Date(clock.now().getTime() + 1000))
    expect((await cleo.get(again.link)).status).toBe(410)
  })

  test('HTTP: what does not go with it is named', async () => {
    for (const [path, about] of [
      ["contacts?$filter=lastname eq 'A'", '$filter'],
      ['contacts?$orderby=lastname', '$orderby'],
      ['contacts?$expand=ownerid_systemuser', '$expand'],
      ['contacts?$top=1', '$top'],
      ['activitypointers', 'activitypointers'],
      ['contacts?$select=nosuch', 'nosuch'],
    ]) {
      const { status, json } = await cleo.get(`${API}/${encodeURI(path as string)}`, TRACKING)
      expect([path, status]).toEqual([path, 400])
      expect(json.error.message).toContain(about)
    }
  })
})

describe('odata.track-changes with others writing (server)', () => {
  let site: Site
  let cleo: Client
  beforeAll(async () => {
    site = await openSite({}, 'server')
    cleo = await site.as(site.cleo)
  })
  afterAll(() => site.close())

  const act = fc.record({
    kind: fc.constantFrom('create', 'update', 'delete', 'give', 'take', 'share', 'unshare'),
    which: fc.nat(30),
    pause: fc.integer({ min: 5, max: 40 }),
    together: fc.constantFrom(true, true, false),
  })
  type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

  test('HTTP: whatever happens meanwhile, the first answer and all changes make what is there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(act, { minLength: 12, maxLength: 20 }), { minLength: 4, maxLength: 4 }),
        async (writers) => {
          const ids: string[] = []
          for (let number = 0; number < 8; number++)
            ids.push(await site.create('contact', { lastname: `N${number}`, ...owner(number % 2 === 0) }))
          const copy = new Copy(site, cleo)
          const work = { isUnderWay: true }
          const reader = (async () => {
            while (work.isUnderWay) await copy.follow()
          })()
          await Promise.all(writers.map((acts) => write(acts, ids)))
          work.isUnderWay = false
          await reader
          await copy.followAll()
          expect(copy.rows).toEqual(await fresh(cleo))
        },
      ),
      { numRuns: 5 },
    )
  })

  function owner(cleoOwns: boolean) {
    return { ownerid: { table: 'systemuser', id: cleoOwns ? site.cleo.id : site.ben.id } }
  }

  /** One act after the other, some in a transaction that stays open for a while. */
  async function write(acts: readonly Act[], ids: string[]): Promise<void> {
    for (const [number, { kind, which, pause, together }] of acts.entries()) {
      const wait = () => new Promise((done) => setTimeout(done, pause))
      const id = ids[which % ids.length] as string
      const reader = { table: 'systemuser', id: site.cleo.id }
      await site.regarding.database
        .transaction(async (tx) => {
          const system = site.regarding.records.as(SYSTEM).in(tx)
          if (kind === 'create')
            ids.push(await system.create('contact', { lastname: `C${number}`, ...owner(together) }))
          if (kind === 'update') await system.update('contact', id, { lastname: `U${number}-${which}` })
          if (kind === 'delete') await system.delete('contact', id)
          if (kind === 'give' || kind === 'take') await system.update('contact', id, owner(kind === 'give'))
          if (kind === 'share') await system.share({ table: 'contact', id }, reader, ['read'])
          if (kind === 'unshare') await system.unshare({ table: 'contact', id }, reader)
          if (together) await wait()
        })
        .catch((error: Error) => {
          if (!/There is no|does not exist|NotFound/.test(error.message)) throw error
        })
      if (!together) await wait()
    }
  }
})
