import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addressHashes,
  looksAlike,
  subjectHashes,
  validateKeywordFilter,
} from '../../../src/sync/incoming/decide/index.ts'
import { linearExpression } from '../../../src/sync/incoming/decide/linearExpression.ts'
import { processorTime, QUADRATIC } from '../../support/linear.ts'
import { addressOf, DEFAULT_SETTINGS } from './world.ts'

const settings = DEFAULT_SETTINGS
const hashes = (subject: string, more = {}) => subjectHashes(subject, { ...settings, ...more })
const people = (...addresses: string[]) =>
  addressHashes({ from: addresses.map(addressOf), to: [], cc: [], bcc: [] }, settings)

describe('subjects', () => {
  it.each(['RE: Test', 'FW: RE: Test', 'AW :Test', '  re:  TEST  ', 'Test'])('T-58: %j is "test"', (subject) => {
    expect(hashes(subject)).toEqual(hashes('test'))
  })

  it('T-58: a prefix of several words stays', () => {
    expect(hashes('Out of office: x')).toHaveLength(4)
  })

  it('T-58: at most HashMaxCount words, none for blanks', () => {
    expect(hashes('a b c d e', { hashMaxCount: 3 })).toEqual(hashes('a b c'))
    expect(hashes(' RE: ')).toEqual([])
  })
})

describe('addresses', () => {
  it('T-59: each address once, whatever its letter case and field', () => {
    const [carla, anna] = [addressOf('Carla@X.example'), addressOf('anna@x.example')]
    const own = addressHashes(
      { from: [carla], to: [anna, addressOf(' carla@x.example ')], cc: [anna], bcc: [] },
      settings,
    )
    expect(own).toEqual(people('carla@x.example', 'anna@x.example'))
  })
})

const email = (subject: string, ...addresses: string[]) => ({
  subjectHashes: hashes(subject),
  addressHashes: people(...addresses),
})

describe('likeness', () => {
  const [a, b, c] = ['a@x.example', 'b@x.example', 'c@x.example'] as const

  it.each([
    ['the same words and people', email('new roof', a, b), email('RE: new roof', b, a), {}, true],
    ['one word more', email('new roof', a, b), email('new roof please', a, b), {}, false],
    [
      'one word more, allowed',
      email('new roof', a, b),
      email('new roof please', a, b),
      { hashDeltaSubjectCount: 1 },
      true,
    ],
    ['another word', email('new roof', a, b), email('old roof', a, b), { hashDeltaSubjectCount: 9 }, false],
    ['only one person in common', email('new roof', a, b), email('new roof', a, c), {}, false],
    ['only one person needed', email('new roof', a, b), email('new roof', a, c), { hashMinAddressCount: 1 }, true],
    ['no words at all', email('', a, b), email('', a, b), {}, false],
    ['no words on one side', email('', a, b), email('roof', a, b), { hashDeltaSubjectCount: 9 }, false],
  ])('T-60: %s', (_title, stored, fresh, more, expected) => {
    expect(looksAlike(stored, fresh, { ...settings, ...more })).toBe(expected)
    expect(looksAlike(fresh, stored, { ...settings, ...more })).toBe(expected)
  })
})

describe('the expression of an administrator', () => {
  it('T-57: the default may be saved', () => {
    expect(validateKeywordFilter(settings.hashFilterKeywords)).toBeUndefined()
  })

  it.each([
    '(',
    '[z-a]',
    '(?=x)',
    '(?<!x)y',
    '(a)\\1',
    '\\p{L}',
    '(a*)*',
    'a'.repeat(501),
    '((((a{99}){99}){99}){99})',
  ])('T-57: %j is refused with a cause', (expression) => {
    expect(validateKeywordFilter(expression)).toMatch(/\w/)
  })

  it('T-57: an expression that was stored unchecked gives way to the default', () => {
    expect(hashes('RE: Test', { hashFilterKeywords: '(?=x' })).toEqual(hashes('test'))
  })

  it.each(['(a+)+$', '(a|a)*b', '(a|aa)+$', '(.+)*x', '([a-z]+)*!', '((a+)*b?a)*c', 'a.*b'])(
    'T-57: %s costs no time on a hostile subject',
    (hashFilterKeywords) => {
      expect(processorTime(() => hashes(`${'a'.repeat(5000)}!`, { hashFilterKeywords }))).toBeLessThan(QUADRATIC)
    },
  )

  /** Expressions that backtracking can cope with, made of the supported syntax. */
  const expression = fc.letrec<{ node: string; atom: string; item: string }>((tie) => ({
    atom: fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        ':',
        ' ',
        '.',
        '\\s',
        '\\w',
        '\\d',
        '\\.',
        '[ab]',
        '[^a]',
        '[a-c:]',
        '[\\s:]',
        '\\b',
        '^',
        '$',
      ),
      tie('node').map((node) => `(${node})`),
    ),
    item: fc
      .tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{1,}', '*?', '+?', '??'))
      .map(([atom, quantifier]) => (/^(\\b|\^|\$)$/.test(atom) ? atom : atom + quantifier)),
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('item'),
      fc.array(tie('item'), { minLength: 1, maxLength: 3 }).map((items) => items.join('')),
      fc.tuple(tie('node'), tie('node')).map(([a, b]) => `${a}|${b}`),
    ),
  })).node

  it('T-57: removes what JavaScript would remove', () => {
    fc.assert(
      fc.property(
        expression,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', ':', ' ', '1', '.'), maxLength: 12 }),
        (source, text) => {
          fc.pre(source.length <= 40 && validateKeywordFilter(source) === undefined)
          expect(linearExpression(source).removeFrom(text)).toBe(text.replace(new RegExp(source, 'g'), ''))
        },
      ),
      { numRuns: 2000 },
    )
  })
})
