import { join } from 'node:path'
import { startDovecot } from '../../test/support/dovecot.ts'
import type { FreshMailbox, ItemsJob, ItemsResult } from '../children/items.ts'
import type { Bench, Figure, Part } from '../part.ts'
import { median, short } from '../statistics.ts'
import { PASSWORD } from '../support/accounts.ts'
import { runChild } from '../support/child.ts'
import { secondsToPut } from '../support/davPut.ts'
import { DAV_NAME, type DavPlace, type DavProduct, type DavServer, startDavServer } from '../support/davServer.ts'
import { type ItemCounts, writeItemFiles } from '../support/itemCorpus.ts'
import { ENGINE_NAME, type Engine } from '../support/store.ts'
import { secondsToSync } from '../support/vdirsyncer.ts'

type Way = ItemsJob['way']

const FULL: ItemCounts = { contacts: 10_000, appointments: 5_000, series: 500 }
const SMALL: ItemCounts = { contacts: 300, appointments: 150, series: 15 }
const WAY_NAME: Record<Way, string> = { toRecords: 'mailbox to CRM', toMailbox: 'CRM to mailbox' }
/** What the worker has synchronized before, so that it is measured as it runs and not as it starts. */
const BEFORE: ItemCounts = { contacts: 600, appointments: 300, series: 30 }
/** Times as fast as vdirsyncer, at least. */
const TIMES = 2
const MOST_STATEMENTS = 8

/** What is measured: our runs, and seconds of vdirsyncer doing the same; and in which the server takes the items at all. */
interface Measured {
  runs: ItemsResult[]
  peer: number[]
  bare: number[]
}

/**
 * The same contacts and appointments on the same server, copied by vdirsyncer from and to a folder and synchronized by
 * us from and to the CRM, in turns. What goes to the server goes to an empty place, what comes from it comes from one
 * that vdirsyncer has filled.
 */
export const items: Part = {
  name: 'items',
  says: 'first synchronization of 10,000 contacts and 5,000 appointments (500 series) with Cyrus, against vdirsyncer; a cycle without news',
  async run(bench) {
    const counts = bench.quick ? SMALL : FULL
    const corpus = join(bench.directory, 'corpus')
    writeItemFiles(corpus, counts)
    writeItemFiles(smallOf(corpus), BEFORE)
    const server = await startDavServer(PRODUCT)
    const dovecot = await startDovecot()
    try {
      const measured = new Map<string, Measured>()
      const engines: readonly Engine[] = ['server', 'embedded']
      for (let round = 0; round < (bench.quick ? 1 : 3); round++)
        for (const engine of round % 2 ? engines.toReversed() : engines)
          await contest({ bench, counts, corpus, server, dovecot }, engine, round, measured)
      return engines.flatMap((engine) => [
        ...(['toRecords', 'toMailbox'] as const).map((way) =>
          speedFigure(engine, way, counts, measured.get(`${engine} ${way}`) as Measured),
        ),
        quietFigure(engine, measured.get(`${engine} toRecords`) as Measured),
      ])
    } finally {
      await dovecot.stop()
      await server.stop()
    }
  },
}

const PRODUCT: DavProduct = 'cyrus'

interface Ground {
  bench: Bench
  counts: ItemCounts
  corpus: string
  server: DavServer
  dovecot: Awaited<ReturnType<typeof startDovecot>>
}

/** Both ways, by us and by vdirsyncer; who writes first changes from round to round. */
async function contest(ground: Ground, engine: Engine, round: number, measured: Map<string, Measured>): Promise<void> {
  const { bench, counts, corpus, server } = ground
  const of = (way: Way): Measured => {
    const key = `${engine} ${way}`
    const known = measured.get(key) ?? { runs: [], peer: [], bare: [] }
    measured.set(key, known)
    return known
  }
  const items = counts.contacts + counts.appointments
  const copy = async (place: DavPlace, way: Way) => {
    const seconds = await secondsToSync(place, {
      below: bench.directory,
      items,
      ...(way === 'toMailbox' ? { source: corpus } : {}),
    })
    of(way).peer.push(seconds)
    bench.say(
      `vdirsyncer, ${way === 'toMailbox' ? 'folder to server' : 'server to folder'}: ${short(items / seconds)}/s`,
    )
  }
  const ours = async (place: DavPlace, way: Way) => {
    const result = await measure(ground, engine, place, way)
    of(way).runs.push(result)
    bench.say(
      `${WAY_NAME[way]}, ${ENGINE_NAME[engine]}: ${short(items / result.seconds)}/s; ${sharesOf(result, items)}`,
    )
  }
  const [full, empty] = [await server.newPlace(), await server.newPlace()]
  of('toMailbox').bare.push(await secondsToPut(await server.newPlace(), corpus))
  if (round % 2) await ours(empty, 'toMailbox')
  await copy(full, 'toMailbox')
  if (round % 2 === 0) await ours(empty, 'toMailbox')
  await copy(full, 'toRecords')
  await ours(full, 'toRecords')
}

async function measure(ground: Ground, engine: Engine, place: DavPlace, way: Way): Promise<ItemsResult> {
  const { bench, counts, corpus, server } = ground
  const small = await server.newPlace()
  if (way === 'toRecords') await secondsToPut(small, smallOf(corpus))
  const before = await freshMailbox(ground, engine, small, BEFORE)
  const mailbox = await freshMailbox(ground, engine, place, counts)
  const job: ItemsJob = { ...mailbox, before, way, postgres: bench.stores.pid, server: server.pid }
  const result = await runChild<ItemsResult>('items', job)
  for (const { target } of [before, mailbox]) await bench.stores.remove(target)
  return result
}

const smallOf = (corpus: string): string => `${corpus}-small`

async function freshMailbox(
  { bench, dovecot }: Ground,
  engine: Engine,
  place: DavPlace,
  counts: ItemCounts,
): Promise<FreshMailbox> {
  await bench.stores.url()
  const target = await bench.stores.make(engine)
  await dovecot.setPassword(place.user, PASSWORD)
  const account = { host: dovecot.host, port: dovecot.port, user: place.user, dav: place.url }
  return { target, account, address: place.address, counts }
}

function speedFigure(engine: Engine, way: Way, counts: ItemCounts, { runs, peer, bare }: Measured): Figure {
  const items = counts.contacts + counts.appointments
  const [ours, theirs] = [median(runs.map(({ seconds }) => seconds)), median(peer)]
  const ratio = theirs / ours
  const middle = runs[Math.floor(runs.length / 2)] as ItemsResult
  const told =
    bare.length > 0
      ? ` Sent one by one by who does nothing else, the server takes ${short(items / median(bare))}/s of them; we send many at once.`
      : ''
  return {
    what: `first synchronization, ${WAY_NAME[way]}, ${ENGINE_NAME[engine]}`,
    measured: `${short(ratio)} × vdirsyncer (${short(items / ours)}/s and ${short(items / theirs)}/s)`,
    target: `≥ ${TIMES} × vdirsyncer`,
    met: ratio >= TIMES,
    bound: `${Math.round((middle.asking / middle.seconds) * 100)} % of it for the summary that a person confirms, which vdirsyncer does not make. Processor ${sharesOf(middle, items)}.${told} The worker had synchronized a mailbox of ${BEFORE.contacts + BEFORE.appointments} items before, as one that runs has.`,
  }
}

/** Of one item: processor of everybody who took part, and what was asked. */
function sharesOf({ processor, first, cycles }: ItemsResult, items: number): string {
  const each = (seconds: number) => `${short((seconds / items) * 1e6)} µs`
  const { node, main, postgres, server } = processor
  return (
    `per item: worker ${each(node)} (main thread ${each(main)}), PostgreSQL ${each(postgres)}, ${DAV_NAME[PRODUCT]} ` +
    `${each(server)}; ${(first.requests / items).toFixed(2)} requests, ${(first.statements / items).toFixed(1)} statements, ${cycles} cycles`
  )
}

function quietFigure(engine: Engine, { runs }: Measured): Figure {
  const { quiet, folders } = runs.at(-1) as ItemsResult
  return {
    what: `a cycle without news, ${ENGINE_NAME[engine]}`,
    measured: `${quiet.statements} statements, ${quiet.requests} requests for ${folders} folders`,
    target: `≤ ${MOST_STATEMENTS} statements`,
    met: quiet.statements <= MOST_STATEMENTS,
    bound:
      'A connection is made anew for each cycle: finding out where calendars and address books lie, and their list, are requests besides one for the changes of each folder.',
  }
}
