import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Principal } from '#records'
import { catchUpSearch, type Regarding, searchRecords } from '#sync'
import { learnWords } from '../../src/records/search/spelling.ts'
import type { Part } from '../part.ts'
import { median, quantile, short } from '../statistics.ts'
import { install } from '../support/installation.ts'
import { fill } from '../support/stock.ts'

const BUDGET = 100
const WORDS_PER_EMAIL = 60
/** Different words, the first the commonest: each as often as its place in the list says (Zipf). */
const VOCABULARY = 50_000

/** The first page of a search, as a user who reads the business unit's records, with what is shown of each record. */
export const search: Part = {
  name: 'search',
  says: 'the first page of a search over 10,000 and 1,000,000 emails with bodies, and as many contacts',
  async run(bench) {
    const sizes = [10_000, bench.quick ? 100_000 : 1_000_000]
    const worlds: World[] = []
    try {
      for (const size of sizes) {
        bench.say(`storing and indexing ${size} emails and contacts`)
        const account = { host: '127.0.0.1', port: 1, user: 'nobody' }
        const { regarding, ownerId } = await install(await bench.stores.make('server'), { account, track: 'all' })
        await catchUpSearch(regarding, 60_000)
        await fill(regarding.database, { emails: size, contacts: size }, [ownerId], () => ({ hashes: [1], key: 1 }))
        await index(regarding.database.sql, size)
        worlds.push({ size, regarding, who: { kind: 'user', id: ownerId }, taken: new Map() })
      }
      const rounds = bench.quick ? 10 : 30
      for (let round = -3; round < rounds; round++)
        for (const world of worlds)
          for (const [kind, text] of questions(world.size, round)) {
            const start = performance.now()
            const { hits } = await searchRecords(world.regarding, world.who, {
              text,
              alike: kind === 'a name misspelt',
            })
            const taken = performance.now() - start
            if (hits.length === 0) throw new Error(`Nothing was found for “${text}”.`)
            if (round >= 0) world.taken.set(kind, [...(world.taken.get(kind) ?? []), taken])
          }
    } finally {
      for (const { regarding } of worlds) await regarding.close()
    }
    const [small, large] = worlds as [World, World]
    return [...large.taken].map(([kind, taken]) => {
      const [half, most] = [median(taken), quantile(taken, 0.95)]
      const before = median(small.taken.get(kind) ?? [])
      return {
        what: `${kind}, over ${large.size.toLocaleString('en')} emails and contacts`,
        measured: `${short(most / BUDGET)} × the budget of ${BUDGET} ms (95 %); ${short(half / before)} × that over 10,000 (${short(half)} ms and ${short(before)} ms)`,
        target: '≤ 1 × the budget',
        met: most <= BUDGET,
        bound:
          'At most 10,000 of the newest records of a table are looked through; a word that is rarer is found by index.',
      }
    })
  },
}

interface World {
  size: number
  regarding: Regarding
  who: Principal
  taken: Map<string, number[]>
}

/** Other words each time, of the same kinds. */
function questions(size: number, round: number): [kind: string, text: string][] {
  const n = round + 3
  const common = wordAt(2 + n)
  const usual = wordAt(200 + 7 * n)
  const rare = wordAt(5_000 + 101 * n)
  return [
    ['a word of every tenth email', common],
    ['a usual word', usual],
    ['a rare word', rare],
    ['three words', `${common} ${usual} ${wordAt(150 + n)}`],
    ['two common words and a beginning', `${common} ${wordAt(4 + n)} ${usual.slice(0, 3)}`],
    ['an address', `person${(n * 7919) % size}@customer.example`],
    ['a name misspelt', `surnamx${letters(n)}`],
  ]
}

/** `n` in letters. */
const letters = (n: number): string => Array.from(String(n), (digit) => 'abcdefghij'[Number(digit)]).join('')
const wordAt = (place: number): string => `word${letters(place)}`

const build = (name: string, where: string) =>
  sql.raw(`create index ${name} on search_entry using gin (words) with (fastupdate = off) where ${where}`)

/** Entries as the upkeep makes them, straight in their table, with the index built afterwards. */
async function index(executor: Executor, size: number): Promise<void> {
  await sql`drop index search_entry_words, search_entry_words_email`.execute(executor)
  await sql`select setseed(0.5)`.execute(executor)
  const letterOf = sql`translate(floor(exp(random() * ln(${VOCABULARY}::float8)))::int::text, '0123456789', 'abcdefghij')`
  await sql`insert into search_entry (recordid, part, tablename, happened, words)
    select md5('email' || n)::uuid, '', 'email', now() - interval '730 days' * (${size} - n)::float / ${size},
      ('''=email'' offer:1A project:1A ' || (n % 100) || ':1A person' || n % ${size} || ':1B customer:1B example:1B ''person' ||
        n % ${size} || '@customer.example'':1B ' || w.words)::tsvector
    from generate_series(0, ${size - 1}::int) n cross join lateral (
      select string_agg('word' || ${letterOf} || ':1D', ' ') as words from generate_series(1, ${WORDS_PER_EMAIL} + n - n)) w`.execute(
    executor,
  )
  await sql`insert into search_entry (recordid, part, tablename, happened, words)
    select md5('contact' || n)::uuid, '', 'contact', now() - interval '730 days' * (${size} - n)::float / ${size},
      ('''=contact'' number:1A ' || n || ':1A surname' || translate((n % 1000)::text, '0123456789', 'abcdefghij') || ':1A person' ||
        n || ':1B customer:1B example:1B ''person' || n || '@customer.example'':1B')::tsvector
    from generate_series(0, ${size - 1}::int) n`.execute(executor)
  await build('search_entry_words_email', `tablename = 'email'`).execute(executor)
  await build('search_entry_words', `tablename <> 'email'`).execute(executor)
  await learnWords(
    executor,
    Array.from({ length: 1000 }, (_, n) => `surname${letters(n)}`),
  )
  await sql`vacuum analyze search_entry, search_word`.execute(executor)
}
