import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { type Attachment, buildMessage, type NewAttachment, parseMessage } from '#mime'
import { seededRandom } from '#time'
import { processorSince, QUADRATIC } from '../support/linear.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/mime')

async function contentOf(attachment: Attachment | undefined): Promise<Buffer> {
  return Buffer.from((await attachment?.content.bytes()) ?? [])
}

const nested = (depth: number) =>
  Array.from({ length: depth }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join('')

function summary(message: Awaited<ReturnType<typeof parseMessage>>): string {
  const attachments = message.attachments.map(({ fileName, size }) => [fileName, size])
  return JSON.stringify([message.headers, message.html, message.text, attachments, message.attachmentsOmitted])
}

function mutate(sources: Buffer[], random: () => number): Buffer {
  const pick = () => sources[Math.floor(random() * sources.length)] as Buffer
  let bytes = Buffer.from(pick())
  for (let change = 0; change < 1 + random() * 6 && bytes.length > 0; change++) {
    const at = Math.floor(random() * bytes.length)
    const length = Math.floor(random() * 40)
    const kind = Math.floor(random() * 4)
    if (kind === 0) bytes[at] = Math.floor(random() * 256)
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    else if (kind === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)])
    else bytes = Buffer.concat([bytes.subarray(0, at), pick().subarray(at)])
  }
  return bytes
}

async function sameAttachments(read: Attachment[], written: NewAttachment[]) {
  expect(read.map((one) => one.fileName)).toEqual(written.map((one) => one.fileName))
  for (const [index, one] of written.entries()) {
    expect((await contentOf(read[index])).equals(Buffer.from(one.content as string | Uint8Array))).toBe(true)
  }
}

describe('large messages', () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251))
  const base64 = bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  const part = (name: string) =>
    `Content-Type: application/pdf; name=${name}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n--b`
  const source = Buffer.from(
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n${part('a.pdf')}\r\n${part('b.pdf')}--\r\n`,
  )

  test.each([0, 1_000_000, 4_000_000, 10_000_000])(
    'T-91: come back whole with %d bytes of memory',
    async (memoryLimit) => {
      const message = await parseMessage(Readable.from([source.subarray(0, 70_001), source.subarray(70_001)]), {
        memoryLimit,
      })
      expect(message.text).toBe('Hello')
      expect(message.attachments.map((one) => [one.fileName, one.size])).toEqual([
        ['a.pdf', bytes.length],
        ['b.pdf', bytes.length],
      ])
      for (const attachment of message.attachments) {
        expect((await contentOf(attachment)).equals(bytes)).toBe(true)
        const streamed = await attachment.content.stream().toArray()
        expect(Buffer.concat(streamed).equals(bytes)).toBe(true)
      }
      await message.close()
    },
  )

  test('T-91: an attachment beyond the limit is left out and not kept', async () => {
    const message = await parseMessage(source, { maxAttachmentBytes: 2_999_999, memoryLimit: 0 })
    expect(message.attachments).toEqual([])
    expect(message.attachmentsOmitted).toEqual([
      { fileName: 'a.pdf', contentType: 'application/pdf', size: bytes.length, reason: 'tooLarge' },
      { fileName: 'b.pdf', contentType: 'application/pdf', size: bytes.length, reason: 'tooLarge' },
    ])
    await message.close()
  })

  test('60 MB go through without being in memory at once', async () => {
    const lines = `${'QUJD'.repeat(19)}\r\n`.repeat(800)
    function* pieces() {
      yield 'Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n'
      for (let sent = 0; sent < 60_000_000; sent += lines.length) yield lines
    }
    const before = process.memoryUsage().arrayBuffers
    let peak = 0
    function* watched() {
      for (const piece of pieces()) {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
        yield Buffer.from(piece)
      }
    }
    const message = await parseMessage(Readable.from(watched()))
    expect(message.attachments[0]?.size).toBeGreaterThan(43_000_000)
    expect(peak).toBeLessThan(30_000_000)
    await message.close()
  })

  test('an aborted signal ends it with its reason, and a broken stream with its error', async () => {
    await expect(parseMessage(source, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('Subject: a\r\n\r\n')
        throw new Error('connection lost')
      })(),
    )
    await expect(parseMessage(broken)).rejects.toThrow('connection lost')
  })

  test('a folder that cannot be written is an error that names it', async () => {
    await expect(parseMessage(source, { memoryLimit: 0, directory: '/nowhere' })).rejects.toThrow('/nowhere')
  })

  test('temporary files leave no name behind', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mime-test-'))
    const message = await parseMessage(source, { memoryLimit: 0, directory })
    expect(readdirSync(directory)).toEqual([])
    await message.close()
    await rmdir(directory)
  })

  test('T-91: once closed nothing can be read, and no file is opened for it again', async () => {
    const message = await parseMessage(source, { memoryLimit: 0 })
    await message.close()
    for (const { content } of message.attachments) await expect(content.bytes()).rejects.toThrow(/is closed/)
  })
})

describe('hostile messages are read in bounded time', () => {
  const MEGABYTE = 1024 * 1024
  const fill = (unit: string, size = MEGABYTE) => unit.repeat(Math.ceil(size / unit.length))
  const mixed = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
  const html = 'Content-Type: text/html\r\n\r\n'
  test.each([
    ['3,000 nested multiparts', nested(3_000)],
    ['20,000 parts', `${mixed}${'--b\r\n\r\nx\r\n'.repeat(20_000)}--b--`],
    ['20,000 attachments', `${mixed}${'--b\r\nContent-Type: a/b; name=x\r\n\r\nx\r\n'.repeat(20_000)}--b--`],
    ['100,000 headers', Array.from({ length: 100_000 }, (_, i) => `X-${i}: y`).join('\r\n')],
    ['one megabyte of header in a part', `${mixed}--b\r\nContent-Type: ${fill('a;')}`],
    ['lines that nearly are delimiters', mixed + fill('\n--')],
    ['lines of dashes', mixed + fill('\n--bb', 4 * MEGABYTE)],
    ['delimiters', mixed + fill('\r\n--b')],
    ['close delimiters', mixed + fill('\r\n--b--')],
    ['one line without end', mixed + fill('--b', 4 * MEGABYTE)],
    ['equals signs', `Content-Transfer-Encoding: quoted-printable\r\n\r\n${fill('= ')}`],
    ['blanks', `Content-Transfer-Encoding: quoted-printable\r\n\r\n${fill(' ')}`],
    ['flowed lines', `Content-Type: text/plain; format=flowed\r\n\r\n${fill('a \n')}`],
    ['quote marks', `Content-Type: text/plain; format=flowed\r\n\r\n${fill('>')}`],
    ['open tags', html + fill('<a')],
    ['open comments', html + fill('<!--')],
    ['open quotes', html + fill('<a b="')],
    ['two kinds of quotes', html + fill(`<a b='" c="'`)],
    ['open scripts', html + fill('<script>')],
    ['nested elements', html + fill('<div>')],
    ['ampersands', html + fill('&')],
    ['character references', html + fill('&#x')],
    ['blank elements', html + fill('<b> </b>')],
    ['less-than signs', html + fill('<')],
    ['metas', html + fill('<meta ')],
  ])('%s', async (_, source) => {
    const bytes = Buffer.from(source)
    const before = process.cpuUsage()
    const message = await parseMessage(bytes)
    expect(processorSince(before)).toBeLessThan(QUADRATIC)
    expect(message.attachments.length).toBeLessThanOrEqual(1_000)
  })

  test('parts beyond the limit are reported once', async () => {
    const parts = '--b\r\nContent-Type: a/b; name=x\r\n\r\nx\r\n'.repeat(50)
    const message = await parseMessage(Buffer.from(`${mixed}${parts}--b--`), { maxParts: 10 })
    expect(message.attachments.length).toBe(10)
    expect(message.attachmentsOmitted).toEqual([{ fileName: 'x', contentType: 'a/b', size: 1, reason: 'tooMany' }])
  })

  test('a multipart beyond the depth limit is reported', async () => {
    const message = await parseMessage(Buffer.from(nested(60)))
    expect(message.attachmentsOmitted).toMatchObject([{ contentType: 'multipart/mixed', reason: 'unreadable' }])
  })
})

describe('mutated messages', () => {
  test('never throw, and are the same whole and in pieces', async () => {
    const sources = await Promise.all(
      readdirSync(FIXTURES)
        .filter((name) => name.endsWith('.eml'))
        .map((name) => readFile(join(FIXTURES, name))),
    )
    const random = seededRandom(20_260_105)
    for (let round = 0; round < 600; round++) {
      const source = mutate(sources, random)
      const whole = await parseMessage(source)
      const cut = Math.floor(random() * source.length)
      const streamed = await parseMessage(
        Readable.from([source.subarray(0, cut), source.subarray(cut)], { objectMode: false }),
      )
      expect(summary(streamed)).toEqual(summary(whole))
      expect(summary(whole)).not.toContain('\\u0000')
    }
  })
})

describe('what was built is read back', () => {
  const text = fc
    .string({ maxLength: 300, unit: 'grapheme' })
    .map((value) => value.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' '))
  const line = text.map((value) => value.replaceAll(/\s+/g, ' ').trim())
  const attachment = fc.record({
    fileName: fc.stringMatching(/^[A-Za-z0-9äöü€_-]{1,30}\.(?:pdf|txt|bin)$/),
    content: fc.uint8Array({ maxLength: 400 }),
  })
  const message = fc.record({
    subject: line,
    text: fc.option(
      text.map((value) => `x${value}x`),
      { nil: undefined },
    ),
    html: fc.option(
      text.map((value) => `<p>${value.replaceAll(/[<&>]/g, '')}</p>`),
      { nil: undefined },
    ),
    attachments: fc.array(attachment, { maxLength: 3 }),
  })
  const base = {
    messageId: '<1@x.test>',
    date: new Date('2026-01-05T08:00:00Z'),
    from: { name: 'Jürgen "J" Müller, Dr.', address: 'j@x.test' },
    to: ['a@x.test', { name: '名前', address: 'b@x.test' }],
  }

  test('by us, and by mailparser just the same', async () => {
    await fc.assert(
      fc.asyncProperty(message, async ({ text, html, ...rest }) => {
        const source = await buildMessage({ ...base, ...rest, ...(text && { text }), ...(html && { html }) })
        const read = await parseMessage(source)
        const reference = await simpleParser(source, {
          skipHtmlToText: true,
          skipTextToHtml: true,
          skipImageLinks: true,
        })
        expect(read.headers.subject.replaceAll(/\s+/g, ' ')).toBe(rest.subject)
        expect(read.headers.from).toEqual([base.from])
        expect(read.headers.to).toEqual([
          { name: '', address: 'a@x.test' },
          { name: '名前', address: 'b@x.test' },
        ])
        expect(read.headers.date).toEqual(base.date)
        expect((read.html ?? '').trim()).toBe(html ?? '')
        expect((reference.html || '').trim()).toBe(html ?? '')
        expect((read.text ?? '').trim()).toBe(text ?? '')
        expect((reference.text ?? '').trim()).toBe(text ?? '')
        await sameAttachments(read.attachments, rest.attachments)
        expect(reference.attachments.map((one) => [one.filename, one.size])).toEqual(
          read.attachments.map((one) => [one.fileName, one.size]),
        )
      }),
      { numRuns: 60 },
    )
  })
})
