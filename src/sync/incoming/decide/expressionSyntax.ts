/** The tree of a regular expression; characters are UTF-16 code units. */
export type Node =
  | { kind: 'character'; accepts: (code: number) => boolean }
  | { kind: 'assert'; holds: (text: string, at: number) => boolean }
  | { kind: 'sequence'; items: Node[] }
  | { kind: 'choice'; items: Node[] }
  | { kind: 'repeat'; item: Node; least: number; most: number; lazy: boolean }

/**
 * Reads an expression that `RegExp` accepts.
 * @throws SyntaxError naming what is not supported.
 */
export function parseExpression(source: string): Node {
  return new Parser(source).parse()
}

const isDigit = (code: number) => code >= 48 && code <= 57
const isWord = (code: number) =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95
const isSpace = (code: number) =>
  code < 0x80 ? code === 0x20 || (code >= 9 && code <= 13) : /\s/.test(String.fromCharCode(code))
const isLineEnd = (code: number) => code === 10 || code === 13 || code === 0x2028 || code === 0x2029
const not = (accepts: (code: number) => boolean) => (code: number) => !accepts(code)

const classes: Record<string, (code: number) => boolean> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
}
const controls: Record<string, number> = { n: 10, r: 13, t: 9, v: 11, f: 12, '0': 0 }

const wordBoundary = (text: string, at: number) =>
  (at > 0 && isWord(text.charCodeAt(at - 1))) !== (at < text.length && isWord(text.charCodeAt(at)))

type Atom = { code: number } | { accepts: (code: number) => boolean }

class Parser {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  parse(): Node {
    const node = this.#choice()
    if (this.#at < this.#source.length) throw new SyntaxError(`Unexpected "${this.#peek()}"`)
    return node
  }

  #peek(): string {
    return this.#source.charAt(this.#at)
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #choice(): Node {
    const items = [this.#sequence()]
    while (this.#take('|')) items.push(this.#sequence())
    return items.length === 1 ? (items[0] as Node) : { kind: 'choice', items }
  }

  #sequence(): Node {
    const items: Node[] = []
    while (this.#at < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')')
      items.push(this.#quantified(this.#single()))
    return { kind: 'sequence', items }
  }

  #single(): Node {
    if (this.#take('(')) return this.#group()
    if (this.#take('[')) return { kind: 'character', accepts: this.#set() }
    if (this.#take('.')) return { kind: 'character', accepts: not(isLineEnd) }
    if (this.#take('^')) return { kind: 'assert', holds: (_text, at) => at === 0 }
    if (this.#take('$')) return { kind: 'assert', holds: (text, at) => at === text.length }
    if (this.#take('\\b')) return { kind: 'assert', holds: wordBoundary }
    if (this.#take('\\B')) return { kind: 'assert', holds: (text, at) => !wordBoundary(text, at) }
    return { kind: 'character', accepts: acceptsOf(this.#atom()) }
  }

  #group(): Node {
    if (!this.#take('?:') && this.#peek() === '?')
      throw new SyntaxError('Look-around and named groups are not supported')
    const node = this.#choice()
    if (!this.#take(')')) throw new SyntaxError('A group is not closed')
    return node
  }

  #quantified(item: Node): Node {
    let least: number
    let most = Number.POSITIVE_INFINITY
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.#source.slice(this.#at))
    if (counted) {
      this.#at += counted[0].length
      least = Number(counted[1])
      if (counted[2] === undefined) most = least
      else if (counted[3]) most = Number(counted[3])
    } else if (this.#take('*')) least = 0
    else if (this.#take('+')) least = 1
    else if (this.#take('?')) {
      least = 0
      most = 1
    } else return item
    return { kind: 'repeat', item, least, most, lazy: this.#take('?') }
  }

  #set(): (code: number) => boolean {
    const negated = this.#take('^')
    const accepts: ((code: number) => boolean)[] = []
    while (!this.#take(']')) {
      const low = this.#atom(true)
      const isRange = this.#peek() === '-' && this.#source.charAt(this.#at + 1) !== ']' && 'code' in low
      if (!isRange) {
        accepts.push(acceptsOf(low))
        continue
      }
      this.#at++
      const high = this.#atom(true)
      if (!('code' in high)) throw new SyntaxError('A range in brackets ends with a class')
      accepts.push((code) => code >= low.code && code <= high.code)
    }
    const any = (code: number) => accepts.some((accept) => accept(code))
    return negated ? not(any) : any
  }

  #atom(inSet = false): Atom {
    if (!this.#take('\\')) return { code: this.#source.charCodeAt(this.#at++) }
    const letter = this.#source.charAt(this.#at++)
    if (inSet && letter === 'b') return { code: 8 }
    const accepts = classes[letter]
    if (accepts) return { accepts }
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(this.#source.slice(this.#at - 1))
    if (hex) {
      this.#at += hex[0].length - 1
      return { code: Number.parseInt((hex[1] ?? hex[2]) as string, 16) }
    }
    const control = controls[letter]
    if (control !== undefined && !/^\d/.test(this.#peek() && letter === '0' ? this.#peek() : ''))
      return { code: control }
    if (/[A-Za-z0-9]/.test(letter)) throw new SyntaxError(`"\\${letter}" is not supported`)
    return { code: letter.charCodeAt(0) }
  }
}

function acceptsOf(atom: Atom): (code: number) => boolean {
  return 'code' in atom ? (code) => code === atom.code : atom.accepts
}
