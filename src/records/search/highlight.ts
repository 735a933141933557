import { searchWords } from '#text'
import type { SearchAnswer } from './search.ts'

/** Around a hit, as in the field. */
const OPEN = '{crmhit}'
const CLOSE = '{/crmhit}'
/** Characters shown before and after the first hit of a long text. */
const AROUND = 80

/** The text with the words that were searched for marked, cut to what is around the first; undefined without any. */
export function highlight(text: string, terms: SearchAnswer['terms']): string | undefined {
  const hits = [...searchWords(text)].filter(({ text: word }) =>
    terms.some(({ words, prefix }) => words.some((wanted) => isHit(word, wanted, prefix))),
  )
  const [first] = hits
  if (!first) return undefined
  const from = Math.max(0, first.start - AROUND)
  const to = Math.min(text.length, first.end + AROUND)
  let marked = from > 0 ? '…' : ''
  let at = from
  for (const { start, end } of hits) {
    if (start < at || end > to) continue
    marked += text.slice(at, start) + OPEN + text.slice(start, end) + CLOSE
    at = end
  }
  return marked + text.slice(at, to) + (to < text.length ? '…' : '')
}

/** An address is found by any of its parts. */
function isHit(word: string, wanted: string, prefix: boolean): boolean {
  if (wanted.includes('@')) return [...searchWords(wanted)].some(({ text }) => text === word)
  return prefix ? word.startsWith(wanted) : word === wanted
}
