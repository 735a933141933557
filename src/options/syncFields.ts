import type { Settings } from './options.ts'

/** The setting that keeps the directions of synchronized fields. */
export const FIELD_DIRECTIONS = 'SynchronizedFieldDirections'

const DIRECTIONS = ['both', 'toRecord', 'toItem', 'none'] as const
export type StoredDirection = (typeof DIRECTIONS)[number]

/** What the organization chose, by table and field pair; a pair that is missing has its default (FD-6). */
export type FieldDirections = Readonly<Record<string, Readonly<Record<string, StoredDirection>>>>

/** The directions in force. What cannot be read is not there: every pair then has its default. */
export function fieldDirections(settings: Settings): FieldDirections {
  return parseFieldDirections(String(settings[FIELD_DIRECTIONS] ?? '{}')) ?? {}
}

/** Reads what the setting keeps; undefined for what is no such thing. */
export function parseFieldDirections(text: string): FieldDirections | undefined {
  const given = jsonOf(text)
  if (!isObject(given)) return undefined
  const isKnown = Object.values(given).every(
    (pairs) => isObject(pairs) && Object.values(pairs).every((one) => DIRECTIONS.some((known) => known === one)),
  )
  return isKnown ? (given as FieldDirections) : undefined
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
