import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findToken, formatToken, nextToken, tokenUserNumber } from '../../../src/sync/incoming/decide/index.ts'
import { processorTime, QUADRATIC } from '../../support/linear.ts'

const format = { prefix: 'CRM:', userDigits: 3, counterDigits: 3 }

describe('form', () => {
  it('T-50: prefix, designator, user number, counter', () => {
    expect(formatToken(format, { userNumber: 1, counter: 1 })).toBe('CRM:0001001')
    expect(formatToken(format, { userNumber: 1, counter: 1, offline: true })).toBe('CRM:1001001')
  })

  it('T-51: base 500 ⇒ the first user is 501; longer numbers are not cut', () => {
    expect(tokenUserNumber(500, 1)).toBe(501)
    expect(formatToken(format, { userNumber: 12345, counter: 7 })).toBe('CRM:012345007')
  })

  it('T-50: a number that is negative or not whole is refused', () => {
    expect(() => formatToken(format, { userNumber: -1, counter: 1 })).toThrow(RangeError)
    expect(() => formatToken(format, { userNumber: 1, counter: 1.5 })).toThrow(RangeError)
  })

  it('T-52, B-53: counters begin at 1, are padded, and grow beyond their digits', () => {
    expect(nextToken(format, { userNumber: 1, lastCounter: 0 })).toEqual({ token: 'CRM:0001001', counter: 1 })
    expect(nextToken(format, { userNumber: 1, lastCounter: 998 })).toEqual({ token: 'CRM:0001999', counter: 999 })
    expect(nextToken(format, { userNumber: 1, lastCounter: 999 })).toEqual({ token: 'CRM:00011000', counter: 1000 })
  })

  it('B-53: no two users ever get the same token, however far their numbers have grown', () => {
    const digits = { prefix: 'T', userDigits: 1, counterDigits: 1 }
    const owners = new Map<string, number>()
    for (let userNumber = 1; userNumber <= 130; userNumber++) {
      let lastCounter = 0
      for (let count = 0; count < 60; count++) {
        const next = nextToken(digits, { userNumber, lastCounter, highestUserNumber: 130 })
        expect(next.counter).toBeGreaterThan(lastCounter)
        expect(owners.has(next.token)).toBe(false)
        owners.set(next.token, userNumber)
        lastCounter = next.counter
      }
    }
  })
})

describe('finding', () => {
  it.each([
    ['RE: An offer CRM:0001001', 'CRM:0001001'],
    ['RE: An offer crm:0001001', 'CRM:0001001'],
    ['CRM:0001001 and then CRM:0002002 again', 'CRM:0002002'],
    ['An older one OLD#0003003', 'OLD#0003003'],
    ['CRM:0001001 was before old#0003003', 'OLD#0003003'],
    ['no digits CRM: after it', undefined],
    ['CRM:0001001 before CRM: without digits', 'CRM:0001001'],
    ['nothing', undefined],
    ['', undefined],
  ])('T-54, T-55: %j ⇒ %s', (subject, expected) => {
    expect(findToken(subject, ['CRM:', 'OLD#'])).toBe(expected)
  })

  it('T-55: of two prefixes that end at the same place the longer is meant', () => {
    expect(findToken('x CRM:0001001', ['M:', 'CRM:'])).toBe('CRM:0001001')
    expect(findToken('x CRM:0001001', ['CRM:', 'M:'])).toBe('CRM:0001001')
  })

  it('T-50, T-55: what is made is found, in any letter case and whatever stands around it', () => {
    const prefix = fc.string({
      minLength: 1,
      maxLength: 20,
      unit: fc.constantFrom('C', 'R', 'M', ':', '#', '-', '[', 'x', 'Z', ' '),
    })
    const number = fc.integer({ min: 0, max: 2_147_483_647 })
    fc.assert(
      fc.property(
        prefix,
        fc.record({ userNumber: number, counter: number, offline: fc.boolean() }),
        fc.boolean(),
        (prefix, parts, upper) => {
          const token = formatToken({ prefix, userDigits: 3, counterDigits: 3 }, parts)
          const written = upper ? token.toUpperCase() : token.toLowerCase()
          expect(findToken(`RE: about it ${written} – thanks`, [prefix])).toBe(token)
        },
      ),
    )
  })

  it('T-55: a hostile subject costs no time', () => {
    const taken = processorTime(() => {
      findToken('CRM:'.repeat(500_000), ['CRM:', 'R', ':C'])
      findToken('0'.repeat(2_000_000), ['0', '00'])
    })
    expect(taken).toBeLessThan(QUADRATIC)
  })
})
