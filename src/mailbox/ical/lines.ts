import { itemRefused } from '../failures.ts'
import { joinSoft } from './softLines.ts'

/**
 * iCalendar and vCard as what they are: lines within components (RFC 5545 §3.1, RFC 6350 §3.2). Whatever is not touched
 * is printed byte for byte as it was read, folds, order and unknown properties included.
 */
export interface Component {
  name: string
  /** The line that begins it and the one that ends it, as they were. */
  begin: string
  end: string
  parts: (Line | Component)[]
}

export interface Line {
  /** As it stands in the file, with its folds and its line end. */
  raw: string
  /** In upper case, without the group of vCard. */
  name: string
  /** Names in upper case; quotes taken off. */
  params: Record<string, string>
  /** As it stands, unfolded but still escaped. */
  value: string
}

const MOST_LINES = 200_000
const MOST_DEPTH = 10

/** @throws MailboxError `permanent`, naming the line, for what is no such text. */
export function parseComponents(text: string): Component[] {
  const top: Component = { name: '', begin: '', end: '', parts: [] }
  const open = [top]
  const lines = text.match(/[^\r\n]*(?:\r\n|\n|\r|$)(?:[ \t][^\r\n]*(?:\r\n|\n|\r|$))*/g) ?? []
  if (lines.length > MOST_LINES) throw itemRefused(`The item has ${lines.length} lines; 200,000 are read.`)
  for (const raw of joinSoft(lines.filter((line) => line.trim() !== ''))) {
    const line = readLine(raw)
    const inner = open.at(-1) as Component
    if (line.name === 'BEGIN') {
      const component = { name: line.value.trim().toUpperCase(), begin: raw, end: '', parts: [] }
      inner.parts.push(component)
      open.push(component)
      if (open.length > MOST_DEPTH) throw itemRefused('The item has components ten deep.')
    } else if (line.name === 'END') {
      if (open.length === 1 || inner.name !== line.value.trim().toUpperCase()) {
        throw itemRefused(`The item ends ${line.value.slice(0, 50)}, which did not begin. Repair it where it was made.`)
      }
      inner.end = raw
      open.pop()
    } else inner.parts.push(line)
  }
  const unended = open.length > 1 ? open.at(-1)?.name : undefined
  if (unended !== undefined) throw itemRefused(`The item's ${unended} does not end. Repair it where it was made.`)
  return top.parts.filter((part) => 'parts' in part)
}

let last: { text: string; components: readonly Component[] } | undefined

/**
 * The same for who only reads. An item's text is read for its kind, its fields and its attachments, one after the other:
 * the last one is remembered.
 * @throws MailboxError as `parseComponents`
 */
export function readComponents(text: string): readonly Component[] {
  if (last?.text !== text) last = { text, components: parseComponents(text) }
  return last.components
}

export function printComponent({ begin, end, parts }: Component): string {
  return begin + parts.map((part) => ('parts' in part ? printComponent(part) : part.raw)).join('') + end
}

export function newComponent(name: string, parts: (Line | Component)[] = []): Component {
  return { name, begin: `BEGIN:${name}\r\n`, end: `END:${name}\r\n`, parts }
}

export function newLine(name: string, value: string, params: Record<string, string | undefined> = {}): Line {
  const said = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const head = said.map(([key, one]) => `;${key}=${key === 'TYPE' ? one : quoted(one)}`).join('')
  return { raw: fold(`${name}${head}:${value}`), name, params: Object.fromEntries(said), value }
}

/** The line with another value, its group and parameters as they were, and `more` parameters. */
export function withValue(line: Line, value: string, more: Record<string, string> = {}): Line {
  const text = unfold(line.raw)
  const former = Object.keys(more).map((key) => new RegExp(`;${key}=(?:"[^"]*"|[^";:]*)`, 'i'))
  const head = former.reduce((kept, one) => kept.replace(one, ''), text.slice(0, text.length - line.value.length - 1))
  const said = Object.entries(more).map(([key, one]) => `;${key}=${quoted(one)}`)
  return { ...line, raw: fold(`${head}${said.join('')}:${value}`), params: { ...line.params, ...more }, value }
}

/** The line without a parameter. */
export function withoutParam(line: Line, name: string): Line {
  const { [name]: gone, ...params } = line.params
  if (gone === undefined) return line
  const text = unfold(line.raw)
  const head = text.slice(0, text.length - line.value.length - 1)
  const kept = head.replace(new RegExp(`;${name}(?:=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)?(?=;|$)`, 'i'), '')
  return { ...line, raw: fold(`${kept}:${line.value}`), params }
}

export function linesOf({ parts }: Component, ...names: string[]): Line[] {
  return parts.filter((part): part is Line => !('parts' in part) && names.includes(part.name))
}

export function componentsOf({ parts }: Component, ...names: string[]): Component[] {
  return parts.filter((part): part is Component => 'parts' in part && names.includes(part.name))
}

/** Puts `lines` where the lines of these names were, or after the last line; components stay. */
export function replaceLines(component: Component, names: readonly string[], lines: readonly Line[]): void {
  const isOne = (part: Line | Component) => !('parts' in part) && names.includes(part.name)
  const at = component.parts.findIndex(isOne)
  const kept = component.parts.filter((part) => !isOne(part))
  const end = kept.findLastIndex((part) => !('parts' in part)) + 1
  kept.splice(at < 0 ? end : Math.min(at, kept.length), 0, ...lines)
  component.parts = kept
}

/** A TEXT value (RFC 5545 §3.3.11). */
export function unescapeText(value: string): string {
  if (!value.includes('\\')) return value
  return value.replace(/\\([\\;,Nn])/g, (_, sign: string) => (sign === 'n' || sign === 'N' ? '\n' : sign))
}

export function escapeText(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n')
}

/** The parts of a value that commas (or semicolons) divide, still escaped. */
export function splitValue(value: string, sign: ',' | ';'): string[] {
  return value.match(sign === ',' ? /(?:\\.|[^\\,])+|(?<=^|,)(?=,|$)/gs : /(?:\\.|[^\\;])+|(?<=^|;)(?=;|$)/gs) ?? []
}

function readLine(raw: string): Line {
  const text = unfold(raw)
  const match = /^(?:[\w-]+\.)?([\w-]+)((?:;[^=;:"]+(?:=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)?)*):/.exec(text)
  if (!match)
    throw itemRefused(`The item has the line ${JSON.stringify(text.slice(0, 80))}. Repair it where it was made.`)
  const [head, name = '', said = ''] = match
  const params: Record<string, string> = {}
  if (said !== '')
    for (const [, key = '', value = ''] of said.matchAll(/;([^=;:"]+)(?:=((?:"[^"]*"|[^";:])*))?/g))
      params[key.toUpperCase()] = value.replaceAll('"', '')
  return { raw, name: name.toUpperCase(), params, value: text.slice(head.length) }
}

function unfold(raw: string): string {
  let end = raw.length
  while (raw[end - 1] === '\n' || raw[end - 1] === '\r') end--
  const text = raw.slice(0, end)
  return /[\r\n]/.test(text) ? text.replace(/(?:\r\n|\n|\r)[ \t]/g, '') : text
}

function quoted(text: string): string {
  const clean = text.replace(/["\r\n]/g, "'")
  return /[;:,]/.test(clean) ? `"${clean}"` : clean
}

/** Lines of at most 75 octets, never parted within a character. */
function fold(text: string): string {
  const lines: string[] = []
  let line = ''
  let size = 0
  for (const character of text) {
    const bytes = Buffer.byteLength(character)
    if (size + bytes > 75) {
      lines.push(line)
      line = ' '
      size = 1
    }
    line += character
    size += bytes
  }
  return `${[...lines, line].join('\r\n')}\r\n`
}
