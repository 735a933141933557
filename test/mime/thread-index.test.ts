import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import '../support/properties.ts'
import { childThreadIndex, newThreadIndex, sameThreadIndex } from '#mime'

const bytes = (index: string) => Buffer.from(index, 'base64')
/** Milliseconds since 1970 of the six bytes that a header begins with, to 6.5 ms ([MS-OXOMSG] 2.2.1.3). */
const hourOf = (index: string) =>
  Number((BigInt(`0x${bytes(index).subarray(0, 6).toString('hex')}0000`) - 116_444_736_000_000_000n) / 10_000n)
const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2055-01-01'), noInvalidDate: true })

describe('conversation indexes', () => {
  test('OE-34: a conversation begins with 22 bytes: 1, its hour, a GUID', () => {
    const index = newThreadIndex(new Date('2026-01-05T08:00:00Z'), (length) => Buffer.alloc(length, 7))
    // Outlook writes 0x01DC7E… for that day.
    expect(bytes(index).toString('hex')).toBe(`01dc7e194a4b${'07'.repeat(16)}`)
  })

  test('OE-34: whatever the hours, an answer is a child of its conversation and says when it was written', () => {
    fc.assert(
      fc.property(
        instant,
        fc.array(fc.integer({ min: 0, max: 5 * 365 * 86_400_000 }), { maxLength: 12 }),
        (began, steps) => {
          let index = newThreadIndex(began)
          expect(Math.abs(hourOf(index) - began.getTime())).toBeLessThan(8)
          let hour = began.getTime()
          for (const [depth, step] of steps.entries()) {
            hour += step
            const child = childThreadIndex(index, new Date(hour))
            expect(sameThreadIndex(index, child)).toBe(true)
            expect(bytes(child).length).toBe(22 + 5 * (depth + 1))
            expect(bytes(child).subarray(0, bytes(index).length).equals(bytes(index))).toBe(true)
            const delta = bytes(child).readUInt32BE(bytes(child).length - 5)
            const unit = delta >>> 31 ? 2 ** 23 : 2 ** 18
            const passed = hour - began.getTime()
            // Past 2^54 steps of 100 ns (57 years) the field is full.
            expect(Math.abs(((delta & 0x7fff_ffff) * unit) / 10_000 - passed)).toBeLessThan(unit / 10_000 + 8)
            index = child
          }
        },
      ),
    )
  })

  test('OE-34: what is no index begins a conversation, and the deepest answers fit a header line', () => {
    for (const odd of ['', 'AQ==', 'no base64 at all ☃'])
      expect(bytes(childThreadIndex(odd, new Date()))).toHaveLength(22)
    let index = newThreadIndex(new Date())
    for (let depth = 0; depth < 300; depth++) index = childThreadIndex(index, new Date())
    expect(index.length).toBeLessThan(970)
  })
})
