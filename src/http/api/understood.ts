import { type Catalogue, type ODataQuery, parseODataOptions } from '#records'
import { type Shape, shapeOf } from './shape.ts'

/** What query options ask for: as given, as it is asked of the database, and the shape of the answer. */
export interface Understood {
  given: ODataQuery
  query: ODataQuery
  shape: Shape
}

/** Options kept of one state of the declarations; those that came longest ago go first. */
const MOST = 1_000
/** Characters; what is longer comes once. */
const LONGEST = 1_000

const kept = new WeakMap<Catalogue, Map<string, Understood>>()

/**
 * The meaning of query options. Clients ask the same again and again, so it is kept as long as the declarations stay.
 * @throws RecordError as `parseODataOptions`.
 */
export function understood(options: URLSearchParams, table: string, catalogue: Catalogue): Understood {
  const key = `${table}?${options.toString()}`
  const known = kept.get(catalogue) ?? new Map<string, Understood>()
  const found = known.get(key)
  if (found) return found
  const given = parseODataOptions(options, table, catalogue)
  const made = { given, ...shapeOf(given, catalogue, 'nested') }
  if (key.length > LONGEST) return made
  if (known.size >= MOST) known.delete(known.keys().next().value as string)
  kept.set(catalogue, known.set(key, made))
  return made
}
