import { createHash } from 'node:crypto'
import { cursorLost } from '../failures.ts'
import type { Cursor, FolderId, ItemId } from '../port.ts'

/**
 * Where a reader of a folder stands.
 * - `walk`: the delta is being read to its end for its token alone; `token` continues it.
 * - `list`: messages are listed by arrival; all that came before `since` are told, and those `told` of that instant.
 *   `token` is the delta's from before the listing.
 * - `delta`: everything is told up to `token`; `round`: whether a round of the delta ended there.
 */
export type Position =
  | { phase: 'walk'; token: string | undefined }
  | { phase: 'list'; token: string; since: string; told: ReadonlySet<string> }
  | { phase: 'delta'; token: string; round: boolean }

const VERSION = 1
/** Tokens of Exchange Online are below 2 kB. */
export const MOST_TOKEN = 8_000
/** Marks of messages that arrived in one instant; with more the cursor stays before them. */
export const MOST_TOLD = 700
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/

export function encodeCursor(folder: FolderId, position: Position): Cursor {
  return JSON.stringify(['graph', VERSION, markOf(folder), ...fieldsOf(position)])
}

function fieldsOf(position: Position): unknown[] {
  switch (position.phase) {
    case 'walk':
      return ['walk', position.token]
    case 'list':
      return ['list', position.token, position.since, [...position.told].join('')]
    case 'delta':
      return ['delta', position.token, position.round]
  }
}

/** @throws MailboxError `cursorLost` for anything that `encodeCursor` did not make for this folder. */
export function decodeCursor(folder: FolderId, cursor: Cursor): Position {
  let fields: unknown
  try {
    fields = JSON.parse(cursor)
  } catch {
    throw cursorLost(folder, 'the cursor is not one of this connector')
  }
  const position = Array.isArray(fields) && cursor.length < 16_384 ? positionOf(folder, fields as unknown[]) : undefined
  if (!position) throw cursorLost(folder, 'the cursor is not one of this connector and folder')
  return position
}

function positionOf(folder: FolderId, [kind, version, mark, phase, token, a, b]: unknown[]): Position | undefined {
  if (kind !== 'graph' || version !== VERSION || mark !== markOf(folder)) return undefined
  if (typeof token !== 'string' || token === '' || token.length > MOST_TOKEN) return undefined
  if (phase === 'walk') return { phase, token }
  if (phase === 'delta' && typeof a === 'boolean') return { phase, token, round: a }
  if (phase !== 'list' || typeof a !== 'string' || !INSTANT.test(a) || typeof b !== 'string') return undefined
  return { phase, token, since: a, told: new Set(b.match(/.{8}/gs) ?? []) }
}

/** Eight characters that stand for an id among those of one instant. */
export function markOf(id: ItemId): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 8)
}
