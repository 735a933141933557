import { RequestError } from '../failure.ts'

/** What the path of a request below the service root means. */
export type Resource =
  | { kind: 'root' }
  | { kind: 'set'; name: string }
  | { kind: 'count'; name: string }
  /** `contacts(…)` or a function: a name and what stands within its parentheses. */
  | { kind: 'call'; name: string; inside: string }

const SEGMENT = /^([A-Za-z_][A-Za-z0-9_.]{0,199})(?:\((.*)\))?$/s
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @throws RequestError 404 for paths that lead nowhere. */
export function parsePath(path: string): Resource {
  const trimmed = path.replace(/\/$/, '')
  if (trimmed === '') return { kind: 'root' }
  const count = /^([^/()]+)\/\$count$/.exec(trimmed)?.[1]
  const [, name, inside] = SEGMENT.exec(count ?? trimmed) ?? []
  if (!name) throw new RequestError(404, 'ResourceNotFound', 'There is nothing at this address of the Web API.')
  if (count !== undefined) return { kind: 'count', name }
  return inside === undefined ? { kind: 'set', name } : { kind: 'call', name, inside }
}

/** `3f2504e0-…` or `contactid=3f2504e0-…`. @throws RequestError 400 */
export function parseKey(inside: string, idColumn: string): string {
  const [, name, value = ''] = /^(?:\s*(\w+)\s*=)?\s*([^\s=]*)\s*$/.exec(inside) ?? []
  if (GUID.test(value) && (name === undefined || name === idColumn)) return value.toLowerCase()
  throw new RequestError(400, 'KeyInvalid', `A row is named by its id, e.g. (${idColumn}=00000000-…).`, {
    target: idColumn,
  })
}
