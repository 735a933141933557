import { addressesIn, htmlToText, searchWords, withoutUmlauts } from '#text'
import type { ColumnDefinition } from '../tables/definition.ts'
import type { Weight } from './columns.ts'

/** The words of one entry, each with the weights of the columns in which it stands. */
export class EntryWords {
  readonly #words = new Map<string, string>()

  add(text: string, column: Pick<ColumnDefinition, 'type' | 'format'>, weight: Weight): void {
    const plain = column.type === 'memo' ? plainText(text) : text
    for (const { text: word, start, end } of searchWords(plain)) {
      this.#put(word, weight)
      const spelt = withoutUmlauts(plain.slice(start, end))
      if (spelt) this.#put(spelt, weight)
      if (this.#words.size >= MOST_WORDS) return
    }
    for (const address of addressesIn(plain)) if (address.length <= LONGEST_ADDRESS) this.#put(address, weight)
    if (column.format === 'phone') for (const number of phoneWords(plain)) this.#put(number, weight)
  }

  /** Words that may stand in the list of words by spelling: of names, addresses and short texts. */
  spelt(): string[] {
    return [...this.#words].filter(([word, weights]) => SPELT.test(word) && weights !== 'D').map(([word]) => word)
  }

  /**
   * As a literal of PostgreSQL's `tsvector`, with the name of the table as a further word, so that a search of one
   * table need not read the words of others.
   */
  literal(table: string): string {
    const words = [...this.#words].map(([word, weights]) => `'${word}':${positions(weights)}`)
    return [`'${tableWord(table)}'`, ...words].join(' ')
  }

  #put(word: string, weight: Weight): void {
    const known = this.#words.get(word)
    if (known === undefined) this.#words.set(word, weight)
    else if (!known.includes(weight)) this.#words.set(word, known + weight)
  }
}

/** No word of a text can be this. */
export const tableWord = (table: string): string => `=${table}`

/** The digits of a phone number from each of its groups on: with and without country and area. */
function phoneWords(text: string): string[] {
  const groups = text.match(/\d+/g) ?? []
  return groups
    .map((_, index) => groups.slice(index).join('').replace(/^0+/, ''))
    .filter((digits) => digits.length >= LEAST_DIGITS && digits.length <= 20)
}

/** The digits of a search for a phone number; undefined when it is for something else. */
export function phoneSearched(text: string): string | undefined {
  if (!/^[\d\s()+/.-]+$/.test(text)) return undefined
  const digits = text.replaceAll(/\D/g, '').replace(/^0+/, '')
  return digits.length >= LEAST_DIGITS ? digits : undefined
}

const LEAST_DIGITS = 5
/** Different words kept of one record; the rest of a very long body is not found. */
const MOST_WORDS = 2000
const LONGEST_ADDRESS = 320
const SPELT = /^\p{L}{4,30}$/u

/** Weights as positions: one of each, which is what ranking asks about. */
const positions = (weights: string): string =>
  Array.from(weights)
    .map((weight, index) => `${index + 1}${weight}`)
    .join(',')

function plainText(text: string): string {
  return /<[a-z!/]/i.test(text) ? htmlToText(text) : text
}
