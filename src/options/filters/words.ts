import { createHash } from 'node:crypto'
import type { Values } from '#records'

/** `Case` → `Cases`, `Service Activity` → `Service Activities`, `Fax` → `Faxes`. */
export function plural(label: string): string {
  if (/[^aeiou]y$/.test(label)) return `${label.slice(0, -1)}ies`
  return /(?:s|x|ch|sh)$/.test(label) ? `${label}es` : `${label}s`
}

/** An id that the same words have in every installation. */
export function idOf(...words: readonly string[]): string {
  const hash = createHash('sha256').update(words.join('\n')).digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

/** A condition in FetchXML, with one value or several. */
export function condition(attribute: string, operator: string, ...values: readonly (string | number)[]): string {
  const [only] = values
  const start = `<condition attribute="${attribute}" operator="${operator}"`
  if (values.length === 1) return `${start} value="${only}"/>`
  const list = values.map((value) => `<value>${value}</value>`).join('')
  return list ? `${start}>${list}</condition>` : `${start}/>`
}

export const all = (...conditions: readonly string[]): string =>
  conditions.length > 0 ? `<filter type="and">${conditions.join('')}</filter>` : ''

export const fetchXml = (table: string, inside: string): string =>
  `<fetch version="1.0" mapping="logical"><entity name="${table}">${inside}</entity></fetch>`

/** A row of savedquery with the id that it has everywhere. */
export type SeededQuery = Values & { savedqueryid: string }
