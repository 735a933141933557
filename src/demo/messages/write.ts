import { createHash } from 'node:crypto'
import iconv from 'iconv-lite'
import { instant } from '../calendar.ts'
import { person } from '../people.ts'
import type { Correspondence } from './correspondence.ts'
import type { Charset, Letter } from './story.ts'

/**
 * The MIME source of a letter, the same bytes in every run. It is written by hand, since the demo needs what a well-bred
 * writer refuses: old charsets, none at all, and some that nobody has heard of.
 */
export function write(letter: Letter, all: Correspondence, options: { own: boolean }): Buffer {
  const charset = letter.charset ?? 'utf-8'
  const { type, encoding, content } = bodyOf(letter, charset)
  const fields: [string, string][] = [
    ...envelope(letter, charset, options.own),
    ['Subject', encodeWords(all.subjectOf(letter), charset)],
    ['Message-ID', all.messageIdOf(letter)],
    ['Date', instant(letter.when).toUTCString().replace('GMT', '+0000')],
    ...all.threadOf(letter),
    ['MIME-Version', '1.0'],
    ['Content-Type', type],
    ...(encoding ? [['Content-Transfer-Encoding', encoding] as [string, string]] : []),
  ]
  return Buffer.concat([headerBlock(fields, letter.headers ?? {}), content, Buffer.from('\r\n')])
}

function envelope(letter: Letter, charset: Charset, own: boolean): [string, string][] {
  const list = (name: string, people: readonly string[] | undefined): [string, string][] =>
    people?.length ? [[name, people.map((who) => mailboxOf(who, charset)).join(',\r\n ')]] : []
  return [
    ...list('From', [letter.from]),
    ...list('To', letter.to),
    ...list('Cc', letter.cc),
    ...(own ? list('Bcc', letter.bcc) : []),
  ]
}

function mailboxOf(who: string, charset: Charset): string {
  const { name, address } = person(who)
  if (!name) return address
  const shown = /^[\w ]*$/.test(name) ? name : isAscii(name) ? `"${name}"` : encodeWords(name, charset)
  return `${shown} <${address}>`
}

/** Usual fields in their order, each replaced or left out as the letter says, then the rest; values byte for byte. */
function headerBlock(fields: [string, string][], given: Readonly<Record<string, string | null>>): Buffer {
  const names = new Set(fields.map(([name]) => name))
  const merged = [
    ...fields.flatMap(([name, value]): [string, string][] => {
      const instead = given[name]
      return instead === null ? [] : [[name, instead ?? value]]
    }),
    ...Object.entries(given).flatMap(([name, value]): [string, string][] =>
      names.has(name) || value === null ? [] : [[name, value]],
    ),
  ]
  return Buffer.from(`${merged.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`, 'latin1')
}

interface Body {
  type: string
  encoding?: string
  content: Buffer
}

function bodyOf(letter: Letter, charset: Charset): Body {
  if (letter.body) return { type: letter.body.type, content: Buffer.from(letter.body.content) }
  const text = textPart(letter, charset)
  if (!letter.attachments?.length) return text
  const kind = letter.attachments.every((attachment) => attachment.inline) ? 'related' : 'mixed'
  return multipart(kind, letter.id, [text, ...letter.attachments.map(attachmentPart)])
}

function textPart(letter: Letter, charset: Charset): Body & { fields?: string[] } {
  const text = letter.html ? htmlOf(letter.text) : letter.text
  const bytes = encode(text.replaceAll('\n', '\r\n'), charset)
  const named = charset === 'raw' ? '' : `; charset=${charset}`
  const type = `text/${letter.html ? 'html' : 'plain'}${named}`
  if (charset === 'iso-2022-jp') return { type, encoding: '7bit', content: bytes }
  if (charset === 'raw') return { type, encoding: '8bit', content: bytes }
  return { type, encoding: 'base64', content: base64Lines(bytes) }
}

function htmlOf(text: string): string {
  const paragraphs = text.split('\n\n').map((part) => `<p>${part.replaceAll('\n', '<br>')}</p>`)
  return `<html><body>${paragraphs.join('')}</body></html>`
}

function attachmentPart({ name, type, content, inline }: NonNullable<Letter['attachments']>[number]): Body & {
  fields: string[]
} {
  const parameter = isAscii(name) ? `filename="${name}"` : `filename*=utf-8''${encodeURIComponent(name)}`
  return {
    type,
    encoding: 'base64',
    content: base64Lines(Buffer.from(content)),
    fields: [
      `Content-Disposition: ${inline ? 'inline' : 'attachment'}; ${parameter}`,
      ...(inline ? [`Content-ID: <${inline}>`] : []),
    ],
  }
}

/** Parts between boundaries that follow from the letter's id. */
export function multipart(kind: string, id: string, parts: readonly (Body & { fields?: string[] })[]): Body {
  const boundary = `=_${createHash('sha256').update(`${kind} ${id}`).digest('hex').slice(0, 24)}`
  const pieces = parts.flatMap(({ type, encoding, content, fields = [] }) => [
    Buffer.from(
      [
        `--${boundary}`,
        `Content-Type: ${type}`,
        ...(encoding ? [`Content-Transfer-Encoding: ${encoding}`] : []),
        ...fields,
        '',
        '',
      ].join('\r\n'),
    ),
    content,
    Buffer.from('\r\n'),
  ])
  const separator = kind.includes(';')
    ? kind.replace(';', `; boundary="${boundary}";`)
    : `${kind}; boundary="${boundary}"`
  return { type: `multipart/${separator}`, content: Buffer.concat([...pieces, Buffer.from(`--${boundary}--`)]) }
}

function encode(text: string, charset: Charset): Buffer {
  if (charset === 'iso-2022-jp') return iso2022jp(text)
  return iconv.encode(text, charset === 'raw' || charset === 'x-unheard' ? 'windows-1252' : charset)
}

/** Japanese in seven bits (RFC 1468): the two bytes of EUC-JP without their high bits, between escape sequences. */
function iso2022jp(text: string): Buffer {
  const runs = text.match(/[\0-\x7f]+|[^\0-\x7f]+/g) ?? []
  return Buffer.concat(
    runs.map((run) =>
      isAscii(run)
        ? Buffer.from(run)
        : Buffer.concat([
            Buffer.from('\x1b$B'),
            Buffer.from(iconv.encode(run, 'euc-jp').map((byte) => byte & 0x7f)),
            Buffer.from('\x1b(B'),
          ]),
    ),
  )
}

/** Encoded words (RFC 2047) where the text is not ASCII; in a raw letter the bytes as they are. */
function encodeWords(text: string, charset: Charset): string {
  if (isAscii(text)) return text
  if (charset === 'raw') return encode(text, charset).toString('latin1')
  const pieces = text.match(/[\s\S]{1,12}/gu) ?? []
  return pieces.map((piece) => `=?${charset}?B?${encode(piece, charset).toString('base64')}?=`).join('\r\n ')
}

function base64Lines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64').replaceAll(/(.{76})/g, '$1\r\n'))
}

// oxlint-disable-next-line no-control-regex
const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)
