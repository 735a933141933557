import { appendFile, link, mkdir, open as openFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { array, asyncProperty, assert as check, constantFrom } from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectionSettings, type Mailbox, openMailbox } from '#mailbox'
import { SimulatedClock, systemClock } from '#time'
import { receivedOf, spans } from '../../../src/mailbox/mbox/scanner.ts'
import { unquote, unquoted } from '../../../src/mailbox/mbox/unquote.ts'
import { bytesOf, copyOf, drain, expectFailure, INBOX } from '../conformance/use.ts'
import { MboxClient } from './client.ts'

const FROM = 'From anne@adatum.example Mon Jan  5 09:00:00 2026\n'

function message(subject: string): string {
  return `${FROM}Subject: ${subject}\n\nbody\n\n`
}

async function open(text: string, more: { quoting?: 'mboxo' | 'mboxrd' } = {}, clock = systemClock) {
  const client = await MboxClient.make()
  const file = client.file(INBOX)
  await writeFile(file, text, 'latin1')
  const mailbox = await openMailbox(connectionSettings({ kind: 'mbox', path: client.root, ...more }), { clock })
  onTestFinished(async () => {
    await mailbox.close()
    await rm(client.root, { recursive: true, force: true })
  })
  return { client, file, mailbox }
}

async function texts(mailbox: Mailbox): Promise<string[]> {
  const copy = await copyOf(mailbox)
  await copy.catchUp()
  const result: string[] = []
  for await (const { source } of mailbox.raw(copy.folder, [...copy.items.keys()])) {
    result.push((await bytesOf(source)).toString('latin1'))
  }
  return result
}

/** Writes far behind the end of a file; what lies between takes no room. */
async function writeAt(file: string, offset: number, text: string): Promise<void> {
  const handle = await openFile(file, 'r+')
  await handle.write(text, offset, 'latin1')
  await handle.close()
}

describe('mbox files', () => {
  test('T-90: From_ lines part messages; "From " in texts, and a wrong Content-Length, do not', async () => {
    const first = 'Subject: a\nContent-Length: 9999\n\nFrom here on\n\nFrom the office, at 9:00 in 2026\nFrom x\n'
    const second = 'Subject: b\nContent-Length: 1\n\ntext\nFrom anne@adatum.example Mon Jan  5 09:00:00 2026\n'
    const { mailbox } = await open(`${FROM}${first}\n${FROM}${second}\n`)
    expect(await texts(mailbox)).toEqual([first, second])
  })

  test('T-90: mboxrd takes one > from every quoted From line, mboxo only the one it gave', async () => {
    const stored = 'Subject: a\n\n>From a\n>>From b\n> From c\n>Fromage\n'
    const { mailbox } = await open(`${FROM}${stored}\n`)
    expect(await texts(mailbox)).toEqual(['Subject: a\n\nFrom a\n>From b\n> From c\n>Fromage\n'])
    const { mailbox: older } = await open(`${FROM}${stored}\n`, { quoting: 'mboxo' })
    expect(await texts(older)).toEqual(['Subject: a\n\nFrom a\n>>From b\n> From c\n>Fromage\n'])
  })

  test('T-90: CRLF files, files without a last line end, and empty bodies are read', async () => {
    const crlf = FROM.replace('\n', '\r\n')
    const { mailbox } = await open(`${crlf}Subject: a\r\n\r\nbody\r\n\r\n${crlf}Subject: b\r\n\r\n`)
    expect(await texts(mailbox)).toEqual(['Subject: a\r\n\r\nbody\r\n', 'Subject: b\r\n'])
    const clock = new SimulatedClock(new Date(Date.now() + 3_600_000))
    const { mailbox: cut } = await open(`${FROM}Subject: a\n\nno line end`, {}, clock)
    expect(await texts(cut)).toEqual(['Subject: a\n\nno line end'])
  })

  test('T-90: what is no mbox at all holds no messages', async () => {
    for (const text of ['', '\n\n\n', 'Subject: a\n\nbody\n', `x${FROM}`, '\u0000'.repeat(5000)]) {
      const { mailbox } = await open(text)
      expect(await texts(mailbox)).toEqual([])
    }
  })

  test('law 1: a message that is still being written is left for later, and then comes whole', async () => {
    const { mailbox, file } = await open(`${FROM}Subject: a\n\nbody\n\n${FROM}Subject: b\n\nhalf a li`)
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    expect(copy.items.size).toBe(1)
    await appendFile(file, 'ne\n\n')
    await copy.catchUp()
    expect(copy.items.size).toBe(2)
    expect(copy.lost).toBe(0)
    expect(await texts(mailbox)).toEqual(['Subject: a\n\nbody\n', 'Subject: b\n\nhalf a line\n'])
  })

  test('B-14: a file changed in place, shortened or replaced loses the cursor; old ids find nothing wrong', async () => {
    const { mailbox, file } = await open(message('a') + message('b'))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const { cursor } = copy
    const since = () => drain(mailbox.changes(copy.folder, cursor, { pageSize: 5 }))
    expect(await since()).toMatchObject([{ upserts: [], more: false }])
    for (const text of [
      message('x') + message('y'),
      message('a'),
      `${message('longer')}${message('b')}${message('c')}`,
    ]) {
      await writeFile(file, text)
      await utimes(file, new Date(), new Date(Date.now() + 5_000))
      await expectFailure(since, 'cursorLost')
      for (const item of await mailbox.headers(copy.folder, [...copy.items.keys()])) {
        expect(['a', 'b']).toContain(item.headers.subject)
      }
    }
    await rm(file)
    await writeFile(file, message('a') + message('b'))
    await expectFailure(since, 'cursorLost')
  })

  test('B-14: a change in place far before the end loses the cursor too', async () => {
    const long = `${FROM}Subject: long\n\n${'text\n'.repeat(2_000)}\n`
    const { mailbox, file } = await open(message('a') + long)
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    await writeFile(file, message('b') + long)
    await utimes(file, new Date(), new Date(Date.now() + 5_000))
    await copy.catchUp()
    expect(copy.lost).toBe(1)
    const headers = await mailbox.headers(copy.folder, [...copy.items.keys()])
    expect(headers.map((item) => item.headers.subject).sort()).toEqual(['b', 'long'])
  })

  test('T-5: the state that mail clients note in headers is read', async () => {
    const { mailbox } = await open(
      `${FROM}Status: RO\nX-Keywords: $Tracked  Blue \nSubject: a\n\n\n${FROM}Status: O\nX-Status: D\nSubject: b\n\n\n${FROM}X-Mozilla-Status: 0009\nSubject: c\n\n\n`,
    )
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const states = [...copy.items.values()].map(({ seen, deleted, categories }) => ({ seen, deleted, categories }))
    expect(states).toEqual([
      { seen: true, deleted: false, categories: ['$Tracked', 'Blue'] },
      { seen: false, deleted: true, categories: [] },
      { seen: true, deleted: true, categories: [] },
    ])
  })

  test('FT-12: one file is the inbox; directories are folders above; links and other files are none', async () => {
    const { client, file } = await open(`${FROM}Subject: a\n\n\n`)
    const deps = { clock: systemClock }
    const one = await openMailbox({ kind: 'mbox', path: file }, deps)
    expect(await one.folders()).toMatchObject([{ path: INBOX, use: 'inbox' }])
    expect(await texts(one)).toHaveLength(1)
    await mkdir(join(client.root, 'Customers.sbd'))
    await link(file, join(client.root, 'Customers.sbd', 'Käufer & Co.MBOX'))
    await symlink(file, join(client.root, 'Link.mbox'))
    for (const name of ['notes.txt', '.hidden.mbox', '.mbox']) await writeFile(join(client.root, name), FROM)
    const all = await openMailbox({ kind: 'mbox', path: client.root }, deps)
    expect((await all.folders()).map((folder) => folder.path)).toEqual([INBOX, ['Customers', 'Käufer & Co']])
    for (const trick of ['../INBOX.mbox', 'Link.mbox', 'notes.txt', '/etc/passwd']) {
      await expectFailure(() => all.headers(trick, ['0.1.0123456789abcdef']), 'notFound')
    }
  })

  test('T-90: a large file is listed without being read into memory', async () => {
    const { mailbox, file } = await open(`${FROM}Subject: a\n\nsmall\n\n`)
    const middle = 300_000_000
    await writeAt(file, middle, `\n\n${FROM}Message-ID: <last@adatum.example>\n\nsmall\n\n`)
    const before = process.memoryUsage().rss
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    expect((process.memoryUsage().rss - before) / 1_000_000).toBeLessThan(120)
    const [large, last] = [...copy.items.values()]
    expect([large?.size ?? 0, last?.size ?? 0].map((size) => size > 299_000_000)).toEqual([true, false])
    const headers = await mailbox.headers(copy.folder, [last?.id ?? ''])
    expect(headers).toMatchObject([{ headers: { messageId: '<last@adatum.example>' } }])
    await appendFile(file, `${FROM}Subject: more\n\n\n`)
    expect((await copy.follow()).upserts).toHaveLength(1)
  })

  test('T-90: offsets beyond 4 GB are right', async () => {
    const { file } = await open(`${FROM}Subject: a\n\nsmall\n\n`)
    const far = 5_000_000_000
    await writeAt(file, far, `\n\n${FROM}Subject: b\n\n\n`)
    const handle = await openFile(file, 'r')
    onTestFinished(() => handle.close())
    const { size } = await handle.stat()
    expect(await drain(spans(handle, far - 3_000_000, size))).toEqual([{ start: far + 2, end: size }])
  })

  test.each([
    [FROM, '2026-01-05T09:00:00Z'],
    ['From - Mon Jan 05 09:00 2026', '2026-01-05T09:00:00Z'],
    ['From a@b Mon Jan  5 09:00:00 2026 +0200', '2026-01-05T07:00:00Z'],
    ['From a@b Mon Jan  5 09:00:00 -0130 2026', '2026-01-05T10:30:00Z'],
    ['From a@b Mon Jan  5 09:00:00 CET 2026', '2026-01-05T09:00:00Z'],
  ])('MB-47: the line %j tells the arrival', (line, expected) => {
    expect(receivedOf(line.trim())).toEqual(new Date(expected))
  })

  test('T-90: any messages are parted where they were joined, wherever the pieces of the file end', async () => {
    const line = constantFrom('', 'From ', 'From x', FROM.trim(), '>From ', 'text', 'x'.repeat(700), 'y'.repeat(90_000))
    const bodies = array(array(line, { maxLength: 8 }), { minLength: 1, maxLength: 8 })
    await check(
      asyncProperty(bodies, async (messages) => {
        const sources = messages.map((lines) => `Subject: a\n\n${lines.join('\n')}\n`)
        const quoted = sources.map((source) => `${FROM}${source.replace(/^(>*From )/gm, '>$1')}\n`)
        const bytes = Buffer.from(quoted.join(''))
        const { file } = await shared()
        await writeFile(file, bytes)
        const handle = await openFile(file, 'r')
        const found = await drain(spans(handle, 0, bytes.length))
        await handle.close()
        const parts = found.map(({ start, end }) => bytes.toString('latin1', start, end))
        expect(parts).toEqual(quoted)
      }),
      { numRuns: 60 },
    )
  })

  test('T-90: quoting is undone alike for whole messages and for streams', async () => {
    const line = constantFrom('', 'From ', '>From a', '>>From b', '>text', 'x'.repeat(70))
    await check(
      asyncProperty(
        array(line, { maxLength: 30 }),
        array(constantFrom(1, 3, 7, 50), { minLength: 1 }),
        async (lines, cuts) => {
          const bytes = Buffer.from(lines.join('\n'))
          const pieces = await drain(unquoted(cut(bytes, cuts), 'mboxrd'))
          expect(Buffer.concat(pieces).toString()).toBe(unquote(bytes, 'mboxrd').toString())
        },
      ),
    )
  })
})

// oxlint-disable-next-line require-await
async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

let opened: ReturnType<typeof open> | undefined

/** One file for all runs of a property. */
function shared(): ReturnType<typeof open> {
  opened ??= open('')
  return opened
}
