import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  extractAddresses,
  isForward,
  normalizeMessageId,
  parseHeaders,
  sameThreadIndex,
  surrogateKey,
  threadIndexHash,
} from '#mime'

const headers = (text: string) => parseHeaders(Buffer.from(text))
const base64 = (...parts: Uint8Array[]) => Buffer.concat(parts).toString('base64')

describe('T-88: surrogate key', () => {
  const base = headers('From: A@x.test\nDate: Mon, 5 Jan 2026 08:00:00 +0000\nSubject: Hello')

  test('T-88: is the same for the same message, whatever the case of the sender and the zone of the date', () => {
    const same = headers('From: Anna <a@X.test>\nDate: Mon, 5 Jan 2026 09:00:00 +0100\nSubject: Hello')
    expect(surrogateKey(same, 10)).toBe(surrogateKey(base, 10))
    expect(surrogateKey(base, 10)).toMatch(/^surrogate:[0-9a-f]{40}$/)
  })

  test('T-88: differs by sender, time, subject and size', () => {
    const keys = [
      surrogateKey(base, 10),
      surrogateKey(base, 11),
      surrogateKey({ ...base, subject: 'Hallo' }, 10),
      surrogateKey({ ...base, date: new Date(0) }, 10),
      surrogateKey({ ...base, from: [] }, 10),
      surrogateKey(headers(''), 10),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('T-46: conversation index', () => {
  const root = Buffer.from(Array.from({ length: 22 }, (_, index) => index + 1))
  const other = Buffer.from(root).fill(9, 21)

  test('T-46: an answer belongs to the conversation of its first message', () => {
    const answer = base64(root, Buffer.from([1, 2, 3, 4, 5]))
    expect(threadIndexHash(answer)).toBe(threadIndexHash(base64(root)))
    expect(sameThreadIndex(answer, base64(root))).toBe(true)
  })

  test('T-46: the last of the 22 bytes counts', () => {
    expect(sameThreadIndex(base64(root), base64(other))).toBe(false)
    expect(threadIndexHash(base64(root))).not.toBe(threadIndexHash(base64(other)))
  })

  test('T-46: a shorter index belongs to nothing, not even to itself', () => {
    const short = base64(root.subarray(0, 21))
    expect(threadIndexHash(short)).toBeUndefined()
    expect(sameThreadIndex(short, short)).toBe(false)
    expect(sameThreadIndex('', '')).toBe(false)
  })

  test('T-46: the hash fits a signed 32-bit column', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 22, maxLength: 60 }), (bytes) => {
        const hash = threadIndexHash(base64(bytes))
        expect(hash).toBe((hash as number) | 0)
      }),
    )
  })
})

test('T-43: an id is trimmed and keeps its case', () => {
  expect(normalizeMessageId(' <AbC@x.test>\t')).toBe('<AbC@x.test>')
})

describe('T-44: forward prefixes', () => {
  test.each([
    'FW: x',
    'Fwd: x',
    'fwd : x',
    'WG: x',
    'TR : x',
    'RV: x',
    'I: x',
    'VB: x',
    'VL: x',
    'Továbbítás: x',
    'ΠΡΘ: x',
    'İLT: x',
    '转发：x',
    'FW[2]: x',
    'Fwd (3): x',
    '[EXTERNAL] FW: x',
    '  FW:RE: x',
  ])('T-44: %s is a forward', (subject) => {
    expect(isForward(subject)).toBe(true)
  })

  test.each(['RE: FW: x', 'AW: x', 'VS: x', 'Forward: x', 'FW x', 'Fwx: y', 'x FW: y', '', 'Idea: x', 'TRS'])(
    'T-44: %s is none',
    (subject) => {
      expect(isForward(subject)).toBe(false)
    },
  )
})

test('T-59: addresses are unique, lower-case, in the order From, To, Cc, Bcc', () => {
  const all = headers('Cc: C@x.test, a@x.test\nFrom: A@x.test\nTo: B@x.test, nobody\nBcc: d@x.test\nSender: s@x.test')
  expect(extractAddresses(all)).toEqual(['a@x.test', 'b@x.test', 'c@x.test', 'd@x.test'])
})
