import { createHash } from 'node:crypto'

/**
 * Ids of one world. The same world made again gives the same ids, so that a failing run can be replayed. They are as
 * long as Exchange's and differ in case only here and there, as Exchange's do.
 */
export class Ids {
  readonly #seed: number
  #count = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Makes the ids that come after so many. */
  goOn(count: number): void {
    this.#count = count
  }

  get state(): { seed: number; count: number } {
    return { seed: this.#seed, count: this.#count }
  }

  /** Base64 with `/` and `+`, as EWS writes ids; Graph writes the same ids with `-` and `_`. */
  next(kind: 'folder' | 'item' | 'category' | 'attachment' | 'subscription' | 'rule'): string {
    return `${PREFIX[kind]}${digest(`${this.#seed}/${kind}/${this.#count++}`, 72)}`
  }

  /** A UUID. */
  guid(): string {
    const hex = createHash('sha256')
      .update(`${this.#seed}/guid/${this.#count++}`)
      .digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  /** In angle brackets. */
  messageId(host: string): string {
    return `<${digest(`${this.#seed}/message/${this.#count++}`, 18).replaceAll(/[+/=]/g, 'x')}@${host}>`
  }
}

/** The id an item has as long as it lies where it lies: another move, another id. */
export function entryIdOf(id: string, moves: number): string {
  return `AAMkAGI2${digest(`${id}/${moves}`, 72)}=`
}

/** 40 characters that change with every change of an item. */
export function changeKeyOf(id: string, change: number): string {
  return `CQAAABYAAAD${digest(`${id}#${change}`, 21)}`.slice(0, 38)
}

/** Stable text derived from what is given, base64, of so many bytes (at most 128). */
export function digest(text: string, bytes: number): string {
  const first = createHash('sha512').update(text).digest()
  const second = createHash('sha512').update(first).digest()
  return Buffer.concat([first, second]).subarray(0, bytes).toString('base64')
}

const PREFIX = {
  folder: 'AQMkADAw',
  item: 'AAkALgAA',
  category: 'AAcA',
  attachment: 'AAMkAGAt',
  subscription: 'AAsA',
  rule: 'AQAA',
} as const
