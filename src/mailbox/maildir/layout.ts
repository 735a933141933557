import iconv from 'iconv-lite'
import { MailboxError } from '../errors.ts'
import { isInbox } from '../folderUse.ts'

/**
 * Maildir++: the inbox is the directory itself, and every other folder a directory beside `cur` whose name is a dot and
 * the path with dots between (`.Customers.Adatum`), in modified UTF-7 (RFC 3501 5.1.3) or plain UTF-8. A dot or slash
 * within a name is written in modified UTF-7 too (`&AC4-`, `&AC8-`), so that no name can leave its place.
 */
const CODING = 'utf-7-imap'
const NAME_AT_MOST = 250

/** The directory's name for a path; '' for the inbox. */
export function directoryOf(path: readonly string[]): string {
  if (isInbox(path)) return ''
  const name = path.map((part) => `.${encode(part)}`).join('')
  if (path.every((part) => part !== '') && name.length <= NAME_AT_MOST) return name
  throw new MailboxError(
    'unsupported',
    'NotSupported',
    `A folder cannot be named ${JSON.stringify(path.at(-1)?.slice(0, 100))}: names must not be empty, and path and name together not longer than ${NAME_AT_MOST} bytes as Maildir++ writes them.`,
    { scope: 'item' },
  )
}

/** The path that a directory's name stands for; undefined when it is not a folder's. */
export function pathOf(directory: string): string[] | undefined {
  if (directory === '') return ['INBOX']
  const [first, ...parts] = directory.split('.')
  if (first !== '' || parts.length === 0 || parts.includes('')) return undefined
  const path = parts.map(decode)
  return isInbox(path) ? undefined : path
}

function encode(name: string): string {
  const pieces = name.split(/([./])/)
  return pieces.map((piece) => (piece === '.' ? '&AC4-' : piece === '/' ? '&AC8-' : encodePiece(piece))).join('')
}

function encodePiece(text: string): string {
  return iconv.encode(text, CODING).toString('latin1')
}

function decode(name: string): string {
  // Bytes beyond ASCII mean that the server writes UTF-8; then an ampersand is only an ampersand.
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(name) ? iconv.decode(Buffer.from(name, 'latin1'), CODING) : name
}
