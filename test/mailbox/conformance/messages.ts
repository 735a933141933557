import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { deliverMany } from './changes.ts'
import { digestOf, largeLetter, letter } from './letters.ts'
import { bytesOf, copyOf, drain, INBOX, idOf, use } from './use.ts'

const MISSING = 'm999999'

export function messagesConform(setup: () => Promise<Bench>): void {
  describe('messages', () => {
    test('law 6: headers of many messages come at once; those that are gone are left out', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 120)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      const ids = [...copy.items.keys()]
      const gone = ids[7] as string
      if (!bench.losesCursors) await bench.other.deleteByUser(INBOX, '<m8@adatum.example>')
      const found = await bench.mailbox.headers(copy.folder, [...ids, MISSING])
      const expected = bench.losesCursors ? ids : ids.filter((id) => id !== gone)
      expect(new Set(found.map((item) => item.id))).toEqual(new Set(expected))
      expect(found).toHaveLength(expected.length)
    })

    test('law 6: headers that come along with a page are those that one would ask for', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 5)
      const { folder } = await copyOf(bench.mailbox)
      const pages = await drain(bench.mailbox.changes(folder, undefined, { pageSize: 2, wantsHeaders: () => true }))
      for (const { upserts, headers } of pages) {
        if (bench.mailbox.can.kind === 'imap') expect(headers?.map(({ id }) => id)).toEqual(upserts.map(({ id }) => id))
        const ids = (headers ?? []).map((item) => item.id)
        expect(headers ?? []).toEqual(await bench.mailbox.headers(folder, ids))
      }
      const silent = await drain(bench.mailbox.changes(folder, undefined, { pageSize: 9, wantsHeaders: () => false }))
      expect(silent.flatMap(({ headers }) => headers ?? [])).toEqual([])
    })

    test('B-80: headers tell who, to whom, what and when, with arrival and size', async () => {
      const { mailbox, other } = await use(setup)
      const received = new Date('2026-01-05T08:30:00Z')
      const source = letter({
        id: '<head@adatum.example>',
        subject: '=?utf-8?Q?Gr=C3=B6=C3=9Fe_42?=',
        from: '=?utf-8?B?SsO8cmdlbg==?= <juergen@adatum.example>',
        to: 'sales@contoso.example, "Second, One" <second@contoso.example>',
      })
      await other.deliver(INBOX, source, { received })
      const { folder } = await copyOf(mailbox)
      const [item] = await mailbox.headers(folder, [await idOf(mailbox, folder, '<head@adatum.example>')])
      expect(item).toMatchObject({ received, headers: { subject: 'Größe 42', messageId: '<head@adatum.example>' } })
      expect(item?.headers.from).toEqual([{ name: 'Jürgen', address: 'juergen@adatum.example' }])
      expect(item?.headers.to.map((to) => to.address)).toEqual(['sales@contoso.example', 'second@contoso.example'])
      expect(item?.headers.date).toEqual(new Date('2026-01-05T08:00:00Z'))
      expect(Math.abs((item?.size ?? 0) - source.length)).toBeLessThan(40)
    })

    test('B-80: a header block of 200 kB is read to its end', async () => {
      const { mailbox, other } = await use(setup)
      const lines = Array.from({ length: 2_500 }, (_, number) => `X-Trace-${number}: ${'t'.repeat(64)}\r\n`).join('')
      const source = Buffer.concat([Buffer.from(lines), letter({ id: '<late@adatum.example>', subject: 'Late' })])
      await other.deliver(INBOX, source)
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const [item] = await mailbox.headers(copy.folder, [...copy.items.keys()])
      expect(item?.headers).toMatchObject({ subject: 'Late', messageId: '<late@adatum.example>' })
    })

    test('B-80: a message without Message-ID, and one that is hardly one, are listed and read', async () => {
      const { mailbox, other } = await use(setup)
      await other.deliver(INBOX, Buffer.from('Subject: bare\r\n\r\nbody\r\n'))
      await other.deliver(INBOX, Buffer.from('no headers at all\r\n'))
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const headers = await mailbox.headers(copy.folder, [...copy.items.keys()])
      expect(headers).toHaveLength(2)
      expect(headers.map((item) => item.headers.messageId)).toEqual([undefined, undefined])
    })

    test('T-90: raw gives the whole source of many messages, leaves out the gone, and does not set \\Seen', async () => {
      const bench = await use(setup)
      const { mailbox, other } = bench
      await deliverMany(bench, 1, 5)
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const digests = new Map<string, string>()
      for await (const message of mailbox.raw(copy.folder, [MISSING, ...copy.items.keys()])) {
        digests.set(message.id, digestOf(await bytesOf(message.source)))
      }
      expect(digests.size).toBe(5)
      const expected = [1, 2, 3, 4, 5].map((number) =>
        digestOf(letter({ id: `<m${number}@adatum.example>`, subject: `Number ${number}` })),
      )
      expect([...copy.items.keys()].map((id) => digests.get(id))).toEqual(expected)
      await mailbox.headers(copy.folder, [...copy.items.keys()])
      expect((await other.list(INBOX)).some((item) => item.seen)).toBe(false)
    })

    test('T-90: sources survive dots, From lines, odd bytes and missing last line ends', async () => {
      const { mailbox, other } = await use(setup)
      const bodies = [
        'first\r\n.\r\n..two dots\r\nlast',
        'Hello\r\n\r\nFrom the beginning\r\n>From quoted\r\n>>From twice\r\nFrom anne@adatum.example Mon Jan  5 09:00:00 2026\r\n',
        'tab\tand umlaut ü and \u{1F4E7}\r\n\r\n\r\n',
      ]
      for (const [index, body] of bodies.entries()) {
        const source = letter({ id: `<odd${index}@adatum.example>`, body })
        await other.deliver(INBOX, source)
        const { folder } = await copyOf(mailbox)
        const id = await idOf(mailbox, folder, `<odd${index}@adatum.example>`)
        for await (const message of mailbox.raw(folder, [id])) {
          expect(digestOf(await bytesOf(message.source))).toBe(digestOf(source))
        }
      }
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      expect(copy.items.size).toBe(bodies.length)
    })

    test('T-90: a message of 20 MB comes as a stream of small pieces', async () => {
      const { mailbox, other } = await use(setup)
      const source = largeLetter('<large@adatum.example>', 20_000_000)
      await other.deliver(INBOX, source)
      await other.deliver(INBOX, letter({ id: '<after@adatum.example>' }))
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const seen: string[] = []
      for await (const message of mailbox.raw(copy.folder, [...copy.items.keys()])) {
        if (message.size < 1_000_000) {
          seen.push(digestOf(await bytesOf(message.source)))
          continue
        }
        expect(message.source).toBeInstanceOf(Readable)
        const pieces: Buffer[] = []
        for await (const piece of message.source as Readable) pieces.push(piece as Buffer)
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(4_000_000)
        seen.push(digestOf(Buffer.concat(pieces)))
      }
      expect(seen).toEqual([digestOf(source), digestOf(letter({ id: '<after@adatum.example>' }))])
    })

    test('T-90: a reader that stops early leaves the mailbox usable', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 3)
      await bench.other.deliver(INBOX, largeLetter('<large@adatum.example>', 2_000_000))
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      for await (const message of bench.mailbox.raw(copy.folder, [...copy.items.keys()])) {
        await bytesOf(message.source)
        break
      }
      expect(await bench.mailbox.headers(copy.folder, [...copy.items.keys()])).toHaveLength(4)
    })

    test('OE-3: find gives every place of a Message-ID, everywhere or in some folders', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['Customers'])
      const source = letter({ id: '<twice.one+x@adatum.example>' })
      await other.deliver(INBOX, source)
      await other.deliver(INBOX, letter({ id: '<twice.one+x@adatum.example.org>' }))
      await other.deliver(['Customers'], source)
      const everywhere = await mailbox.find('<twice.one+x@adatum.example>')
      const { folder } = await copyOf(mailbox)
      const customers = await copyOf(mailbox, ['Customers'])
      expect(new Set(everywhere.map((item) => item.folder))).toEqual(new Set([folder, customers.folder]))
      expect(everywhere).toHaveLength(2)
      const there = await mailbox.find('<twice.one+x@adatum.example>', [customers.folder])
      await customers.catchUp()
      expect(there).toEqual([{ folder: customers.folder, id: [...customers.items.keys()][0] }])
      expect(await mailbox.find('<unknown@adatum.example>')).toEqual([])
    })
  })
}
