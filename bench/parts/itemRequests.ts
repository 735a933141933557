import type { ItemsJob, ItemsResult } from '../children/items.ts'
import type { Bench, Figure, Part } from '../part.ts'
import { short } from '../statistics.ts'
import { FACE_NAME, type Face, PASSWORD } from '../support/accounts.ts'
import { runChild } from '../support/child.ts'
import { OWNER_ADDRESS } from '../support/corpus.ts'
import type { ItemCounts } from '../support/itemCorpus.ts'
import { startBenchSandbox } from '../support/sandbox.ts'

type Way = ItemsJob['way']

/** What of a first synchronization needs a request: an item is read when it is seen, planned and tracked. */
const TARGET: Record<Way, number> = { toMailbox: 0.1, toRecords: 0.3 }
const WAY_NAME: Record<Way, string> = { toRecords: 'mailbox to CRM', toMailbox: 'CRM to mailbox' }
const MOST_STATEMENTS = 8

/** Exchange counts requests: each mailbox has so many in ten minutes. */
export const itemRequests: Part = {
  name: 'itemrequests',
  says: 'requests of a first synchronization of 1,500 items through Graph and EWS from the sandbox, and of a cycle without news',
  async run(bench) {
    const counts: ItemCounts = bench.quick
      ? { contacts: 100, appointments: 50, series: 5 }
      : { contacts: 1_000, appointments: 500, series: 50 }
    const figures: Figure[] = []
    for (const face of ['graph', 'ews'] as const)
      for (const way of ['toMailbox', 'toRecords'] as const) {
        const result = await measure(bench, face, way, counts)
        figures.push(figureOf(face, way, counts, result))
        if (way === 'toRecords') figures.push(quietFigure(face, result))
      }
    return figures
  },
}

async function measure(bench: Bench, face: Face, way: Way, counts: ItemCounts): Promise<ItemsResult> {
  const user = { address: OWNER_ADDRESS, password: PASSWORD, ...(way === 'toRecords' ? { items: counts } : {}) }
  const sandbox = await startBenchSandbox({ users: [user] })
  try {
    await bench.stores.url()
    const target = await bench.stores.make('server')
    const job: ItemsJob = {
      target,
      account: { face, place: sandbox.place },
      address: OWNER_ADDRESS,
      way,
      counts,
      postgres: bench.stores.pid,
      server: sandbox.pid,
    }
    const result = await runChild<ItemsResult>('items', job)
    await bench.stores.remove(target)
    return result
  } finally {
    await sandbox.stop()
  }
}

function figureOf(
  face: Face,
  way: Way,
  { contacts, appointments }: ItemCounts,
  { first, seconds, processor, cycles }: ItemsResult,
): Figure {
  const items = contacts + appointments
  const requests = first.requests / items
  const each = (used: number) => `${short((used / items) * 1e6)} µs`
  return {
    what: `${FACE_NAME[face]}: requests of an item, ${WAY_NAME[way]}`,
    measured: `${requests.toFixed(3)} requests (${short(items / seconds)}/s)`,
    target: `≤ ${TARGET[way]}`,
    met: requests <= TARGET[way],
    bound:
      `With sign-in and folders, in ${cycles} cycles; an item is told, read when it is seen, planned and tracked, and marked. ` +
      `Processor per item: worker ${each(processor.node)}, PostgreSQL ${each(processor.postgres)}, the sandbox ${each(processor.server)}; ${(first.statements / items).toFixed(1)} statements.`,
  }
}

function quietFigure(face: Face, { quiet, folders }: ItemsResult): Figure {
  return {
    what: `${FACE_NAME[face]}: a cycle without news`,
    measured: `${quiet.requests} requests for ${folders} folders, ${quiet.statements} statements`,
    target: `≤ ${MOST_STATEMENTS} statements`,
    met: quiet.statements <= MOST_STATEMENTS,
    bound:
      'One request for the changes of each folder, and those by which the connection is made and the folders are listed.',
  }
}
