/** An atom, number or quoted string as text; a literal as bytes; NIL as null; a parenthesised list. */
export type Value = string | Buffer | null | Value[]

/** One response of the server (RFC 9051 §7). */
export interface Response {
  /** `*`, `+`, or the tag of the command it completes. */
  tag: string
  /** In upper case: `OK`, `NO`, `FETCH`, `EXISTS`, … */
  name: string
  /** The number of `* 12 EXISTS`, else 0. */
  number: number
  values: Value[]
  /** The response code of a status response in upper case, e.g. `UIDVALIDITY`. */
  code?: string
  /** What follows the code inside its brackets. */
  codeText: string
  /** The text of a status response, for people. */
  text: string
}

const STATUS = new Set(['OK', 'NO', 'BAD', 'BYE', 'PREAUTH'])

/** Reads a response from the segments of a `ResponseReader`. Malformed values end early and never throw. */
export function parseResponse(segments: readonly Buffer[]): Response {
  const head = (segments[0] as Buffer).toString('latin1')
  const response: Response = { tag: '', name: '', number: 0, values: [], codeText: '', text: '' }
  const tagEnd = wordEnd(head, 0)
  response.tag = head.slice(0, tagEnd)
  if (response.tag === '+') return { ...response, text: head.slice(tagEnd + 1) }
  let nameEnd = wordEnd(head, tagEnd + 1)
  response.name = head.slice(tagEnd + 1, nameEnd).toUpperCase()
  if (/^\d+$/.test(response.name)) {
    response.number = Number(response.name)
    const start = nameEnd + 1
    nameEnd = wordEnd(head, start)
    response.name = head.slice(start, nameEnd).toUpperCase()
  }
  if (STATUS.has(response.name)) readStatus(response, head.slice(nameEnd + 1))
  else response.values = new ValueReader(segments, head, nameEnd).all()
  return response
}

function wordEnd(text: string, from: number): number {
  const space = text.indexOf(' ', from)
  return space < 0 ? text.length : space
}

function readStatus(response: Response, rest: string): void {
  const match = /^\[([^\s\]]+)(?: ([^\]]*))?\] ?(.*)$/.exec(rest)
  if (match?.[1]) response.code = match[1].toUpperCase()
  response.codeText = match?.[2] ?? ''
  response.text = match ? (match[3] ?? '') : rest
}

class ValueReader {
  readonly #segments: readonly Buffer[]
  #segment = 0
  #text: string
  #at: number

  constructor(segments: readonly Buffer[], head: string, at: number) {
    this.#segments = segments
    this.#text = head
    this.#at = at
  }

  all(): Value[] {
    const root: Value[] = []
    const open: Value[][] = [root]
    for (;;) {
      const letter = this.#text[this.#at]
      const list = open.at(-1) as Value[]
      if (letter === undefined) return root
      if (letter === ' ') this.#at++
      else if (letter === '(') {
        const inner: Value[] = []
        list.push(inner)
        open.push(inner)
        this.#at++
      } else if (letter === ')') {
        if (open.length > 1) open.pop()
        this.#at++
      } else if (letter === '"') list.push(this.#quoted())
      else if (letter === '{' || (letter === '~' && this.#text[this.#at + 1] === '{')) list.push(this.#literal())
      else list.push(this.#atom())
    }
  }

  #quoted(): string {
    const end = this.#text.indexOf('"', this.#at + 1)
    const plain = this.#text.slice(this.#at + 1, end < 0 ? undefined : end)
    if (!plain.includes('\\')) {
      this.#at = end < 0 ? this.#text.length : end + 1
      return plain
    }
    let result = ''
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const letter = this.#text[at] as string
      if (letter === '"') {
        this.#at = at + 1
        return result
      }
      result += letter === '\\' ? (this.#text[++at] ?? '') : letter
    }
    this.#at = this.#text.length
    return result
  }

  #literal(): Buffer {
    const literal = this.#segments[this.#segment + 1] ?? Buffer.alloc(0)
    this.#segment += 2
    this.#text = this.#segments[this.#segment]?.toString('latin1') ?? ''
    this.#at = 0
    return literal
  }

  /** An atom; what stands in brackets, as in `BODY[HEADER.FIELDS (FROM TO)]<0>`, belongs to it. */
  #atom(): string | null {
    const start = this.#at
    let at = start
    for (; at < this.#text.length; at++) {
      const letter = this.#text[at]
      if (letter === ' ' || letter === '(' || letter === ')') break
      if (letter === '[') {
        const close = this.#text.indexOf(']', at)
        at = close < 0 ? this.#text.length : close
      }
    }
    this.#at = at
    const atom = this.#text.slice(start, at)
    return atom === 'NIL' ? null : atom
  }
}

/** A value as text; undefined where it is a list or NIL. Literals are read as latin1. */
export function textOf(value: Value | undefined): string | undefined {
  if (typeof value === 'string') return value
  return Buffer.isBuffer(value) ? value.toString('latin1') : undefined
}

/** The pairs of a list such as FETCH or STATUS data, by name in upper case. */
export function pairsOf(value: Value | undefined): Map<string, Value> {
  const pairs = new Map<string, Value>()
  if (!Array.isArray(value)) return pairs
  for (let index = 0; index + 1 < value.length; index += 2) {
    const name = textOf(value[index])
    if (name !== undefined) pairs.set(name.toUpperCase(), value[index + 1] as Value)
  }
  return pairs
}
