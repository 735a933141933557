import { clip } from '#text'
import type { PartHeaders } from './part-headers.ts'

/**
 * The name under which an attachment is stored and offered: never a path, never empty, without control and direction
 * characters (`txt.exe` written backwards), device names, or characters that a file system refuses. At most 200
 * characters; a long name keeps its extension.
 * @param written the name as decoded from the message, perhaps empty
 */
export function safeFileName(written: string, fallback: string): string {
  const base = written.slice(0, MAX_WRITTEN).split(/[/\\]/).at(-1) ?? ''
  const clean = trimDots(base.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').replaceAll(/[<>:"|?*]/g, '_'))
  if (clean === '') return fallback
  return DEVICE.test(clean) ? `_${shorten(clean)}` : shorten(clean)
}

/** Lower-case, without its dot; empty when there is none. */
export function extensionOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.')
  return dot < 0 ? '' : fileName.slice(dot + 1).toLowerCase()
}

/** The name a part gives itself: Content-Disposition first, then Content-Type. */
export function writtenFileName(headers: PartHeaders): string {
  return headers.disposition.parameters.get('filename') ?? headers.type.parameters.get('name') ?? ''
}

/** A name for a part that has none, e.g. `attachment-2.png`; S/MIME, TNEF and invitations have names by convention. */
export function fallbackFileName(contentType: string, number: number): string {
  const conventional = CONVENTIONAL.get(contentType)
  if (conventional) return conventional
  const extension = EXTENSIONS.get(contentType)
  return extension ? `attachment-${number}.${extension}` : `attachment-${number}`
}

const MAX_WRITTEN = 4_000
const MAX_NAME = 200
const MAX_EXTENSION = 20
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** A leading dot hides a file, a trailing dot or blank hides its extension. */
function trimDots(name: string): string {
  let start = 0
  let end = name.length
  while (start < end && isDotOrBlank(name[start])) start++
  while (end > start && isDotOrBlank(name[end - 1])) end--
  return name.slice(start, end)
}

function isDotOrBlank(character: string | undefined): boolean {
  return character === '.' || (character !== undefined && character.trim() === '')
}

function shorten(name: string): string {
  if (name.length <= MAX_NAME) return name
  const extension = extensionOf(name)
  if (extension === '' || extension.length > MAX_EXTENSION) return clip(name, MAX_NAME)
  const suffix = name.slice(-(extension.length + 1))
  return clip(name, MAX_NAME - suffix.length) + suffix
}

const CONVENTIONAL = new Map([
  ['application/pkcs7-mime', 'smime.p7m'],
  ['application/x-pkcs7-mime', 'smime.p7m'],
  ['application/pkcs7-signature', 'smime.p7s'],
  ['application/x-pkcs7-signature', 'smime.p7s'],
  ['application/pgp-signature', 'signature.asc'],
  ['application/ms-tnef', 'winmail.dat'],
  ['application/vnd.ms-tnef', 'winmail.dat'],
  ['application/x-microsoft-rpmsg-message', 'message.rpmsg'],
  ['text/calendar', 'invite.ics'],
  ['message/delivery-status', 'delivery-status.txt'],
  ['message/disposition-notification', 'disposition-notification.txt'],
  ['text/rfc822-headers', 'headers.txt'],
  ['message/rfc822', 'message.eml'],
  ['message/global', 'message.eml'],
])

const EXTENSIONS = new Map([
  ['text/plain', 'txt'],
  ['text/html', 'html'],
  ['text/csv', 'csv'],
  ['text/vcard', 'vcf'],
  ['text/x-vcard', 'vcf'],
  ['text/rtf', 'rtf'],
  ['application/rtf', 'rtf'],
  ['application/pdf', 'pdf'],
  ['application/zip', 'zip'],
  ['application/json', 'json'],
  ['application/xml', 'xml'],
  ['application/msword', 'doc'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['application/vnd.openxmlformats-officedocument.presentationml.presentation', 'pptx'],
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/gif', 'gif'],
  ['image/svg+xml', 'svg'],
  ['audio/mpeg', 'mp3'],
  ['audio/wav', 'wav'],
  ['video/mp4', 'mp4'],
])
