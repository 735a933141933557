import { cursorLost } from '../failures.ts'
import type { Cursor, FolderId } from '../port.ts'

/** Where a reader of a folder stands. */
export interface Position {
  uidValidity: number
  /** Messages from this UID on have not been listed. */
  next: number
  /** The first listing is still under way. */
  listing: boolean
  /** Changes after this modification sequence have not been told; undefined where the server counts none. */
  modSeq: bigint | undefined
  /** Messages below `next` that the folder held; undefined when that is not known. */
  count: number | undefined
  /** Where the server counts no changes: digests of the flags, and the UID below which they were taken. */
  digests: readonly number[] | undefined
  digestedBelow: number
}

const VERSION = 1

/** Folders whose flags must be compared have one digest per so many messages, so that a cursor stays below 16 kB. */
export const MOST_DIGESTS = 500

export function encodeCursor(position: Position): Cursor {
  return JSON.stringify([
    'imap',
    VERSION,
    position.uidValidity,
    position.next,
    position.listing ? 1 : 0,
    position.modSeq === undefined ? null : String(position.modSeq),
    position.count ?? null,
    position.digests === undefined ? null : position.digests.map((digest) => digest.toString(36)).join(' '),
    position.digestedBelow,
  ])
}

/** @throws MailboxError `cursorLost` for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: Cursor, folder: FolderId): Position {
  const position = read(cursor)
  if (position === undefined) throw cursorLost(folder, 'the cursor is not one of this connector')
  return position
}

function read(cursor: Cursor): Position | undefined {
  let fields: unknown
  try {
    fields = JSON.parse(cursor)
  } catch {
    return undefined
  }
  if (!Array.isArray(fields) || fields.length !== 9 || fields[0] !== 'imap' || fields[1] !== VERSION) return undefined
  const [, , uidValidity, next, listing, modSeq, count, digests, digestedBelow] = fields as unknown[]
  if (!isCount(uidValidity) || !isCount(next) || !isCount(digestedBelow)) return undefined
  if (modSeq !== null && !(typeof modSeq === 'string' && /^\d{1,20}$/.test(modSeq))) return undefined
  if (count !== null && !isCount(count)) return undefined
  if (digests !== null && typeof digests !== 'string') return undefined
  return {
    uidValidity,
    next,
    listing: listing === 1,
    modSeq: modSeq === null ? undefined : BigInt(modSeq),
    count: count ?? undefined,
    digests:
      digests === null
        ? undefined
        : digests
            .split(' ')
            .filter(Boolean)
            .map((digest) => Number.parseInt(digest, 36)),
    digestedBelow,
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
