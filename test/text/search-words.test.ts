import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressesIn, editDistance, foldWord, searchWords, withoutUmlauts } from '#text'

const words = (text: string) => [...searchWords(text)].map((word) => word.text)

test('words are letters and digits without case and accents, on every machine alike', () => {
  expect(words('Łódź, Straße 12a: ＡＢＣ é\u0301')).toEqual(['lodz', 'strasse', '12a', 'abc', 'e'])
  expect(words('O’Brien and Anne-Marie')).toEqual(['obrien', 'and', 'anne', 'marie'])
  expect(words('İstanbul')).toEqual(['istanbul'])
  expect(words('x'.repeat(41))).toEqual([])
})

test('what is written without blanks is found by neighbours', () => {
  expect(words('東京都庁')).toEqual(['東京', '京都', '都庁'])
  expect(words('山')).toEqual(['山'])
  expect(words('Sony東京2024')).toEqual(['sony', '東京', '2024'])
})

test('addresses are found in a text; umlauts have a second spelling', () => {
  expect(addressesIn('Write to Max.Weber@Contoso.com, or a@b; <x+y@mail.example.org>')).toEqual([
    'max.weber@contoso.com',
    'x+y@mail.example.org',
  ])
  expect(withoutUmlauts('Müller')).toBe('mueller')
  expect(withoutUmlauts('Miller')).toBeUndefined()
})

test('every word stands where it says, and folding it again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      for (const { text: word, start, end } of searchWords(text)) {
        expect(word).toMatch(/^[\p{L}\p{N}]+$/u)
        expect(foldWord(word)).toBe(word)
        expect(text.slice(start, end).length).toBeGreaterThan(0)
      }
    }),
  )
})

test('spelling differs by letters left out, put in, changed and swapped', () => {
  expect(editDistance('weber', 'webre')).toBe(1)
  expect(editDistance('weber', 'wber')).toBe(1)
  expect(editDistance('weber', 'weaver')).toBe(2)
  expect(editDistance('', 'abc')).toBe(3)
})
