import { cursorLost } from '../../failures.ts'
import type { Cursor, FolderId } from '../../ids.ts'
import { MOST_TOKEN, markOf } from '../cursor.ts'

/**
 * Where a reader of a folder of items stands.
 * - `walk`: the delta is being read to its end for its token alone; `token` continues it.
 * - `list`: items are listed by their creation; all that were created before `since` are told, and those `told` of that
 *   instant. `token` is the delta's from before the listing.
 * - `delta`: everything is told up to `token`; `round`: whether a round of the delta ended there.
 */
export type ItemPosition =
  | { phase: 'walk'; token: string | undefined }
  | { phase: 'list'; token: string; since: string; told: ReadonlySet<string> }
  | { phase: 'delta'; token: string | undefined; round: boolean }

export interface ItemCursor {
  position: ItemPosition
  /** Milliseconds since 1970: until when the view of a calendar is good, whose changes are followed. */
  until: number
}

const VERSION = 1
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/
/** Marks of items of one instant, at most; with more the cursor stays before them. */
export const MOST_TOLD = 700

export function encodeItemCursor(folder: FolderId, { position, until }: ItemCursor): Cursor {
  return JSON.stringify(['graphItems', VERSION, markOf(folder), until, ...fieldsOf(position)])
}

function fieldsOf(position: ItemPosition): unknown[] {
  switch (position.phase) {
    case 'walk':
      return ['walk', position.token]
    case 'list':
      return ['list', position.token, position.since, [...position.told].join('')]
    case 'delta':
      return ['delta', position.token, position.round]
  }
}

/** @throws MailboxError `cursorLost` for anything that `encodeItemCursor` did not make for this folder */
export function decodeItemCursor(folder: FolderId, cursor: Cursor): ItemCursor {
  let fields: unknown
  try {
    fields = cursor.length < 20_000 ? JSON.parse(cursor) : undefined
  } catch {
    throw cursorLost(folder, 'the cursor is not one of this connector')
  }
  const read = Array.isArray(fields) ? cursorOf(folder, fields as unknown[]) : undefined
  if (!read) throw cursorLost(folder, 'the cursor is not one of this connector and folder')
  return read
}

function cursorOf(
  folder: FolderId,
  [kind, version, mark, until, phase, token, a, b]: unknown[],
): ItemCursor | undefined {
  if (kind !== 'graphItems' || version !== VERSION || mark !== markOf(folder) || typeof until !== 'number')
    return undefined
  if (typeof token !== 'string' || token === '' || token.length > MOST_TOKEN) return undefined
  if (phase === 'walk') return { position: { phase, token }, until }
  if (phase === 'delta' && typeof a === 'boolean') return { position: { phase, token, round: a }, until }
  if (phase !== 'list' || typeof a !== 'string' || !INSTANT.test(a) || typeof b !== 'string') return undefined
  return { position: { phase, token, since: a, told: new Set(b.match(/.{8}/gs) ?? []) }, until }
}
