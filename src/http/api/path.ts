import { RequestError } from '../failure.ts'

/** One part of a path: a name, and what stands within its parentheses. */
export interface Segment {
  name: string
  inside?: string
}

/** What the path of a request below the service root means. */
export type Resource =
  | { kind: 'root' }
  | { kind: 'set'; name: string }
  | { kind: 'count'; name: string }
  /** `contacts(…)` or a function: a name and what stands within its parentheses. */
  | { kind: 'call'; name: string; inside: string }
  /** Several parts: `accounts(…)/contact_customer_accounts`, `contacts(…)/fullname/$value`. */
  | { kind: 'path'; segments: readonly Segment[] }

const SEGMENT = /^(\$?[A-Za-z_][A-Za-z0-9_.]{0,199})(?:\((.*)\))?$/s
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const MOST = 12

/** @throws RequestError 404 for paths that lead nowhere. */
export function parsePath(path: string): Resource {
  const trimmed = path.replace(/\/$/, '')
  if (trimmed === '') return { kind: 'root' }
  const segments = parseSegments(trimmed)
  const [first, second, third] = segments
  if (!first) throw nothingHere()
  if (second) {
    const counts = second.name === '$count' && second.inside === undefined && first.inside === undefined && !third
    return counts ? { kind: 'count', name: first.name } : { kind: 'path', segments }
  }
  return first.inside === undefined
    ? { kind: 'set', name: first.name }
    : { kind: 'call', name: first.name, inside: first.inside }
}

/** @throws RequestError 404 for paths that lead nowhere. */
export function parseSegments(path: string): Segment[] {
  const segments = parts(path).map((part): Segment => {
    const [, name, inside] = SEGMENT.exec(part) ?? []
    if (!name) throw nothingHere()
    return inside === undefined ? { name } : { name, inside }
  })
  if (segments.length > MOST) throw nothingHere()
  return segments
}

/** Split at the slashes that stand neither in quotes nor in parentheses. */
function parts(path: string): string[] {
  const found: string[] = ['']
  let depth = 0
  let quoted = false
  for (const each of path) {
    if (each === "'" && depth > 0) quoted = !quoted
    else if (!quoted && each === '(') depth++
    else if (!quoted && each === ')') depth--
    if (each === '/' && !quoted && depth === 0) found.push('')
    else found[found.length - 1] += each
  }
  return found
}

/** `3f2504e0-…` or `contactid=3f2504e0-…`. @throws RequestError 400 */
export function parseKey(inside: string, idColumn: string): string {
  const id = idOf(inside, idColumn)
  if (id !== undefined) return id
  throw new RequestError(400, 'KeyInvalid', `A row is named by its id, e.g. (${idColumn}=00000000-…).`, {
    target: idColumn,
  })
}

/** The id that a key says; undefined when it is another kind of key. */
export function idOf(inside: string, idColumn: string): string | undefined {
  const [, name, value = ''] = /^(?:\s*(\w+)\s*=)?\s*([^\s=]*)\s*$/.exec(inside) ?? []
  return GUID.test(value) && (name === undefined || name === idColumn) ? value.toLowerCase() : undefined
}

function nothingHere(): RequestError {
  return new RequestError(404, 'ResourceNotFound', 'There is nothing at this address of the Web API.')
}
