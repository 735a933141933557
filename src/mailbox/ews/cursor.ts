import { deflateRawSync, inflateRawSync } from 'node:zlib'
import * as z from 'zod'
import type { Cursor } from '../port.ts'

/**
 * Where the reading of a folder stands. A first listing walks to the present without reporting anything (`walk`), so
 * that it has a state of synchronization; then it lists the folder from the oldest message on (`list`), which Exchange's
 * synchronization does not do; and then follows what happened since the walk (`follow`). So nothing that changes
 * meanwhile is missed, and messages come in the order of arrival.
 */
export type Position =
  | { phase: 'walk'; state: string | undefined }
  | ({ phase: 'list'; state: string } & Listed)
  | { phase: 'follow'; state: string }

/** How far a listing came: everything that arrived before `at`, and what of the same second `skip` or `offset` tells. */
export interface Listed {
  /** A second, as `2026-01-05T08:00:00Z`; absent at the beginning. */
  at?: string | undefined
  /** Digests of the messages of that second that were reported. */
  skip: readonly string[]
  /** How many of them were reported, when they are too many to be named. */
  offset: number
}

const PREFIX = 'e1:'
/** A state of Exchange grows with the folder; beyond this something is wrong. */
const STATE_AT_MOST = 4 * 1024 * 1024
/** Shorter states are not worth packing. Those of Exchange are packed already. */
const PACK_FROM = 4_096

const state = z.string().max(STATE_AT_MOST)
const form = z.discriminatedUnion('phase', [
  z.strictObject({ phase: z.literal('walk'), state: state.optional() }),
  z.strictObject({
    phase: z.literal('list'),
    state,
    at: z
      .string()
      .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      .optional(),
    skip: z.array(z.string().max(20)).max(1_000),
    offset: z.int().min(0),
  }),
  z.strictObject({ phase: z.literal('follow'), state }),
])

export function writeCursor(position: Position): Cursor {
  const { state } = position
  return PREFIX + JSON.stringify({ ...position, ...(state !== undefined && { state: pack(state) }) })
}

/** Undefined for what we never wrote. */
export function readCursor(cursor: Cursor): Position | undefined {
  if (!cursor.startsWith(PREFIX)) return undefined
  try {
    const position = form.parse(JSON.parse(cursor.slice(PREFIX.length)))
    const state = position.state === undefined ? undefined : unpack(position.state)
    return { ...position, state } as Position
  } catch {
    return undefined // Whatever is wrong with it, the folder is listed again.
  }
}

function pack(state: string): string {
  if (state.length < PACK_FROM) return `=${state}`
  const packed = deflateRawSync(state).toString('base64')
  return packed.length < state.length * 0.9 ? `~${packed}` : `=${state}`
}

function unpack(written: string): string {
  if (written.startsWith('=')) return written.slice(1)
  return inflateRawSync(Buffer.from(written.slice(1), 'base64'), { maxOutputLength: STATE_AT_MOST }).toString()
}
