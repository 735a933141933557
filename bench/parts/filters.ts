import { sql } from 'kysely'
import { ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import type { Bench, Part } from '../part.ts'
import { median, short } from '../statistics.ts'
import { OWNER_ADDRESS } from '../support/corpus.ts'
import { install } from '../support/installation.ts'
import { openSimulated, SIMULATED } from '../support/simulated.ts'
import { fill } from '../support/stock.ts'

/** What a filter returns of however many there are. */
const RETURNED = 1_000
const CHANGED = [0, 1, 100] as const
/** Times the same with nothing but what the filter returns, at most. */
const TIMES = 2

interface Cycle {
  milliseconds: number
  statements: number
}

/** A cycle after some records have changed asks the change feed for them, however many records there are (AP-2). */
export const filters: Part = {
  name: 'filters',
  says: 'a cycle of items after 0, 1 and 100 changes, with a filter over 1,000,000 contacts, against the same over 1,000',
  async run(bench) {
    const size = bench.quick ? 50_000 : 1_000_000
    const small = await measure(bench, RETURNED)
    const large = await measure(bench, size)
    return CHANGED.map((changed) => {
      const [few, many] = [small.get(changed) as Cycle, large.get(changed) as Cycle]
      const ratio = many.milliseconds / few.milliseconds
      return {
        what: `a cycle after ${changed} changes, filter over ${size.toLocaleString('en')} contacts`,
        measured: `${short(ratio)} × the same over ${RETURNED.toLocaleString('en')} (${short(many.milliseconds)} ms and ${short(few.milliseconds)} ms); ${many.statements} statements`,
        target: `≤ ${TIMES} ×`,
        met: ratio <= TIMES,
        bound: `Changed records are read from the change feed and held against the filter by their ids. Evaluated whole, the filter takes ${short((large.get('all') as Cycle).milliseconds)} ms.`,
      }
    })
  },
}

/** Anna owns 1,000 of the contacts, and others the rest. */
async function measure(bench: Bench, size: number): Promise<Map<number | 'all', Cycle>> {
  bench.say(`storing ${size} contacts`)
  const target = await bench.stores.make('server')
  const account = { simulated: SIMULATED }
  const { regarding: installed, ownerId, mailboxId } = await install(target, { account, track: 'all', items: true })
  const others = await installed.records.as(SYSTEM).createMany(
    'systemuser',
    Array.from({ length: size / RETURNED - 1 }, (_, n) => ({
      lastname: `User ${n}`,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })),
  )
  await fill(installed.database, { emails: 0, contacts: size }, [ownerId, ...others], () => ({ hashes: [1], key: 1 }))
  await installed.close()
  const opened = await openSimulated(target, [OWNER_ADDRESS])
  const { regarding, cycle, statements } = opened
  try {
    await opened.begin(mailboxId)
    const user = regarding.records.as({ kind: 'user', id: ownerId })
    const { rows } = await sql<{ id: string }>`select contactid as id from contact where ownerid = ${ownerId}
      order by 1`.execute(regarding.database.sql)
    const timed = async (): Promise<Cycle> => {
      statements()
      const start = performance.now()
      await cycle(mailboxId)
      return { milliseconds: performance.now() - start, statements: statements() }
    }
    const found = new Map<number | 'all', Cycle>()
    for (const changed of CHANGED) {
      const taken: Cycle[] = []
      for (let round = -1; round < (bench.quick ? 3 : 7); round++) {
        for (const { id } of rows.slice(0, changed)) await user.update('contact', id, { jobtitle: `Title ${round}` })
        const one = await timed()
        if (round >= 0) taken.push(one)
        await cycle(mailboxId) // our own echo
      }
      found.set(changed, {
        milliseconds: median(taken.map(({ milliseconds }) => milliseconds)),
        statements: median(taken.map((one) => one.statements)),
      })
    }
    await sql`update item_mailbox set filters = null where mailbox_id = ${mailboxId}`.execute(regarding.database.sql)
    found.set('all', await timed())
    return found
  } finally {
    await regarding.close()
    await bench.stores.remove(target)
  }
}
