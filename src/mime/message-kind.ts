import type { MessageHeaders } from './headers.ts'
import type { ParameterizedValue } from './parameters.ts'
import type { PartHeaders } from './part-headers.ts'

/** What the type of the whole message and its content class say about it. T-11, T-12, T-14. */
export type Nature = Pick<MessageHeaders, 'kind' | 'rightsProtected' | 'encrypted'>

/**
 * @param type Content-Type of the whole message
 * @param contentClass header Content-Class as Exchange writes it, lower-case
 */
export function natureOf(type: ParameterizedValue, contentClass: string): Nature {
  return {
    kind: kindOf(type, contentClass),
    rightsProtected: isRightsProtected(type, contentClass),
    encrypted: isEncrypted(type),
  }
}

/** T-14. */
function kindOf(type: ParameterizedValue, contentClass: string): Nature['kind'] {
  if (type.value === 'text/calendar' || contentClass.includes('calendarmessage')) return 'meeting'
  if (type.value === 'multipart/report' || type.value === 'message/delivery-status') return 'report'
  return /^urn:content-classes:(?:dsn|mdn|reporttemplate)/.test(contentClass) ? 'report' : 'message'
}

/** T-11: Exchange marks such a message `rpmsg.message`; a protected voice mail `IPM.Note.rpmsg.Microsoft.Voicemail…`. */
function isRightsProtected(type: ParameterizedValue, contentClass: string): boolean {
  return contentClass.includes('rpmsg') || isRightsProtectedPart(type.value, '')
}

/** The sealed part of a rights-protected message. */
export function isRightsProtectedPart(contentType: string, fileName: string): boolean {
  return contentType === 'application/x-microsoft-rpmsg-message' || /^message(?:_v\d)?\.rpmsg$/i.test(fileName)
}

/** T-12: enveloped or opaque-signed S/MIME (RFC 8551 §3) and PGP/MIME (RFC 3156); not a mere list of certificates. */
function isEncrypted(type: ParameterizedValue): boolean {
  if (type.value === 'multipart/encrypted') return true
  const name = (type.parameters.get('name') ?? '').toLowerCase()
  const isPkcs7 = type.value === 'application/pkcs7-mime' || type.value === 'application/x-pkcs7-mime'
  if (isPkcs7) return (type.parameters.get('smime-type') ?? '').toLowerCase() !== 'certs-only' && !name.endsWith('.p7c')
  return type.value === 'application/octet-stream' && name.endsWith('.p7m')
}

/**
 * T-14: an invitation, its answer or its cancellation (RFC 6047 §2.4), offered as a form of the message itself. A
 * published calendar, or a file that somebody attached, leaves the message a message.
 */
export function isMeetingPart({ type, disposition }: PartHeaders): boolean {
  const method = (type.parameters.get('method') ?? '').toLowerCase()
  return type.value === 'text/calendar' && MEETING_METHODS.has(method) && disposition.value !== 'attachment'
}

const MEETING_METHODS: ReadonlySet<string> = new Set([
  'request',
  'reply',
  'cancel',
  'counter',
  'declinecounter',
  'refresh',
  'add',
])
