import { calendarMethod, decodeText } from '#mime'
import type { CalendarMail } from '../port.ts'
import { bodyOf, fetch, fetchHeaders } from './fetch.ts'
import { itemId } from './itemId.ts'
import type { OpenFolder } from './link.ts'
import { textOf, type Value } from './response.ts'

/** Where the part for calendars is in a message, and how it is written. */
interface Place {
  section: string
  method: string
  size: number
  transferEncoding: string
  charset: string | undefined
}

const MOST_DEPTH = 20
const MOST_PARTS = 200

/** See `Mailbox.meetings`: by BODYSTRUCTURE (RFC 9051 §7.5.2); the part alone is fetched. */
export async function fetchMeetings(
  folder: OpenFolder,
  uids: readonly number[],
  atMost: number,
): Promise<CalendarMail[]> {
  const places = new Map<number, Place>()
  await fetch(folder, uids, 'UID BODYSTRUCTURE', (uid, data) => {
    const place = calendarPlace(data.get('BODYSTRUCTURE') ?? null)
    if (place) places.set(uid, place)
  })
  if (places.size === 0) return []
  const texts = new Map<number, string>()
  for (const [uid, place] of places) {
    if (place.size > atMost) continue
    const section = `UID BODY.PEEK[${place.section}]<0.${atMost}>`
    await fetch(folder, [uid], section, (_, data) => texts.set(uid, decodeText(bodyOf(data), place)))
  }
  const headers = new Map((await fetchHeaders(folder, [...places.keys()])).map((one) => [one.id, one]))
  return [...places].flatMap(([uid, { method, size }]): CalendarMail[] => {
    const own = headers.get(itemId(folder.uidValidity, uid))
    const text = texts.get(uid)
    // Deleted while it was read.
    if (!own || (text === undefined && size <= atMost)) return []
    return [{ ...own, part: { method, size, ...(text !== undefined && { text }) } }]
  })
}

/** The first part for calendars. Messages within the message are not looked into: what is forwarded is no invitation. */
function calendarPlace(structure: Value): Place | undefined {
  let seen = 0
  const look = (value: Value, section: string, depth: number): Place | undefined => {
    if (!Array.isArray(value) || depth > MOST_DEPTH || ++seen > MOST_PARTS) return undefined
    if (!Array.isArray(value[0])) return placeOf(value, section || '1')
    for (const [index, part] of value.entries()) {
      if (!Array.isArray(part)) return undefined // the subtype of the multipart
      const found = look(part, section ? `${section}.${index + 1}` : String(index + 1), depth + 1)
      if (found) return found
    }
    return undefined
  }
  return look(structure, '', 0)
}

/** Of a body that is no multipart: type, subtype, parameters, id, description, encoding, octets. */
function placeOf(body: Value[], section: string): Place | undefined {
  const [type, subtype, parameters, , , encoding, octets] = body
  const value = `${textOf(type) ?? ''}/${textOf(subtype) ?? ''}`.toLowerCase()
  const named = new Map<string, string>()
  if (Array.isArray(parameters)) {
    for (let at = 0; at + 1 < parameters.length; at += 2)
      named.set((textOf(parameters[at]) ?? '').toLowerCase(), textOf(parameters[at + 1]) ?? '')
  }
  const method = calendarMethod({ value, parameters: named })
  if (method === undefined) return undefined
  const size = Number(textOf(octets) ?? Number.NaN)
  if (!Number.isSafeInteger(size)) return undefined
  return {
    section,
    method,
    size,
    transferEncoding: (textOf(encoding) ?? '').toLowerCase(),
    charset: named.get('charset'),
  }
}
