import type { RecordError } from '../../access.ts'
import type { Value } from '../../query.ts'
import { invalid } from '../limits.ts'
import type { Token } from './tokens.ts'

export type Word = Extract<Token, { kind: 'word' }>

/** Reads tokens from left to right; what is not as expected is an error with its position. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** Values between commas up to a mark, which is taken too. */
  literals(end: string): Value[] {
    const values: Value[] = []
    if (this.takeMark(end)) return values
    do values.push(this.literal())
    while (this.takeMark(','))
    this.expectMark(end)
    return values
  }

  literal(): Value {
    const token = this.peek()
    if (token.kind !== 'literal') throw this.unexpected('a value')
    this.#next++
    return token.value
  }

  word(): Word {
    const token = this.peek()
    if (token.kind !== 'word') throw this.unexpected('a name')
    this.#next++
    return token
  }

  takeWord(text: string): boolean {
    const token = this.peek()
    if (token.kind !== 'word' || token.text !== text) return false
    this.#next++
    return true
  }

  /** Whether the mark comes next, or after some more tokens. */
  isMark(text: string, after = 0): boolean {
    const token = this.peek(after)
    return token.kind === 'mark' && token.text === text
  }

  takeMark(text: string): boolean {
    if (!this.isMark(text)) return false
    this.#next++
    return true
  }

  expectMark(text: string): void {
    if (!this.takeMark(text)) throw this.unexpected(`"${text}"`)
  }

  peek(after = 0): Token {
    return this.#tokens[Math.min(this.#next + after, this.#tokens.length - 1)] as Token
  }

  unexpected(wanted: string): RecordError {
    return this.error(`${wanted} is expected`, this.peek())
  }

  error(message: string, token: Token): RecordError {
    return invalid(`${message} (character ${token.at + 1})`)
  }
}
