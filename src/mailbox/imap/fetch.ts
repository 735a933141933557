import { parseHeaders } from '#mime'
import type { ItemChange, ItemHeaders } from '../port.ts'
import { parseInternalDate } from './dates.ts'
import { expectOk } from './failures.ts'
import { itemId } from './itemId.ts'
import type { OpenFolder } from './link.ts'
import { pairsOf, type Response, textOf, type Value } from './response.ts'
import { formatUids, groupUids, parseUids } from './uidSet.ts'

/** A message's header block is read up to here; nobody writes longer ones in earnest. */
const HEADER_LIMIT = 1024 * 1024

type Data = Map<string, Value>

/**
 * Runs one FETCH per group of UIDs. Each message's data is read as it comes, while the server is at the next one.
 * Messages that are gone are left out, also those whose data the server still had but whose removal it tells with the
 * answer.
 */
export async function fetch<T>(
  folder: OpenFolder,
  uids: readonly number[],
  items: string,
  read: (uid: number, data: Data) => T,
): Promise<Map<number, T>> {
  const found = new Map<number, T>()
  for (const group of groupUids(uids, uids.length)) {
    const answers = new Answers(group, items, read)
    const onUntagged = (response: Response) => answers.take(response)
    const answer = await folder.session.run([`UID FETCH ${formatUids(group)} (${items})`], { onUntagged })
    // Some servers answer NO when one of the messages is gone, after telling of the others.
    if (answer.name !== 'NO' || !isExpunged(answer)) expectOk(answer, 'Reading messages')
    for (const [uid, value] of answers.found) found.set(uid, value)
  }
  return found
}

/** Collects the answers to one FETCH. */
class Answers<T> {
  readonly found = new Map<number, T>()
  readonly #wanted: Set<number>
  readonly #items: number
  readonly #read: (uid: number, data: Data) => T
  /** UIDs by their present number in the folder. */
  #numbers = new Map<number, number>()

  constructor(uids: readonly number[], items: string, read: (uid: number, data: Data) => T) {
    this.#wanted = new Set(uids)
    this.#items = items.replaceAll(/\[[^\]]*\]/g, '').split(' ').length
    this.#read = read
  }

  take(response: Response): void {
    if (response.name === 'FETCH') this.#add(response)
    else if (response.name === 'EXPUNGE') this.#expunge(response.number)
    else if (response.name === 'VANISHED') {
      for (const uid of parseUids(textOf(response.values.at(-1)) ?? '', ...this.#range())) this.found.delete(uid)
    }
  }

  #add(response: Response): void {
    const data = pairsOf(response.values[0])
    const uid = Number(textOf(data.get('UID')) ?? 0)
    // Servers also tell flags that changed meanwhile; such data lacks what was asked for.
    if (!this.#wanted.has(uid) || data.size < this.#items || this.found.has(uid)) return
    this.found.set(uid, this.#read(uid, data))
    this.#numbers.set(response.number, uid)
  }

  #expunge(number: number): void {
    const gone = this.#numbers.get(number)
    if (gone !== undefined) this.found.delete(gone)
    const shifted = [...this.#numbers].filter(([other]) => other !== number)
    this.#numbers = new Map(shifted.map(([other, uid]) => [other > number ? other - 1 : other, uid]))
  }

  #range(): [number, number] {
    return [Math.min(...this.#wanted), Math.max(...this.#wanted)]
  }
}

function isExpunged(answer: Response): boolean {
  return answer.code === 'EXPUNGEISSUED' || /no longer exist|expunged/i.test(answer.text)
}

const STATE = 'FLAGS INTERNALDATE RFC822.SIZE'
const HEADER = `BODY.PEEK[HEADER]<0.${HEADER_LIMIT}>`

/** The state of messages, in the order of their UIDs. */
export async function fetchStates(folder: OpenFolder, uids: readonly number[]): Promise<ItemChange[]> {
  const { uidValidity } = folder
  return inOrder(await fetch(folder, uids, `UID ${STATE}`, (uid, data) => stateOf(uidValidity, uid, data)))
}

export async function fetchHeaders(folder: OpenFolder, uids: readonly number[]): Promise<ItemHeaders[]> {
  const { uidValidity } = folder
  const found = await fetch(folder, uids, `UID INTERNALDATE RFC822.SIZE ${HEADER}`, (uid, data) =>
    headersOf({ id: itemId(uidValidity, uid), received: receivedOf(data), size: sizeOf(data) }, data),
  )
  return [...found.values()]
}

/** Both in one request, in the order of their UIDs. */
export async function fetchStatesAndHeaders(
  folder: OpenFolder,
  uids: readonly number[],
): Promise<{ state: ItemChange; headers: ItemHeaders }[]> {
  const { uidValidity } = folder
  const found = await fetch(folder, uids, `UID ${STATE} ${HEADER}`, (uid, data) => {
    const state = stateOf(uidValidity, uid, data)
    return { state, headers: headersOf(state, data) }
  })
  return inOrder(found)
}

function headersOf({ id, received, size }: Omit<ItemHeaders, 'headers'>, data: Data): ItemHeaders {
  return { id, received, size, headers: parseHeaders(bodyOf(data)) }
}

function inOrder<T>(found: ReadonlyMap<number, T>): T[] {
  return [...found].sort(([a], [b]) => a - b).map(([, value]) => value)
}

/** Flags of a message as the server tells them. */
export function flagsOf(data: Map<string, Value>): string[] {
  const flags = data.get('FLAGS')
  return Array.isArray(flags) ? flags.flatMap((flag) => textOf(flag) ?? []) : []
}

/** The only body section that was asked for. */
export function bodyOf(data: Map<string, Value>): Buffer {
  for (const [name, value] of data) {
    if (!name.startsWith('BODY[')) continue
    return Buffer.isBuffer(value) ? value : Buffer.from(textOf(value) ?? '', 'latin1')
  }
  return Buffer.alloc(0)
}

export function sizeOf(data: Map<string, Value>): number {
  return Number(textOf(data.get('RFC822.SIZE')) ?? 0)
}

/** What Dovecot shows in place of a keyword whose name it could not write down, its disk being full. */
const NAMELESS = /^unknown-\d+$/

function stateOf(uidValidity: number, uid: number, data: Map<string, Value>): ItemChange {
  const categories: string[] = []
  const system: string[] = []
  for (const flag of flagsOf(data)) {
    if (flag.startsWith('\\')) system.push(flag.toLowerCase())
    else categories.push(flag)
  }
  return {
    id: itemId(uidValidity, uid),
    received: receivedOf(data),
    size: sizeOf(data),
    categories,
    ...(categories.some((category) => NAMELESS.test(category)) ? { categoriesLost: true } : {}),
    seen: system.includes('\\seen'),
    deleted: system.includes('\\deleted'),
    draft: system.includes('\\draft'),
  }
}

function receivedOf(data: Map<string, Value>): Date {
  return parseInternalDate(textOf(data.get('INTERNALDATE')) ?? '')
}
