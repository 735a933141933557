import type { Value } from '../../query.ts'
import { checkLength, invalid, tooComplex } from '../limits.ts'

export type Token =
  | { kind: 'literal'; at: number; value: Value }
  /** A name, possibly with dots (`Microsoft.Dynamics.CRM.Today`), or a keyword. */
  | { kind: 'word'; at: number; text: string }
  | { kind: 'mark'; at: number; text: string }
  | { kind: 'end'; at: number }

const PATTERNS = {
  space: /[ \t\r\n]+/y,
  guid: /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/iy,
  instant: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})(?!\w)/iy,
  day: /\d{4}-\d{2}-\d{2}(?![\w:-])/y,
  number: /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/iy,
  single: /'(?:[^']|'')*'/y,
  double: /"(?:[^"\\]|\\.)*"/y,
  alias: /@[A-Za-z_]\w*/y,
  word: /[A-Za-z_][\w.]*/y,
  mark: /[()[\],/:=]/y,
} as const

const LIMIT = 8_192

/**
 * Splits text of OData into tokens. A parameter alias (`@p1`) stands for the tokens of its own text.
 * @throws RecordError `QueryInvalid` with the position of what is not understood, `QueryTooComplex`.
 */
export function tokenize(text: string, aliases: ReadonlyMap<string, string> = new Map()): Token[] {
  checkLength(text, 'the OData expression')
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: keyof typeof PATTERNS): string | undefined => {
    const expression = PATTERNS[pattern]
    expression.lastIndex = at
    return expression.exec(text)?.[0]
  }
  while (at < text.length) {
    const space = take('space')
    if (space) {
      at += space.length
      continue
    }
    const alias = take('alias')
    const found = alias ?? readToken(take, at, tokens)
    if (!found) throw notUnderstood(text, at)
    if (alias) tokens.push(...aliasTokens(alias, at, aliases))
    if (tokens.length > LIMIT) throw tooComplex(`the OData expression has more than ${LIMIT} parts`)
    at += found.length
  }
  tokens.push({ kind: 'end', at })
  return tokens
}

type Take = (pattern: keyof typeof PATTERNS) => string | undefined

/** Puts the token at a place; returns its text. */
function readToken(take: Take, at: number, into: Token[]): string | undefined {
  const literal = readLiteral(take, at)
  if (literal) {
    into.push({ kind: 'literal', at, value: literal.value })
    return literal.text
  }
  const word = take('word')
  if (word) {
    into.push(
      KEYWORDS.has(word)
        ? { kind: 'literal', at, value: KEYWORDS.get(word) ?? null }
        : { kind: 'word', at, text: word },
    )
    return word
  }
  const mark = take('mark')
  if (mark) into.push({ kind: 'mark', at, text: mark })
  return mark
}

const KEYWORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['null', null],
  ['true', true],
  ['false', false],
])

function readLiteral(take: Take, at: number): { text: string; value: Value } | undefined {
  const guid = take('guid')
  if (guid) return { text: guid, value: guid.toLowerCase() }
  const instant = take('instant')
  if (instant) return { text: instant, value: instantOf(instant, at) }
  const day = take('day')
  if (day) return { text: day, value: day }
  const number = take('number')
  if (number) return { text: number, value: numberOf(number) }
  const single = take('single')
  if (single) return { text: single, value: single.slice(1, -1).replaceAll("''", "'") }
  const double = take('double')
  return double ? { text: double, value: unquoted(double, at) } : undefined
}

function instantOf(text: string, at: number): Date {
  const date = new Date(text.toUpperCase())
  if (Number.isNaN(date.getTime())) throw invalid(`there is no time ${text} (character ${at + 1})`)
  return date
}

/** What a number cannot hold exactly stays text. */
function numberOf(text: string): Value {
  const number = Number(text)
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text
}

function unquoted(text: string, at: number): string {
  try {
    return String(JSON.parse(text))
  } catch {
    throw invalid(`${text.slice(0, 50)} is no text (character ${at + 1})`)
  }
}

function aliasTokens(alias: string, at: number, aliases: ReadonlyMap<string, string>): Token[] {
  const text = aliases.get(alias)
  if (text === undefined) throw invalid(`the parameter ${alias.slice(0, 50)} has no value (character ${at + 1})`)
  return tokenize(text)
    .slice(0, -1)
    .map((token) => ({ ...token, at }))
}

function notUnderstood(text: string, at: number) {
  return invalid(`"${text.slice(at, at + 20)}" is not understood (character ${at + 1})`)
}
