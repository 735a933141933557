import type { Table, Value } from '#records'
import { RequestError } from '../../failure.ts'

/** How a row is named: by its id, or by the columns of an alternate key. */
export type Key = { id: string } | { columns: Readonly<Record<string, Value>> }

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const PART = /\s*(?:(\w{1,130})\s*=)?\s*('(?:[^']|'')*'|[^\s',()]{1,200})\s*(,|$)/y

export const isId = (text: string): boolean => GUID.test(text)

/** `3f25…`, `contactid=3f25…` or `messageid='<a@b>',directioncode=true`. @throws RequestError 400 */
export function parseKey(inside: string, table: Table): Key {
  const parts = split(inside)
  const [first] = parts
  if (first && parts.length === 1 && (first.name === undefined || first.name === table.id)) {
    if (GUID.test(first.text)) return { id: first.text.toLowerCase() }
    throw invalid(table)
  }
  const columns: Record<string, Value> = {}
  for (const { name, text } of parts) {
    const column = name === undefined ? undefined : columnNamed(name, table)
    if (column === undefined || Object.hasOwn(columns, column)) throw invalid(table)
    columns[column] = literal(text)
  }
  const given = Object.keys(columns)
  const known = (table.keys ?? []).some(
    (key) => key.columns.length === given.length && key.columns.every((name) => given.includes(name)),
  )
  if (!known) throw invalid(table)
  return { columns }
}

function split(inside: string): { name?: string; text: string }[] {
  const parts: { name?: string; text: string }[] = []
  PART.lastIndex = 0
  for (let separator = ','; separator === ','; ) {
    const [, name, text, next] = PART.exec(inside) ?? []
    if (text === undefined || next === undefined) return []
    parts.push(name === undefined ? { text } : { name, text })
    separator = next
  }
  return parts
}

function columnNamed(name: string, table: Table): string | undefined {
  const lookup = /^_(\w+)_value$/.exec(name)?.[1]
  const found = table.byName.get(lookup ?? name)
  return found && (lookup === undefined || found.type === 'lookup') ? found.name : undefined
}

function literal(text: string): Value {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text
}

function invalid(table: Table): RequestError {
  const keys = (table.keys ?? []).map(({ columns }) => `(${columns.map((name) => `${name}=…`).join(',')})`)
  const ways = [`its id, e.g. (00000000-…)`, ...keys]
  return new RequestError(400, 'KeyInvalid', `A row of ${table.set} is named by ${ways.join(', or ')}.`, {
    target: table.id,
  })
}
