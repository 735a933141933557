import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#time'
import { openDav } from '../../../src/mailbox/dav/index.ts'
import { startRadicale } from '../../support/radicale.ts'
import { sample } from '../conformance/items/samples.ts'
import { type DavBench, davBench } from './support/bench.ts'
import { radicaleServer } from './support/radicaleServer.ts'

let bench: DavBench
let stop: () => Promise<unknown>

beforeAll(async () => {
  const radicale = await startRadicale()
  stop = () => radicale.stop()
  bench = await davBench(radicaleServer(radicale))
})
afterAll(async () => {
  await bench?.close()
  await stop?.()
})

/** A cycle’s look at a mailbox: what is read of each folder, from the cursors of the last look on. */
async function look(cursors: Map<string, string>) {
  const opened = await openDav(bench.settings, { clock: systemClock })
  const { items } = opened
  const news: string[] = []
  try {
    for (const folder of await items.folders()) {
      const since = cursors.get(folder.id)
      if (since !== undefined && items.isAt(folder, since)) continue
      news.push(folder.path.join('/'))
      for await (const { cursor } of items.changes(folder.id, since, { pageSize: 10 })) cursors.set(folder.id, cursor)
    }
  } finally {
    await opened.close()
  }
  return news
}

test('SC-31: a look at what has not changed asks each home once, whatever lies in it, and no folder', async () => {
  const cursors = new Map<string, string>()
  for (const name of ['One', 'Two', 'Three']) await bench.other.make(['Calendar'], sample('event', name))
  expect((await look(cursors)).sort()).toEqual(['Calendar', 'Contacts', 'Tasks'])
  bench.proxy.requests.length = 0
  expect(await look(cursors)).toEqual([])
  expect(bench.proxy.requests.map(({ method }) => method)).toEqual(['PROPFIND', 'PROPFIND'])
})

test('SC-31, law 1: what changed is read of its folder alone: made, changed and deleted', async () => {
  const cursors = new Map<string, string>()
  await look(cursors)
  await bench.other.make(['Contacts'], sample('contact', 'Otto Kern'))
  expect(await look(cursors)).toEqual(['Contacts'])
  expect(await look(cursors)).toEqual([])
  await bench.other.delete(['Contacts'], 'Otto Kern')
  expect(await look(cursors)).toEqual(['Contacts'])
  await bench.other.delete(['Calendar'], 'Two')
  expect(await look(cursors)).toEqual(['Calendar'])
  expect(await look(cursors)).toEqual([])
})

test('MB-14: a home that was remembered and has moved is found again', async () => {
  const cursors = new Map<string, string>()
  await look(cursors)
  const home = `/${bench.user}/`
  bench.proxy.meddle({
    answer: ({ path, method, body }) =>
      path.startsWith(home) && method === 'PROPFIND' && !body.includes('calendar-home-set')
        ? { status: 404 }
        : undefined,
    forward: (request) => ({ ...request, path: request.path.replace(/^\/moved\//, '/') }),
    change: (answer) => ({
      ...answer,
      body: answer.body.replaceAll(`>${home}`, `>/moved${home}`),
    }),
  })
  bench.proxy.requests.length = 0
  expect((await look(new Map())).sort()).toEqual(['Calendar', 'Contacts', 'Tasks'])
  expect(bench.proxy.requests.some(({ path }) => path.startsWith('/moved/'))).toBe(true)
})
