import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCursor, encodeCursor, type Position } from '../../../src/mailbox/imap/cursor.ts'
import { formatInternalDate, parseInternalDate } from '../../../src/mailbox/imap/dates.ts'
import { decodeName, encodeName } from '../../../src/mailbox/imap/folderName.ts'
import { itemId, uidsOf } from '../../../src/mailbox/imap/itemId.ts'
import { ResponseReader } from '../../../src/mailbox/imap/reader.ts'
import { pairsOf, parseResponse, type Response, type Value } from '../../../src/mailbox/imap/response.ts'
import { guessUses } from '../../../src/mailbox/imap/specialUse.ts'
import { formatUids, pairUids, parseUids } from '../../../src/mailbox/imap/uidSet.ts'

function read(chunks: readonly Buffer[]): Response[] {
  const responses: Response[] = []
  const reader = new ResponseReader((segments) => responses.push(parseResponse(segments)))
  for (const chunk of chunks) reader.push(chunk)
  return responses
}

/** Writes a value in one of the ways a server may. */
function write(value: Value): Buffer {
  if (value === null) return Buffer.from('NIL')
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`{${value.length}}\r\n`), value])
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('('), join(value), Buffer.from(')')])
  return Buffer.from(`"${value.replaceAll(/["\\]/g, '\\$&')}"`, 'latin1')
}

function join(values: readonly Value[]): Buffer {
  return Buffer.concat(values.flatMap((value, index) => [Buffer.from(index > 0 ? ' ' : ''), write(value)]))
}

const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
const { value } = fc.letrec<{ value: Value; list: Value[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    tie('list'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
}))

describe('reading responses', () => {
  test('RFC 9051 §7: whatever a server writes is read back, however the bytes are cut', () => {
    const property = fc.property(
      fc.array(fc.array(value, { maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }),
      (lines, cuts) => {
        const bytes = Buffer.concat(
          lines.flatMap((values) => [Buffer.from('* LIST '), join(values), Buffer.from('\r\n')]),
        )
        const chunks: Buffer[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length] as number
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(read(chunks).map((response) => response.values)).toEqual(lines)
      },
    )
    fc.assert(property)
  })

  test('law 10: garbage never throws and never stops what follows', () => {
    const garbage = fc.uint8Array({ maxLength: 60 }).filter((bytes) => !bytes.includes(0x7d))
    const property = fc.property(garbage, (bytes) => {
      const responses = read([Buffer.from(bytes), Buffer.from('\r\n* 3 EXISTS\r\n')])
      expect(responses.at(-1)).toMatchObject({ name: 'EXISTS', number: 3 })
    })
    fc.assert(property)
  })

  test('RFC 9051 §7.5.2: a FETCH with sections, origins and literals', () => {
    const [response] = read([
      Buffer.from(
        '* 12 FETCH (UID 7 BODY[HEADER.FIELDS (FROM "X-)") ]<0> {6}\r\na: b\r\n FLAGS (\\Seen $Tracked) X NIL)\r\n',
      ),
    ])
    const data = pairsOf(response?.values[0])
    expect(response).toMatchObject({ name: 'FETCH', number: 12 })
    expect(Object.fromEntries(data)).toEqual({
      UID: '7',
      'BODY[HEADER.FIELDS (FROM "X-)") ]<0>': Buffer.from('a: b\r\n'),
      FLAGS: ['\\Seen', '$Tracked'],
      X: null,
    })
  })

  test('RFC 9051 §7.1: response codes and their text', () => {
    const [a, b, c] = read([
      Buffer.from('A1 NO [overquota] No room\r\n* OK [COPYUID 5 1:2 7:8] Done\r\n* BYE Farewell [x]\r\n'),
    ])
    expect(a).toMatchObject({ tag: 'A1', name: 'NO', code: 'OVERQUOTA', text: 'No room' })
    expect(b).toMatchObject({ name: 'OK', code: 'COPYUID', codeText: '5 1:2 7:8' })
    expect(c).toMatchObject({ name: 'BYE', text: 'Farewell [x]' })
    expect(c?.code).toBeUndefined()
  })

  test('law 10: a literal beyond 64 MB is refused before it is held', () => {
    expect(() => read([Buffer.from('* 1 FETCH (BODY[] {99999999999}\r\n')])).toThrow(/99999999999/)
  })
})

describe('sets of UIDs', () => {
  const uids = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 100 })

  test('RFC 9051 §9: what is written is read back', () => {
    fc.assert(
      fc.property(uids, (set) => {
        expect(parseUids(formatUids(set))).toEqual([...set].sort((a, b) => a - b))
      }),
    )
  })

  test('law 10: a range of all UIDs costs only what was asked for', () => {
    expect(parseUids('1:4294967295', 10, 12)).toEqual([10, 11, 12])
  })

  test('RFC 4315 §3: COPYUID pairs its two sets in the order written', () => {
    expect(pairUids('3,1:2', '20:22')).toEqual([
      [3, 20],
      [1, 21],
      [2, 22],
    ])
  })
})

describe('names, ids, cursors and dates', () => {
  test('RFC 9051 appendix A.1: folder names in modified UTF-7', () => {
    expect(encodeName('Käufer & Söhne')).toBe('K&AOQ-ufer &- S&APY-hne')
    expect(encodeName('日本語')).toBe('&ZeVnLIqe-')
    expect(decodeName('~peter/mail/&U,BTFw-/&ZeVnLIqe-')).toBe('~peter/mail/台北/日本語')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(decodeName(encodeName(name))).toBe(name)
      }),
    )
  })

  test('RFC 9051 appendix A.1: broken names are left as they are', () => {
    for (const name of ['A&B', 'A & B', '&AOQ', '&A-', '&!!-', 'R&D-x']) expect(decodeName(name)).toBe(name)
    expect(decodeName(Buffer.from('Größe').toString('latin1'))).toBe('Größe')
    expect(decodeName('Gr\xf6\xdfe')).toBe('Gr\xf6\xdfe')
  })

  test('B-14: an id belongs to its UIDVALIDITY alone', () => {
    expect(uidsOf([itemId(7, 1), itemId(8, 2), 'm999', '', '7.', '7.1e3'], 7)).toEqual([1])
  })

  test('B-13: cursors are read back as they were', () => {
    const position: fc.Arbitrary<Position> = fc.record({
      uidValidity: fc.nat(),
      next: fc.nat(),
      listing: fc.boolean(),
      modSeq: fc.option(fc.bigInt({ min: 0n, max: 2n ** 63n }), { nil: undefined }),
      count: fc.option(fc.nat(), { nil: undefined }),
      digests: fc.option(fc.array(fc.integer({ min: 0, max: 2 ** 48 - 1 })), { nil: undefined }),
      digestedBelow: fc.nat(),
    })
    fc.assert(
      fc.property(position, (at) => {
        expect(decodeCursor(encodeCursor(at), 'x')).toEqual(at)
      }),
    )
  })

  test('MB-47: INTERNALDATE with any zone', () => {
    expect(parseInternalDate(' 5-Jan-2026 08:30:00 +0130')).toEqual(new Date('2026-01-05T07:00:00Z'))
    expect(parseInternalDate('05-jan-2026 23:30:00 -0100')).toEqual(new Date('2026-01-06T00:30:00Z'))
    expect(parseInternalDate('yesterday')).toEqual(new Date(0))
    const date = fc.date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(date, (at) => {
        const whole = new Date(Math.floor(at.getTime() / 1000) * 1000)
        expect(parseInternalDate(formatInternalDate(whole).replaceAll('"', ''))).toEqual(whole)
      }),
    )
  })

  test('B-2: uses are guessed by name, once, and only where nobody announced them', () => {
    const folders = [
      { id: '1', path: ['INBOX'], use: 'inbox' as const },
      { id: '2', path: ['Gesendete Elemente'] },
      { id: '3', path: ['INBOX', 'Sent Items'] },
      { id: '4', path: ['Projects', 'Drafts'] },
      { id: '5', path: ['Papierkorb'] },
      { id: '6', path: ['Weg'], use: 'trash' as const },
    ]
    guessUses(folders)
    expect(folders.map((folder) => folder.use)).toEqual(['inbox', 'sent', undefined, undefined, undefined, 'trash'])
  })
})
