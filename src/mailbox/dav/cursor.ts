import * as z from 'zod'
import { cursorLost } from '../failures.ts'
import type { Cursor, FolderId } from '../ids.ts'

const MOST = 4_000_000
const token = z.string().max(8_000)

/**
 * Where a listing stands.
 * - `token`: everything up to the server's token was told.
 * - `within`: an answer that is longer than a page. It is asked for again from `base` (absent: from the beginning); what
 *   comes up to `after` was told; all that happened since the answer is told from `next` on.
 * - `listed`: the server tells no changes. `seen` are prints of the items that were told, in their versions; `ctag` the
 *   state of the folder when it was told to its end.
 */
const position = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('token'), token }),
  z.strictObject({ kind: z.literal('within'), base: token.optional(), next: token, after: z.string().max(4_096) }),
  z.strictObject({ kind: z.literal('listed'), ctag: token.optional(), seen: z.string().max(MOST) }),
])
export type Position = z.infer<typeof position>

const VERSION = 'd1:'

export function writeCursor(at: Position): Cursor {
  return VERSION + JSON.stringify(at)
}

/** @throws MailboxError `cursorLost` */
export function readCursor(folder: FolderId, cursor: Cursor): Position {
  const read =
    cursor.startsWith(VERSION) && cursor.length <= MOST + 10_000 ? parsed(cursor.slice(VERSION.length)) : undefined
  const result = position.safeParse(read)
  if (!result.success) throw cursorLost(folder, 'the cursor is not one of this connector')
  return result.data
}

/** The state of the folder up to which everything was told; undefined within an answer, and for what is no cursor. */
export function stateAt(folder: FolderId, cursor: Cursor): string | undefined {
  try {
    const at = readCursor(folder, cursor)
    return at.kind === 'token' ? at.token : at.kind === 'listed' ? at.ctag : undefined
  } catch {
    return undefined // `changes` says so.
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // It is none of ours.
  }
}
