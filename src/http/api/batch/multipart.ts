import { RequestError } from '../../failure.ts'

/** One part of a multipart body (RFC 2046 §5.1): its headers by lower-case name, and what follows them. */
export interface Part {
  headers: Readonly<Record<string, string>>
  body: string
}

const MOST_HEADERS = 50
/** Characters of a boundary; RFC 2046 allows 70, clients of the field send more. */
const LONGEST_BOUNDARY = 200
const HEADER = /^([!#$%&'*+.^_`|~\w-]{1,100})[ \t]*:[ \t]*(.*)$/

/** @throws RequestError 415 for what is not multipart/mixed, 400 without a boundary. */
export function boundaryOf(contentType: string): string {
  if (!/^multipart\/mixed\s*(;|$)/i.test(contentType))
    throw new RequestError(415, 'UnsupportedMediaType', 'A batch is multipart/mixed.')
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"\r\n]+)"|([^\s;"]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined || boundary.length > LONGEST_BOUNDARY) throw malformed('has no boundary')
  return boundary
}

/** The parts between the boundaries; lines end with CRLF or LF. @throws RequestError 400 */
export function parseMultipart(text: string, boundary: string, most: number): Part[] {
  const parts: Part[] = []
  let start: number | undefined
  for (const { at, end, last } of delimiters(text, boundary)) {
    if (start !== undefined) {
      if (parts.length >= most) throw new RequestError(400, 'BatchTooLarge', `It has more than ${most} parts.`)
      parts.push(parsePart(text.slice(start, at)))
    }
    if (last) return parts
    start = end
  }
  throw malformed('does not end with its boundary')
}

/** Where each delimiter line begins, with the line break before it, and where it ends. */
function* delimiters(text: string, boundary: string): Generator<{ at: number; end: number; last: boolean }> {
  const mark = `--${boundary}`
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) {
    if (at > 0 && text[at - 1] !== '\n') continue
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline + 1
    const rest = text.slice(at + mark.length, end).trimEnd()
    if (rest === '' || rest === '--') yield { at: beforeBreak(text, at), end, last: rest === '--' }
  }
}

function beforeBreak(text: string, at: number): number {
  if (text[at - 1] !== '\n') return at
  return text[at - 2] === '\r' ? at - 2 : at - 1
}

function parsePart(text: string): Part {
  const { lines, rest } = head(text)
  return { headers: parseHeaders(lines), body: rest }
}

/** The lines before the first empty one, and what follows it. A client may leave out the empty line at the very end. */
export function head(text: string): { lines: string[]; rest: string } {
  const empty = /(?:^|\r?\n)\r?\n/.exec(text)
  const lines = (empty ? text.slice(0, empty.index) : text).split(/\r?\n/)
  const rest = empty ? text.slice(empty.index + empty[0].length) : ''
  return { lines: lines.filter((line) => line !== ''), rest }
}

/** @throws RequestError 400 */
export function parseHeaders(lines: readonly string[]): Record<string, string> {
  if (lines.length > MOST_HEADERS) throw malformed(`has more than ${MOST_HEADERS} headers in a part`)
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? []
    if (name === undefined || value === undefined) throw malformed('has a header that is none')
    headers[name.toLowerCase()] = value.trim()
  }
  return headers
}

export function malformed(what: string): RequestError {
  return new RequestError(400, 'BatchInvalid', `The batch ${what}.`)
}
