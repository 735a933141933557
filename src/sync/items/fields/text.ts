import type { Body, Item } from '#mailbox'
import type { Row } from '#records'
import { clip, htmlToText } from '#text'
import { mergeLines } from '../merge/mergeLines.ts'
import type { ItemTable, PairValue } from '../model.ts'
import { longest } from './longest.ts'
import { ALL, type FieldPair, type PairMap } from './pair.ts'

/** Texts of one and of several lines. Empty is null; blanks at the ends of a line mean nothing. */

type Named = Pick<FieldPair, 'name' | 'outlook' | 'record' | 'rule'> & Partial<Pick<FieldPair, 'required'>>

/** A column and a field that hold the same text of one line. */
export function textPair(table: ItemTable, column: string, field: string, named: Named): PairMap {
  const most = longest(table, column)
  return {
    ...named,
    columns: [column],
    fields: [field],
    default: 'both',
    allowed: ALL,
    fromRecord: ({ row }) => textOf(row, column, oneLine),
    fromItem: ({ fields }) => oneLine((fields as Readonly<Record<string, unknown>>)[field]),
    toRecord: (value) => cut(value, most), // FD-12
    toItem: (value) => value,
    writeRecord: (value) => ({ values: { [column]: value as string | null } }),
    writeItem: (value) => ({ fields: { [field]: value ?? undefined } }),
  }
}

/** Notes. What the item has as HTML is text lines in the CRM, with words in the place of pictures (AP-59, FD-32). */
export function notesPair(table: ItemTable, column: string, named: Named): PairMap {
  const most = longest(table, column)
  return {
    ...named,
    columns: [column],
    fields: ['body'],
    default: 'both',
    allowed: ALL,
    fromRecord: ({ row }) => textOf(row, column, lines),
    fromItem: (item) => lines(textOfBody(bodyOf(item))),
    toRecord: (value) => cut(value, most), // FD-12
    toItem: (value) => value,
    writeRecord: (value) => ({ values: { [column]: value as string | null } }),
    writeItem: (value) => ({ fields: { body: value === null ? undefined : { text: value } } }),
    merge: ({ was, record, item }) => {
      if (typeof was.record !== 'string' || was.record !== was.item) return undefined // cut, or nothing in common
      const merged = mergeLines(was.record, (record ?? '') as string, (item ?? '') as string) // B-71
      return merged === undefined ? undefined : { record: cut(lines(merged), most), item: lines(merged) }
    },
  }
}

function bodyOf(item: Item): Body | undefined {
  return item.fields.body
}

/** The longest body whose HTML is read; of longer ones the text that the server made of it. */
const MOST_HTML = 20 * 1024 * 1024

/** Plain text of a body; a picture is `[Picture: its name]` (AP-59). */
function textOfBody(body: Body | undefined): string {
  if (!body) return ''
  const { html, text } = body
  if (html === undefined || html.length > MOST_HTML || !/<img[\s/>]/i.test(html)) return text
  return htmlToText(html.replaceAll(/<img\b[^<>]{0,10000}>/gi, pictureWords))
}

function pictureWords(tag: string): string {
  const alt = /\salt\s*=\s*(?:"([^"<>]{0,200})"|'([^'<>]{0,200})')/i.exec(tag)
  const name = (alt?.[1] ?? alt?.[2] ?? '').trim()
  return name === '' ? '[Picture]' : `[Picture: ${name}]`
}

function textOf(row: Row, column: string, form: (text: unknown) => string | null): PairValue | undefined {
  return column in row ? form(row[column]) : undefined
}

const BREAKS = /[\r\n\t\v\f\u0085\u2028\u2029]+/g

/** A text of one line: line breaks are blanks. */
export function oneLine(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = storable(value).replaceAll(BREAKS, ' ').trim()
  return text === '' ? null : text
}

/** Lines parted by `\n`, none of which ends with blanks, without empty ones at both ends. */
export function lines(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const all = storable(value).replaceAll(/\r\n?/g, '\n').split('\n')
  const text = all.map((line) => line.trimEnd()).join('\n')
  const first = /[^\n]/.exec(text)?.index ?? text.length
  return first === text.length ? null : text.slice(first).trimEnd()
}

/** Cut to what a column holds, never within a character of two units (FD-12). */
export function cut(value: PairValue, most: number): string | null {
  if (typeof value !== 'string') return null
  const text = clip(value, most).trimEnd()
  return text === '' ? null : text
}

/** As every database text is: without NUL and half characters. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}
