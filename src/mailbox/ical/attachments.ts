import { createHash } from 'node:crypto'
import { itemNotFound, itemRefused } from '../failures.ts'
import type { AttachmentInfo, NewAttachment } from '../items/index.ts'
import {
  type Component,
  componentsOf,
  type Line,
  linesOf,
  newLine,
  parseComponents,
  printComponent,
  readComponents,
} from './lines.ts'

/** An attachment of an appointment or task: within its text (RFC 5545 §3.8.1.1), or kept by the server (RFC 8607). */
export interface TextAttachment {
  info: AttachmentInfo
  content?: Uint8Array
  /** Where the server keeps it. */
  url?: string
}

const NAMES = ['FILENAME', 'X-FILENAME', 'X-APPLE-FILENAME', 'X-ORACLE-FILENAME']
const OWNERS = ['VEVENT', 'VTODO']

/** Addresses that no server keeps for us (links into the web) are no attachments. Vcards have none. */
export function attachmentsOf(text: string): TextAttachment[] {
  const owner = ownerOf(readComponents(text))
  return owner ? told(linesOf(owner, 'ATTACH')).map(([, attachment]) => attachment) : []
}

/** The text with attachments taken off and added. @throws MailboxError `notFound` for one that is not there */
export function patchAttachments(
  text: string,
  { add = [], remove = [] }: { add?: readonly NewAttachment[]; remove?: readonly string[] },
): string {
  const top = parseComponents(text)
  const owner = ownerOf(top)
  if (!owner) throw itemRefused('Only appointments and tasks have attachments.')
  const lines = linesOf(owner, 'ATTACH')
  const attachments = told(lines)
  const gone = remove.map((id) => {
    const found = attachments.find(([, { info }]) => info.id === id)
    if (!found) throw itemNotFound(id)
    return found[0]
  })
  owner.parts = owner.parts.filter((part) => 'parts' in part || !gone.includes(part))
  const end = owner.parts.findLastIndex((part) => !('parts' in part)) + 1
  owner.parts.splice(end, 0, ...add.map(attachLine))
  return top.map(printComponent).join('')
}

function ownerOf(top: readonly Component[]): Component | undefined {
  const owners = top.flatMap((calendar) => componentsOf(calendar, ...OWNERS))
  return owners.find((one) => linesOf(one, 'RECURRENCE-ID').length === 0) ?? owners[0]
}

/** Attachments with their lines. What is within the text is called by its content, and by a number where it is there twice. */
function told(lines: readonly Line[]): [Line, TextAttachment][] {
  const count = new Map<string, number>()
  return lines.flatMap((line): [Line, TextAttachment][] => {
    const attachment = attachmentOf(line)
    if (!attachment) return []
    const { info } = attachment
    const number = (count.get(info.id) ?? 0) + 1
    count.set(info.id, number)
    return [[line, number === 1 ? attachment : { ...attachment, info: { ...info, id: `${info.id}.${number}` } }]]
  })
}

function attachmentOf({ params, value }: Line): TextAttachment | undefined {
  const inText = params['ENCODING']?.toUpperCase() === 'BASE64'
  const managed = params['MANAGED-ID']
  if (!inText && managed === undefined) return undefined
  const content = inText ? Buffer.from(value, 'base64') : undefined
  const name = NAMES.map((one) => params[one]).find(Boolean) ?? 'attachment'
  const size = content?.length ?? (Number(params['SIZE']) || 0)
  const hash = content && createHash('sha256').update(content).digest('hex')
  const info = {
    id: managed ?? `n${hash?.slice(0, 24)}`,
    name,
    type: params['FMTTYPE'] ?? 'application/octet-stream',
    size,
    inline: false,
    ...(hash !== undefined && { hash }),
  }
  return { info, ...(content ? { content } : { url: value.trim() }) }
}

function attachLine({ name, type, content }: NewAttachment): Line {
  const params = { FMTTYPE: type, ENCODING: 'BASE64', VALUE: 'BINARY', FILENAME: name }
  return newLine('ATTACH', Buffer.from(content).toString('base64'), params)
}
