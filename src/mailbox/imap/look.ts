import { cursorLost } from '../failures.ts'
import type { ChangeOptions } from '../port.ts'
import { MOST_DIGESTS, type Position } from './cursor.ts'
import { formatDay } from './dates.ts'
import { expectOk } from './failures.ts'
import { fetch, flagsOf } from './fetch.ts'
import type { OpenFolder } from './link.ts'
import { type Response, textOf } from './response.ts'
import { parseUids } from './uidSet.ts'

const DAY = 86_400_000

/** What one look at a folder found, against the position of the reader: UIDs only. */
export interface Look {
  uidValidity: number
  /** The folder's UIDNEXT: this look covers everything below. */
  next: number
  modSeq: bigint | undefined
  /** Messages now below the position's `next`. */
  below: number
  /** Messages that arrived since, in the order of arrival, and how many there are with those left out. */
  arrived: number[]
  arrivedCount: number
  /** Messages below the position whose flags changed, or may have. */
  changed: number[]
  /** Messages that are gone, where the server tells. */
  vanished: number[]
  /** Every message below the position, where removals must be compared. */
  present: Set<number> | undefined
  digests: number[] | undefined
}

/** Looks at the folder, which has been selected freshly. @throws MailboxError `cursorLost` */
export async function lookAt(
  folder: OpenFolder,
  position: Position | undefined,
  options: ChangeOptions,
): Promise<Look> {
  checkPosition(folder, position)
  const next = position?.next ?? 1
  const all = folder.uidNext > next ? await search(folder, `UID ${next}:*`) : []
  const arrivedAll = all.filter((uid) => uid >= next && uid < folder.uidNext)
  const listing = position === undefined || position.listing
  const arrived =
    listing && options.receivedAfter && arrivedAll.length > 0
      ? await since(folder, next, options.receivedAfter)
      : arrivedAll
  const look: Look = {
    uidValidity: folder.uidValidity,
    next: folder.uidNext,
    modSeq: folder.modSeq,
    below: folder.exists - arrivedAll.length,
    arrived,
    arrivedCount: arrivedAll.length,
    changed: [],
    vanished: [],
    present: undefined,
    digests: undefined,
  }
  if (folder.modSeq === undefined) await compareFlags(folder, position, look)
  else if (position?.modSeq !== undefined && folder.modSeq > position.modSeq && next > 1) {
    await readChanged(folder, position.modSeq, next, look)
  }
  const exact = folder.session.has('QRESYNC') && folder.modSeq !== undefined
  if (position && !exact && position.count !== look.below && options.known && next > 1) {
    look.present = new Set(await search(folder, `UID 1:${next - 1}`))
  }
  return look
}

function checkPosition(folder: OpenFolder, position: Position | undefined): void {
  if (!position) return
  const lost = (why: string) => cursorLost(folder.id, why)
  if (position.uidValidity !== folder.uidValidity) throw lost('the server gave the folder another UIDVALIDITY')
  if (position.next > folder.uidNext) throw lost('the server counts messages anew')
  if ((position.modSeq === undefined) !== (folder.modSeq === undefined)) {
    throw lost('the server began or ceased to count changes')
  }
  if (position.modSeq !== undefined && folder.modSeq !== undefined && position.modSeq > folder.modSeq) {
    throw lost('the server counts changes anew')
  }
}

/** UIDs that match, ascending; compact where the server can (RFC 4731). */
export async function search(
  folder: { session: OpenFolder['session'] },
  criteria: string | (string | Buffer)[],
): Promise<number[]> {
  let uids: number[] = []
  const onUntagged = (response: Response) => {
    if (response.name === 'SEARCH') uids = uids.concat(response.values.map((value) => Number(textOf(value))))
    if (response.name !== 'ESEARCH') return
    const at = response.values.findIndex((value) => textOf(value)?.toUpperCase() === 'ALL')
    if (at >= 0) uids = uids.concat(parseUids(textOf(response.values[at + 1]) ?? ''))
  }
  const returns = folder.session.has('ESEARCH') ? 'RETURN (ALL) ' : ''
  const command = [`UID SEARCH ${returns}`, ...(typeof criteria === 'string' ? [criteria] : criteria)]
  expectOk(await folder.session.run(command, { onUntagged }), 'Searching messages')
  return uids.filter((uid) => uid > 0).sort((a, b) => a - b)
}

/** SEARCH compares days in the zone of the server: two days of margin leave nothing out (MB-47). */
async function since(folder: OpenFolder, next: number, after: Date) {
  const day = formatDay(new Date(after.getTime() - 2 * DAY))
  const uids = await search(folder, `UID ${next}:* SINCE ${day}`)
  return uids.filter((uid) => uid >= next && uid < folder.uidNext)
}

/** RFC 7162: what changed after a modification sequence, and with QRESYNC what vanished. */
async function readChanged(folder: OpenFolder, modSeq: bigint, next: number, look: Look): Promise<void> {
  const changed = new Set<number>()
  const onUntagged = (response: Response) => {
    if (response.name === 'FETCH') {
      const data = response.values[0]
      const at = Array.isArray(data) ? data.findIndex((value) => textOf(value)?.toUpperCase() === 'UID') : -1
      if (at >= 0 && Array.isArray(data)) changed.add(Number(textOf(data[at + 1])))
    }
    if (response.name === 'VANISHED') {
      for (const uid of parseUids(textOf(response.values.at(-1)) ?? '', 1, next - 1)) look.vanished.push(uid)
    }
  }
  const vanished = folder.session.has('QRESYNC') ? ' VANISHED' : ''
  const command = `UID FETCH 1:${next - 1} (UID) (CHANGEDSINCE ${modSeq}${vanished})`
  expectOk(await folder.session.run([command], { onUntagged }), 'Reading changes')
  look.changed = [...changed].filter((uid) => uid > 0 && uid < next).sort((a, b) => a - b)
}

/** Where changes are not counted, all flags are read and compared by digests of groups of messages. */
async function compareFlags(folder: OpenFolder, position: Position | undefined, look: Look): Promise<void> {
  const before = position?.digests && groups(position.digestedBelow)
  const after = groups(folder.uidNext)
  const was: number[] = []
  const is: number[] = []
  const members: [number, number][] = []
  if (folder.uidNext > 1 && folder.exists > 0) {
    const uids = await search(folder, `UID 1:${folder.uidNext - 1}`)
    const found = await fetch(folder, uids, 'UID FLAGS', (uid, data) => digestOf(uid, flagsOf(data)))
    for (const [uid, digest] of found) {
      add(is, after(uid), digest)
      if (!before || uid >= (position?.digestedBelow ?? 0)) continue
      add(was, before(uid), digest)
      if (uid < (position?.next ?? 0)) members.push([before(uid), uid])
    }
  }
  look.digests = Array.from(is, (digest) => digest ?? 0)
  const known = position?.digests
  if (!known) return
  look.changed = members
    .flatMap(([group, uid]) => ((known[group] ?? 0) === (was[group] ?? 0) ? [] : [uid]))
    .sort((a, b) => a - b)
}

/** The group a UID falls in: at least 50 UIDs each, at most `MOST_DIGESTS` groups. */
function groups(below: number): (uid: number) => number {
  const size = Math.max(50, Math.ceil(below / MOST_DIGESTS))
  return (uid) => Math.floor(uid / size)
}

const MODULUS = 2 ** 48

/** Digests add up, so that the order in which messages come does not matter. */
function add(digests: number[], group: number, digest: number): void {
  digests[group] = ((digests[group] ?? 0) + digest) % MODULUS
}

/** FNV-1a twice, with different beginnings, as 48 bits. */
function digestOf(uid: number, flags: readonly string[]): number {
  const text = `${uid} ${flags
    .filter((flag) => flag.toLowerCase() !== '\\recent')
    .sort()
    .join(' ')}`
  return (fnv(text, 0x811c9dc5) % 0x1000000) * 0x1000000 + (fnv(text, 0x01234567) % 0x1000000)
}

function fnv(text: string, start: number): number {
  let hash = start
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
