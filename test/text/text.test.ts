import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clip, fold, hash32 } from '#text'

describe('clip', () => {
  test('never splits a surrogate pair', () => {
    expect(clip('a😀b', 2)).toBe('a')
    expect(clip('a😀b', 3)).toBe('a😀')
    expect(clip('abc', 3)).toBe('abc')
    expect(clip('abc', 0)).toBe('')
  })

  test('is a well-formed beginning of the text, at most one unit shorter than asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, length) => {
        const cut = clip(text, length)
        expect(text.startsWith(cut)).toBe(true)
        expect(cut.length).toBeLessThanOrEqual(length)
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, length) - 1)
        expect(cut).not.toMatch(/\p{Cs}/u)
      }),
    )
  })
})

describe('hash32', () => {
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('FNV-1a of "%s" as published, as a signed number', (text, hash) => {
    expect(hash32(text)).toBe(hash | 0)
  })

  test('of a text is that of its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(hash32(text)).toBe(hash32(Buffer.from(text)))
      }),
    )
  })
})

describe('fold', () => {
  test.each([
    ['  Hello   World ', 'hello world'],
    ['ＦＵＬＬ　ｗｉｄｔｈ', 'full width'],
    ['E\u0301t\u00c9', 'été'],
    ['a\r\n\tb', 'a b'],
    ['résumé', 'résumé'],
  ])('%s is %s', (text, folded) => {
    expect(fold(text)).toBe(folded)
  })

  test('twice is once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text))
      }),
    )
  })
})
