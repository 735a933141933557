import type { Value } from '#records'
import { escapeHtml } from './html.ts'

/** `{!contact.firstname;there}`: a column of a record, and what stands there when it is empty. */
const PLACEHOLDER = /\{!\s*([a-z_][a-z0-9_]{0,99})\s*\.\s*([a-z_][a-z0-9_]{0,99})\s*(?:;([^{}]*))?\}/gi
/** A text with more is cut short there: no template needs them. */
const MOST_PLACEHOLDERS = 500

export interface Placeholder {
  table: string
  column: string
}

/** The columns that texts ask for. */
export function placeholdersIn(...texts: readonly string[]): Placeholder[] {
  const found = texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].slice(0, MOST_PLACEHOLDERS))
  const all = found.map(([, table = '', column = '']) => ({ table: table.toLowerCase(), column: column.toLowerCase() }))
  return [...new Map(all.map((one) => [`${one.table}.${one.column}`, one])).values()]
}

/**
 * A template with its placeholders filled in (OE-52); a value that is not known leaves the default.
 * @param html values are text and become text within HTML
 */
export function fillTemplate(
  template: string,
  valueOf: (placeholder: Placeholder) => Value | undefined,
  html: boolean,
): string {
  return template.replaceAll(PLACEHOLDER, (_, table: string, column: string, otherwise: string | undefined) => {
    const value = shown(valueOf({ table: table.toLowerCase(), column: column.toLowerCase() }))
    const text = value === '' ? (otherwise ?? '') : value
    return html ? escapeHtml(text) : text
  })
}

function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  return value instanceof Date ? value.toISOString().slice(0, 10) : String(value)
}
