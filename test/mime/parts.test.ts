import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildBounce, buildMessage, parseHeaders, parseMessage, safeFileName } from '#mime'
import { transferDecoder } from '../../src/mime/transfer-decoder.ts'

function decode(encoding: string, encoded: Uint8Array, pieceLength: number): Buffer {
  const decoder = transferDecoder(encoding)
  const pieces: Buffer[] = []
  for (let start = 0; start < encoded.length; start += pieceLength) {
    pieces.push(decoder.write(Buffer.from(encoded.subarray(start, start + pieceLength))))
  }
  return Buffer.concat([...pieces, decoder.end()])
}

describe('RFC 2045 §6: content transfer encodings', () => {
  const pieceLength = fc.integer({ min: 1, max: 20 })

  test('base64 gives back the bytes, however it is cut and broken into lines', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        pieceLength,
        fc.integer({ min: 1, max: 80 }),
        (bytes, length, line) => {
          const encoded = Buffer.from(bytes)
            .toString('base64')
            .replaceAll(new RegExp(`.{${line}}`, 'g'), '$&\r\n')
          expect(decode('base64', Buffer.from(encoded), length).equals(bytes)).toBe(true)
        },
      ),
    )
  })

  test('quoted-printable gives back the bytes, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        pieceLength,
        fc.integer({ min: 1, max: 70 }),
        (bytes, length, line) => {
          const codes = [...bytes].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`)
          const encoded = codes.map((code, index) => (index % line === line - 1 ? `${code}= \r\n` : code)).join('')
          expect(decode('quoted-printable', Buffer.from(encoded), length).equals(bytes)).toBe(true)
        },
      ),
    )
  })

  test('any quoted-printable text decodes to the same whole and cut', () => {
    const piece = fc.constantFrom('=', ' ', '\t', '\r', '\n', '\r\n', '=\r\n', '=4', '1', 'a', '=41')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), pieceLength, (pieces, length) => {
        const encoded = Buffer.from(pieces.join(''))
        expect(decode('quoted-printable', encoded, length).toString()).toBe(
          decode('quoted-printable', encoded, 1_000).toString(),
        )
      }),
      { numRuns: 500 },
    )
  })
})

describe('file names', () => {
  test.each([
    ['a.pdf', 'a.pdf'],
    ['/etc/passwd', 'passwd'],
    ['..\\..\\a.txt', 'a.txt'],
    ['...', 'x'],
    ['', 'x'],
    [' a . ', 'a'],
    ['.hidden', 'hidden'],
    ['a\u0000b\r\n.txt', 'ab.txt'],
    ['CON', '_CON'],
    ['lpt1.txt', '_lpt1.txt'],
    ['a<b>:c|d?.txt', 'a_b__c_d_.txt'],
    ['\u202Etxt.exe', 'txt.exe'],
  ])('%j is stored as %s', (written, stored) => {
    expect(safeFileName(written, 'x')).toBe(stored)
  })

  test('a long name keeps its extension', () => {
    const name = safeFileName(`${'ä'.repeat(500)}.docx`, 'x')
    expect(name).toHaveLength(200)
    expect(name.endsWith('ä.docx')).toBe(true)
  })

  test('is never a path, never empty, never hidden, never long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (written) => {
        const name = safeFileName(written, 'fallback')
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cs}:<>"|?*]/u)
        expect(name).toMatch(/^[^.\s]/)
        expect(name.length).toBeLessThanOrEqual(201)
      }),
    )
  })
})

describe('messages that we write', () => {
  const base = { messageId: '<1@x.test>', date: new Date('2026-01-05T08:00:00Z'), from: 'a@x.test', subject: 'Hello' }

  test('the same message is the same bytes, with CRLF line ends', async () => {
    const message = { ...base, text: 'a\nb', html: '<p>a</p>', attachments: [{ fileName: 'a.txt', content: 'x' }] }
    const source = await buildMessage(message)
    expect(source.equals(await buildMessage(message))).toBe(true)
    expect(source.toString('latin1').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  })

  test('no header is smuggled in by a line break', async () => {
    const source = await buildMessage({
      ...base,
      subject: 'a\r\nBcc: evil@y.test',
      to: ['b@x.test\r\nCc: evil@y.test'],
      text: '',
    })
    const headers = parseHeaders(source)
    expect([...headers.bcc, ...headers.cc]).toEqual([])
  })

  test('every header is read back', async () => {
    const headers = parseHeaders(
      await buildMessage({
        ...base,
        to: ['b@x.test'],
        cc: [{ name: 'C, D', address: 'c@x.test' }],
        bcc: ['d@x.test'],
        keepBcc: true,
        replyTo: ['r@x.test'],
        inReplyTo: '<0@x.test>',
        references: ['<00@x.test>', '<0@x.test>'],
        importance: 'high',
        headers: { 'Thread-Index': 'AdpGQUJDREVGR0hJ', 'Auto-Submitted': 'auto-generated' },
        text: 'x',
      }),
    )
    expect(headers).toMatchObject({
      messageId: '<1@x.test>',
      date: base.date,
      cc: [{ name: 'C, D', address: 'c@x.test' }],
      bcc: [{ name: '', address: 'd@x.test' }],
      replyTo: [{ name: '', address: 'r@x.test' }],
      inReplyTo: '<0@x.test>',
      references: ['<00@x.test>', '<0@x.test>'],
      importance: 'high',
      threadIndex: 'AdpGQUJDREVGR0hJ',
      autoSubmitted: 'auto-generated',
    })
  })

  test('Bcc stays unwritten unless asked for', async () => {
    expect((await buildMessage({ ...base, bcc: ['d@x.test'], text: 'x' })).toString()).not.toContain('d@x.test')
  })

  test('T-14: an invitation is a meeting', async () => {
    const calendar = { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR' } as const
    const message = await parseMessage(await buildMessage({ ...base, text: 'Join', calendar }))
    expect(message.headers.kind).toBe('meeting')
  })

  test('RFC 3464: a bounce is a report about the original message', async () => {
    const original = await buildMessage({ ...base, messageId: '<lost@x.test>', to: ['b@y.test'], text: 'secret' })
    const bounce = await buildBounce({
      messageId: '<2@x.test>',
      date: base.date,
      from: 'mailer-daemon@x.test',
      to: 'a@x.test',
      failed: 'b@y.test',
      status: '5.1.1',
      diagnostic: '550 no such\r\nuser',
      original,
    })
    const message = await parseMessage(bounce)
    expect(message.headers).toMatchObject({ kind: 'report', autoSubmitted: 'auto-replied', date: base.date })
    const [status, headers] = await Promise.all(message.attachments.map((one) => one.content.bytes()))
    expect(Buffer.from(status ?? []).toString()).toContain('Status: 5.1.1')
    expect(parseHeaders(headers ?? new Uint8Array()).messageId).toBe('<lost@x.test>')
    expect(bounce.toString()).not.toContain('secret')
  })
})
