/** One word of a text as it is searched for, with where it stands in the text (UTF-16 offsets). */
export interface SearchWord {
  text: string
  start: number
  end: number
}

/** Longer runs of letters are no words of people but data. */
const LONGEST = 40

/**
 * The words of a text for searching, in order: letters without accents and case, digits, and of scripts that put no
 * blanks between words every two neighbours. The same on every machine, whatever its locale: nothing here asks one.
 * Words hold letters and digits only.
 */
export function* searchWords(text: string): Generator<SearchWord> {
  for (const match of text.matchAll(RUN)) {
    const run = match[0]
    for (const part of UNSPACED.test(run) ? splitScripts(run) : [{ text: run, at: 0 }]) {
      const start = match.index + part.at
      if (UNSPACED.test(part.text)) yield* pairs(part.text, start)
      else {
        const word = foldWord(part.text)
        if (word && word.length <= LONGEST) yield { text: word, start, end: start + part.text.length }
      }
    }
  }
}

/**
 * One word as it is compared: compatibility letters as plain ones, lower case, without accents (`Łódź` is `lodz`).
 * Idempotent.
 */
export function foldWord(word: string): string {
  if (PLAIN.test(word)) return word.toLowerCase()
  const bare = word
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(OTHERS, (letter) => LETTERS[letter] ?? letter)
  return bare.normalize('NFKD').replaceAll(NOT_WORD, '')
}

/** How Germans write a word without umlauts (`Mueller` for `Müller`); undefined when there are none in it. */
export function withoutUmlauts(word: string): string | undefined {
  if (!/[äöü]/i.test(word.normalize('NFC'))) return undefined
  const spelt = word.normalize('NFC').replaceAll(/[äöü]/gi, (letter) => `${foldWord(letter)}e`)
  return foldWord(spelt)
}

/** The email addresses within a text, in lower case. */
export function addressesIn(text: string): string[] {
  return text.includes('@') ? [...text.toLowerCase().matchAll(ADDRESS)].map(([address]) => address) : []
}

/** Letters, digits and marks; an apostrophe within a name belongs to it (`O’Brien`). */
const RUN = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}\p{M}]+)*/gu
const PLAIN = /^[A-Za-z0-9]+$/
const NOT_WORD = /[^\p{L}\p{N}]/gu
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u
const SPLIT =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{M}ー]+|[^\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/gu
const ADDRESS =
  /[\p{L}\p{N}](?:[\p{L}\p{N}._%+-]{0,62}[\p{L}\p{N}_])?@(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63}/gu
/** Letters that are no plain letter with an accent. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
}
const OTHERS = /[ßæœøłđðþı]/g

function splitScripts(run: string): { text: string; at: number }[] {
  return [...run.matchAll(SPLIT)].map((match) => ({ text: match[0], at: match.index }))
}

/** Every two neighbouring characters; a single one stands for itself. */
function* pairs(run: string, start: number): Generator<SearchWord> {
  const characters = Array.from(run)
  let at = start
  for (const [index, character] of characters.entries()) {
    const next = characters[index + 1]
    const pair = foldWord(next === undefined ? character : character + next)
    if (pair && (next !== undefined || characters.length === 1))
      yield { text: pair, start: at, end: at + character.length + (next?.length ?? 0) }
    at += character.length
  }
}
