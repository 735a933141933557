import { type Principal, type Query, ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import type { Regarding } from '#sync'
import type { Part } from '../part.ts'
import { quantile, short } from '../statistics.ts'
import { install } from '../support/installation.ts'
import { fill } from '../support/stock.ts'

const BUDGET = 50
/** What the rights may cost beside the same query of somebody who sees everything. */
const TIMES = 2
const UNITS = 20

/** What a form asks most: the newest emails, and the contacts whose name begins with what was typed. */
export const rights: Part = {
  name: 'rights',
  says: 'the 50 newest readable emails and a lookup search over 1,000,000 of each owned by 1,000 users, against an administrator',
  async run(bench) {
    const [size, people] = bench.quick ? [50_000, 100] : [1_000_000, 1_000]
    bench.say(`storing ${size} emails and contacts of ${people} users`)
    const account = { host: '127.0.0.1', port: 1, user: 'nobody' }
    const { regarding } = await install(await bench.stores.make('server'), { account, track: 'all' })
    try {
      const users = await addPeople(regarding, people)
      await fill(regarding.database, { emails: size, contacts: size }, users, () => ({ hashes: [1], key: 1 }))
      const administrator = await addAdministrator(regarding)
      const taken = new Map<string, { user: number[]; administrator: number[] }>()
      const rounds = bench.quick ? 20 : 500
      for (let round = -5; round < rounds; round++) {
        const user = users[(round + 5) % users.length] as string
        // Who somebody is, is read once and kept.
        await regarding.records.securityOf({ kind: 'user', id: user })
        for (const [kind, query] of questions(round, size)) {
          const times = taken.get(kind) ?? { user: [], administrator: [] }
          if (round >= 0) taken.set(kind, times)
          // Whoever asks second finds the pages in memory: each is first every other time.
          for (const who of round % 2 ? (['user', 'administrator'] as const) : (['administrator', 'user'] as const)) {
            const id = who === 'user' ? user : administrator
            times[who].push(await timed(regarding, id, query))
          }
        }
      }
      return [...taken].map(([kind, times]) => {
        const [user, all] = [quantile(times.user, 0.95), quantile(times.administrator, 0.95)]
        return {
          what: `${kind}, of ${size.toLocaleString('en')} owned by ${people} users`,
          measured: `${short(user / BUDGET)} × the budget of ${BUDGET} ms (95 %); ${short(user / all)} × the administrator's (${short(user)} ms and ${short(all)} ms)`,
          target: `≤ 1 × the budget, ≤ ${TIMES} × the administrator`,
          met: user <= BUDGET && user <= TIMES * all,
          bound: 'Half the users read their own records, the others those of their business unit.',
        }
      })
    } finally {
      await regarding.close()
    }
  },
}

/** Users in turn of every unit; half of them read what they own, the others what their unit owns. */
async function addPeople(regarding: Regarding, count: number): Promise<string[]> {
  const system = regarding.records.as(SYSTEM)
  const units = await system.createMany(
    'businessunit',
    Array.from({ length: UNITS }, (_, n) => ({ name: `Unit ${n}`, parentbusinessunitid: ROOT_BUSINESS_UNIT })),
  )
  const users = await system.createMany(
    'systemuser',
    Array.from({ length: count }, (_, n) => ({ lastname: `User ${n}`, businessunitid: units[n % UNITS] as string })),
  )
  const role = (n: number) => (Math.floor(n / UNITS) % 2 ? ROLES.salesperson : ROLES.appForOutlookUser)
  await system.createMany(
    'systemuserroles',
    users.map((systemuserid, n) => ({ systemuserid, roleid: role(n) })),
  )
  return users
}

async function addAdministrator(regarding: Regarding): Promise<string> {
  const system = regarding.records.as(SYSTEM)
  const id = await system.create('systemuser', { lastname: 'Administrator', businessunitid: ROOT_BUSINESS_UNIT })
  await system.create('systemuserroles', { systemuserid: id, roleid: ROLES.systemAdministrator })
  return id
}

/** Other words each time. */
function questions(round: number, size: number): [kind: string, query: Query][] {
  const typed = `Number ${((round + 5) * 7919) % size}`.slice(0, -1)
  return [
    [
      '50 newest readable emails',
      {
        table: 'email',
        columns: ['subject', 'senton', 'regardingobjectid', 'ownerid', 'statuscode'],
        order: [{ column: 'createdon', descending: true }],
        top: 50,
      },
    ],
    [
      '50 emails changed last',
      {
        table: 'email',
        columns: ['subject', 'senton', 'regardingobjectid', 'ownerid', 'statuscode'],
        order: [{ column: 'modifiedon', descending: true }],
        top: 50,
      },
    ],
    [
      'lookup of contacts by the beginning of their name',
      {
        table: 'contact',
        columns: ['fullname', 'emailaddress1'],
        filter: {
          kind: 'filter',
          type: 'and',
          items: [{ kind: 'condition', column: 'fullname', operator: 'begins-with', values: [typed] }],
        },
        order: [{ column: 'fullname' }],
        top: 10,
      },
    ],
  ]
}

async function timed(regarding: Regarding, id: string, query: Query): Promise<number> {
  const who: Principal = { kind: 'user', id }
  const start = performance.now()
  const { rows } = await regarding.records.as(who).query(query)
  if (rows.length === 0 && query.table === 'email') throw new Error('Nobody is without emails here.')
  return performance.now() - start
}
