import { addressesIn, foldWord, searchWords, withoutUmlauts } from '#text'
import { RecordError } from '../access.ts'
import { phoneSearched } from './words.ts'

/** One word that is searched for. */
export interface Term {
  /** How it may be written; any will do. */
  forms: readonly string[]
  /** What begins with it will do too. */
  prefix: boolean
  not: boolean
}

/** Characters of a search, as in the field. */
const LONGEST = 100
const MOST_TERMS = 12
/** What begins with a single letter is everything. */
const SHORTEST_PREFIX = 2

/**
 * What a person typed as the words that must all be found: a word after `-` must not, a word before `*` and the last one
 * (unless a blank follows it) may go on; an email address is also found by its parts.
 * @throws RecordError `QueryInvalid` for an empty or too long search.
 */
export function parseQuestion(given: string): Term[] {
  const text = given.replaceAll('\0', ' ')
  if (text.length > LONGEST) throw invalid(`A search has at most ${LONGEST} characters, not ${text.length}.`)
  const phone = phoneSearched(text.trim())
  if (phone) return [{ forms: [phone], prefix: true, not: false }]
  const pieces = text.match(/\S+/g) ?? []
  const terms = pieces.flatMap((piece, index) => termsOf(piece, index === pieces.length - 1 && !/\s$/.test(text)))
  if (!terms.some((term) => !term.not)) throw invalid('Type at least one word, or a part of an address, to search for.')
  return terms.slice(0, MOST_TERMS)
}

/** The question as a literal of PostgreSQL's `tsquery`. `also`: further forms of a word. */
export function tsquery(terms: readonly Term[], also: ReadonlyMap<string, readonly string[]> = new Map()): string {
  return terms
    .map(({ forms, prefix, not }) => {
      const all = [...new Set([...forms, ...forms.flatMap((form) => also.get(form) ?? [])])]
      const any = all
        .map((form) => `'${form}'${prefix && Array.from(form).length >= SHORTEST_PREFIX ? ':*' : ''}`)
        .join(' | ')
      return `${not ? '!' : ''}(${any})`
    })
    .join(' & ')
}

/**
 * The terms by which the index of words is asked: short beginnings are left to a look at what the others find, since
 * too many words begin so.
 */
export function narrowing(terms: readonly Term[]): readonly Term[] {
  const narrow = terms.filter(({ prefix, forms }) => !prefix || forms.every((form) => form.length >= NARROW_PREFIX))
  return narrow.some(({ not }) => !not) ? narrow : terms
}

const NARROW_PREFIX = 5

function termsOf(piece: string, last: boolean): Term[] {
  const not = piece.startsWith('-') && piece.length > 1
  const open = last || piece.endsWith('*')
  const [address] = addressesIn(piece)
  if (address && !/['\\:]/.test(address)) return [{ forms: [address], prefix: open, not }]
  const words = [...searchWords(piece)]
  return words.map(({ text, start, end }, index) => ({
    forms: formsOf(text, piece.slice(start, end)),
    prefix: open && index === words.length - 1 && end >= piece.replace(/[^\p{L}\p{N}]+$/u, '').length,
    not,
  }))
}

function formsOf(word: string, typed: string): string[] {
  const spelt = withoutUmlauts(typed)
  return spelt && spelt !== word ? [word, spelt] : [foldWord(word)]
}

const invalid = (message: string) => new RecordError('QueryInvalid', message)
