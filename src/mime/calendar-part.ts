import { decodeCharset } from './charset.ts'
import type { PartHeaders } from './part-headers.ts'
import { transferDecoder } from './transfer-decoder.ts'
import { type Leaf, type LeafSink, MimeWalker } from './walk.ts'

/** An invitation, its answer or its cancellation within a message (RFC 6047 §2.4). */
export interface CalendarPart {
  /** As the header of the part says it, in upper case. */
  method: string
  /** Bytes as they stand in the message, still transfer-encoded. */
  size: number
  /** Absent where it is larger than what was asked for. */
  text?: string
}

/** Of how a part is written in a message. */
export interface Encoded {
  transferEncoding: string
  charset: string | undefined
}

/** Whether a part is for calendars: it names its method. A file that somebody attached names none. */
export function calendarMethod(type: PartHeaders['type']): string | undefined {
  const method = type.parameters.get('method')?.trim().toUpperCase()
  return type.value === 'text/calendar' && method && /^[A-Z-]{1,40}$/.test(method) ? method : undefined
}

/** The text of a part of a message. iCalendar is UTF-8 where nobody says otherwise (RFC 5545 §3.1.4). */
export function decodeText(bytes: Uint8Array, { transferEncoding, charset }: Encoded): string {
  const decoder = transferDecoder(transferEncoding.toLowerCase())
  const plain = Buffer.concat([decoder.write(Buffer.from(bytes)), decoder.end()])
  return decodeCharset(plain, charset ?? 'utf-8')
}

/** The first part for calendars of a whole message; parts of a message within it are none of its own. */
export function calendarPartOf(source: Uint8Array, atMost: number): CalendarPart | undefined {
  const finder = new Finder(atMost)
  const walker = new MimeWalker(finder, MOST_DEPTH)
  walker.write(Buffer.from(source))
  walker.end()
  return finder.found
}

const MOST_DEPTH = 50

class Finder {
  found: CalendarPart | undefined
  readonly #atMost: number

  constructor(atMost: number) {
    this.#atMost = atMost
  }

  root(): void {}

  leaf({ headers: { type, transferEncoding } }: Leaf): LeafSink | undefined {
    const method = calendarMethod(type)
    if (this.found || method === undefined) return undefined
    const part: CalendarPart = { method, size: 0 }
    this.found = part
    let chunks: Buffer[] = []
    return {
      write: (bytes) => {
        part.size += bytes.length
        if (part.size <= this.#atMost) chunks.push(Buffer.from(bytes))
        else chunks = []
      },
      end: () => {
        if (part.size > this.#atMost) return
        part.text = decodeText(Buffer.concat(chunks), { transferEncoding, charset: type.parameters.get('charset') })
      },
    }
  }
}
