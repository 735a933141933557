import { availableParallelism } from 'node:os'
import { sql } from 'kysely'
import { SYSTEM } from '#records'
import { openRegarding } from '#sync'
import type { Part } from '../part.ts'
import { short } from '../statistics.ts'
import { addCrowd } from '../support/crowd.ts'
import { linkContacts, linksAtRest } from '../support/linkedStock.ts'
import { mainThreadSeconds, processorSeconds } from '../support/processor.ts'
import { openSimulated, SIMULATED } from '../support/simulated.ts'
import { fill } from '../support/stock.ts'

const ITEMS = 200
/** Of a worker: cycles under way at once. */
const AT_ONCE = 8
/** Seconds for the whole company, at most: every mailbox is due again within so long (SC-11). */
const BUDGET = 120

/** Another direction of a field is known to every cycle at once; items are not read for it. */
export const directions: Part = {
  name: 'directions',
  says: 'a round of all 1,000 mailboxes with 200 items each after the organization changed the direction of a field',
  async run(bench) {
    const users = bench.quick ? 10 : 1_000
    const target = await bench.stores.make('server')
    const members = Array.from({ length: users }, (_, n) => ({ address: `user${n}@adatum.example`, mailbox: {} }))
    const made = await openRegarding(target)
    const profile = { name: 'Simulated', servertype: 1, incomingserverlocation: `memory:${SIMULATED}` }
    const mailboxes = await addCrowd(made, profile, members, 'items')
    await made.close()
    const { regarding, begin, cycle, statements } = await openSimulated(
      target,
      members.map(({ address }) => address),
    )
    try {
      const { rows } = await sql<{ mailbox: string; user: string }>`select mailboxid as mailbox,
        regardingobjectid as user from mailbox where regardingobjectid is not null`.execute(regarding.database.sql)
      const own = new Set(mailboxes)
      const owners = rows.flatMap(({ mailbox, user }) => (own.has(mailbox) ? [user] : []))
      let begun = 0
      await inLanes(mailboxes, async (mailboxId) => {
        await begin(mailboxId)
        if (++begun % 100 === 0) bench.say(`${begun} mailboxes have begun`)
      })
      const items = users * ITEMS
      await fill(regarding.database, { emails: 0, contacts: items }, owners, () => ({ hashes: [1], key: 1 }))
      demandLinks(await linkContacts(regarding.database), items)
      bench.say(`${items} contacts are linked`)
      await regarding.options.setOrganization(SYSTEM, {
        SynchronizedFieldDirections: JSON.stringify({ contact: { jobTitle: 'toItem' } }),
      })
      statements()
      const used = () => [
        processorSeconds(process.pid),
        mainThreadSeconds(process.pid),
        processorSeconds(bench.stores.pid),
      ]
      const before = used()
      const start = performance.now()
      await inLanes(mailboxes, async (mailboxId) => {
        while (await cycle(mailboxId));
      })
      const seconds = (performance.now() - start) / 1000
      demandLinks(await linksAtRest(regarding.database), items)
      const [worker = 0, main = 0, postgres = 0] = used().map((value, index) => value - (before[index] ?? 0))
      const share = ((worker + postgres) / seconds / availableParallelism()) * 100
      return [
        {
          what: `a round of ${users} mailboxes × ${ITEMS} items after another direction of a field`,
          measured: `${short(seconds / ((BUDGET * users) / 1_000))} × the budget of ${BUDGET} s for 1,000 (${short((seconds / users) * 1000)} ms a mailbox, ${short(share)} % of the machine)`,
          target: '≤ 1 × the budget',
          met: seconds <= (BUDGET * users) / 1_000,
          bound: `Per mailbox: worker ${short((worker / users) * 1e3)} ms (main thread ${short((main / users) * 1e3)} ms), PostgreSQL ${short((postgres / users) * 1e3)} ms of processor, ${short(statements() / users)} statements. Items are merged by the new direction when they change next.`,
        },
      ]
    } finally {
      await regarding.close()
      await bench.stores.remove(target)
    }
  },
}

async function inLanes(all: readonly string[], work: (one: string) => Promise<void>): Promise<void> {
  const left = [...all]
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

function demandLinks(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${found} of ${wanted} contacts are linked and at rest.`)
}
