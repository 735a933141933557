import { createHash } from 'node:crypto'

export interface Letter {
  id: string
  subject?: string
  from?: string
  to?: string
  body?: string
}

/** A small message as mail servers carry it, with CRLF line ends. `id` is its Message-ID, with angle brackets. */
export function letter({ id, subject = 'About the order', from, to, body = 'Good morning.' }: Letter): Buffer {
  const lines = [
    `From: ${from ?? 'Anne Weiler <anne@adatum.example>'}`,
    `To: ${to ?? 'Sales <sales@contoso.example>'}`,
    `Subject: ${subject}`,
    'Date: Mon, 05 Jan 2026 09:00:00 +0100',
    `Message-ID: ${id}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    body,
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

/** A message with a body of about `size` bytes, in lines of 76 characters. */
export function largeLetter(id: string, size: number): Buffer {
  const line = `${'0123456789'.repeat(7)}abcdef\r\n`
  return letter({ id, body: line.repeat(Math.ceil(size / line.length)) })
}

/** Digest of a source whose line ends may be LF or CRLF: stores differ in that, and no content is lost by it. */
export function digestOf(source: Uint8Array): string {
  const text = Buffer.from(source).toString('latin1').replaceAll('\r\n', '\n').trimEnd()
  return createHash('sha256').update(text).digest('hex')
}
