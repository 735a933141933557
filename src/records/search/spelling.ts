import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import { editDistance, hash32 } from '#text'

/** Words spelt alike are looked for from this length on; shorter ones are alike by accident. */
const SHORTEST = 4
const MOST = 5

/** Writes words down that are not known yet. */
export async function learnWords(tx: Executor, words: readonly string[]): Promise<void> {
  if (words.length === 0) return
  const rows = words.map((word) => ({ word, keys: spellingKeys(word) }))
  await sql`insert into search_word (word, keys) select word, keys from ${rowset(rows, COLUMNS, 'w')}
    on conflict do nothing`.execute(tx)
}

/** Forgets those of the words that no entry holds any longer: nothing of a person stays behind (B-82). */
export async function forgetWords(tx: Executor, words: readonly string[]): Promise<void> {
  if (words.length === 0) return
  await sql`delete from search_word as w using unnest(${[...words]}::text[]) as gone(word)
    where w.word = gone.word and not exists (
      select 1 from search_entry as e where e.words @@ ('''' || gone.word || '''')::tsquery)`.execute(tx)
}

/** Known words that a person who typed this may have meant, the likeliest first; the word itself left out. */
export async function wordsSpeltLike(executor: Executor, word: string): Promise<string[]> {
  if (word.length < SHORTEST || !/^\p{L}+$/u.test(word)) return []
  const { rows } = await sql<{ word: string }>`select word from search_word
    where keys && ${`{${spellingKeys(word).join(',')}}`}::int[] and word <> ${word} limit 1000`.execute(executor)
  const furthest = word.length < 8 ? 1 : 2
  return rows
    .map((row) => ({ word: row.word, distance: editDistance(word, row.word) }))
    .filter(({ distance }) => distance <= furthest)
    .sort((a, b) => a.distance - b.distance || (a.word < b.word ? -1 : 1))
    .slice(0, MOST)
    .map((found) => found.word)
}

/**
 * Numbers of the word and of each form of it that lacks one letter: two words that differ by one letter share one of
 * them, whichever way they differ.
 */
function spellingKeys(word: string): number[] {
  const letters = Array.from(word)
  const lacking = letters.map((_, index) => letters.filter((_letter, at) => at !== index).join(''))
  return [...new Set([word, ...lacking])].map(hash32)
}

const COLUMNS = [
  { name: 'word', type: 'text' },
  { name: 'keys', type: 'integer[]' },
]
