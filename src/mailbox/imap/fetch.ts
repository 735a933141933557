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
 * Runs one FETCH per group of UIDs and hands over each message's data once. Messages that are gone are left out, also
 * those whose data the server still had but whose removal it tells with the answer.
 */
export async function fetch(
  folder: OpenFolder,
  uids: readonly number[],
  items: string,
  onMessage: (uid: number, data: Data) => void,
): Promise<void> {
  for (const group of groupUids(uids, uids.length)) {
    const answers = new Answers(group, items)
    const onUntagged = (response: Response) => answers.take(response)
    const answer = await folder.session.run([`UID FETCH ${formatUids(group)} (${items})`], { onUntagged })
    // Some servers answer NO when one of the messages is gone, after telling of the others.
    if (answer.name !== 'NO' || !isExpunged(answer)) expectOk(answer, 'Reading messages')
    for (const [uid, data] of answers.found) onMessage(uid, data)
  }
}

/** Collects the answers to one FETCH. */
class Answers {
  readonly found = new Map<number, Data>()
  readonly #wanted: Set<number>
  readonly #items: number
  /** UIDs by their present number in the folder. */
  #numbers = new Map<number, number>()

  constructor(uids: readonly number[], items: string) {
    this.#wanted = new Set(uids)
    this.#items = items.replaceAll(/\[[^\]]*\]/g, '').split(' ').length
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
    this.found.set(uid, data)
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

/** The state of messages, in the order of their UIDs. */
export async function fetchStates(folder: OpenFolder, uids: readonly number[]): Promise<ItemChange[]> {
  const states: [number, ItemChange][] = []
  const items = 'UID FLAGS INTERNALDATE RFC822.SIZE'
  await fetch(folder, uids, items, (uid, data) => {
    states.push([uid, stateOf(folder.uidValidity, uid, data)])
  })
  return states.sort(([a], [b]) => a - b).map(([, state]) => state)
}

export async function fetchHeaders(folder: OpenFolder, uids: readonly number[]): Promise<ItemHeaders[]> {
  const found: ItemHeaders[] = []
  const items = `UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER]<0.${HEADER_LIMIT}>`
  await fetch(folder, uids, items, (uid, data) => {
    found.push({
      id: itemId(folder.uidValidity, uid),
      received: receivedOf(data),
      size: sizeOf(data),
      headers: parseHeaders(bodyOf(data)),
    })
  })
  return found
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
