import { trimBlanks } from './blanks.ts'
import { cleanHeaderText } from './encoded-words.ts'
import { readFields } from './header-block.ts'
import { type ParameterizedValue, parseParameterized } from './parameters.ts'

/** What the headers of one MIME part (RFC 2045, 2183, 2392) say. */
export interface PartHeaders {
  /** `text/plain` where none is given or it is unreadable; inside a digest `message/rfc822`. */
  type: ParameterizedValue
  /** `value` is empty when there is none. */
  disposition: ParameterizedValue
  /** Without angle brackets; empty when there is none. */
  contentId: string
  /** Lower-case; empty when there is none. */
  transferEncoding: string
}

const WANTED: ReadonlySet<string> = new Set([
  'content-type',
  'content-disposition',
  'content-id',
  'content-transfer-encoding',
])
const MAX_CONTENT_ID = 998
const NOTHING: ParameterizedValue = { value: '', parameters: new Map() }

export function parsePartHeaders(block: Uint8Array, defaultType = 'text/plain'): PartHeaders {
  const fields = new Map<string, string>()
  readFields(block, WANTED, (name, value) => {
    if (!fields.has(name)) fields.set(name, value)
  })
  const type = parameterized(fields.get('content-type'))
  const contentId = cleanHeaderText(fields.get('content-id') ?? '').trim()
  const encoding = trimBlanks(fields.get('content-transfer-encoding') ?? '').toLowerCase()
  return {
    type: /^[\w.+-]+\/[\w.+-]+$/.test(type.value) ? type : { value: defaultType, parameters: type.parameters },
    disposition: parameterized(fields.get('content-disposition')),
    contentId: contentId.length > MAX_CONTENT_ID ? '' : contentId.replaceAll(/^<|>.*$/g, ''),
    transferEncoding: /^["']?([\w-]*)/.exec(encoding)?.[1] ?? '',
  }
}

function parameterized(raw: string | undefined): ParameterizedValue {
  return raw ? parseParameterized(raw) : NOTHING
}
