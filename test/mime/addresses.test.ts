import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddresses } from '#mime'

const parse = (text: string) =>
  parseAddresses(Buffer.from(text).toString('latin1')).map((one) => [one.name, one.address])

describe('RFC 5322 §3.4: addresses', () => {
  test.each<[string, string[][]]>([
    ['a@x.test', [['', 'a@x.test']]],
    ['<a@x.test>', [['', 'a@x.test']]],
    ['Jane Doe <a@x.test>', [['Jane Doe', 'a@x.test']]],
    ['"Doe, Jane" <a@x.test>', [['Doe, Jane', 'a@x.test']]],
    ['"Jane \\"JD\\" Doe" <a@x.test>', [['Jane "JD" Doe', 'a@x.test']]],
    ['a@x.test (Jane Doe)', [['Jane Doe', 'a@x.test']]],
    ['a@x.test (Jane (JD) Doe)', [['Jane (JD) Doe', 'a@x.test']]],
    [
      'a@x.test, b@x.test',
      [
        ['', 'a@x.test'],
        ['', 'b@x.test'],
      ],
    ],
    [
      'a@x.test; b@x.test;',
      [
        ['', 'a@x.test'],
        ['', 'b@x.test'],
      ],
    ],
    [
      'a@x.test,, ,b@x.test,',
      [
        ['', 'a@x.test'],
        ['', 'b@x.test'],
      ],
    ],
    [
      'Team: a@x.test, B <b@x.test>;, c@x.test',
      [
        ['', 'a@x.test'],
        ['B', 'b@x.test'],
        ['', 'c@x.test'],
      ],
    ],
    ['undisclosed-recipients:;', []],
    ['<@r1.test,@r2.test:a@x.test>', [['', 'a@x.test']]],
    ['"jane doe"@x.test', [['', '"jane doe"@x.test']]],
    ['Jane <"jane doe"@x.test>', [['Jane', '"jane doe"@x.test']]],
    ['<<a@x.test>>', [['', 'a@x.test']]],
    ['Jane <a@x.test', [['Jane', 'a@x.test']]],
    [
      'Jane <a@x.test, Bob <b@x.test>',
      [
        ['Jane', 'a@x.test'],
        ['Bob', 'b@x.test'],
      ],
    ],
    [
      '"Jane <a@x.test>, b@x.test',
      [
        ['Jane', 'a@x.test'],
        ['', 'b@x.test'],
      ],
    ],
    ['Jane (a@x.test', [['Jane', 'a@x.test']]],
    ['Jane Doe a@x.test', [['Jane Doe', 'a@x.test']]],
    ['a @ x.test', [['', 'a@x.test']]],
    ['< a@x.test >', [['', 'a@x.test']]],
    ['mailto:a@x.test', [['', 'a@x.test']]],
    ['<mailto:a@x.test>', [['', 'a@x.test']]],
    ["'Jane' <a@x.test>", [['Jane', 'a@x.test']]],
    ['"a@x.test"', [['', 'a@x.test']]],
    ['"boss@x.test" thief@y.test', [['boss@x.test', 'thief@y.test']]],
    ['"boss@x.test" <thief@y.test>', [['boss@x.test', 'thief@y.test']]],
    ['boss@x.test <thief@y.test>', [['boss@x.test', 'thief@y.test']]],
    ['a@x.test <>', [['', 'a@x.test']]],
    ['Jane Doe', [['Jane Doe', '']]],
    ['<>', []],
    ['', []],
    ['=?utf-8?Q?J=C3=B6rg?= <j@x.test>', [['Jörg', 'j@x.test']]],
    ['=?utf-8?Q?Doe,_Jane?= <j@x.test>', [['Doe, Jane', 'j@x.test']]],
    ['"=?utf-8?Q?J=C3=B6rg?=" <j@x.test>', [['Jörg', 'j@x.test']]],
    [
      '=?utf-8?Q?a?= =?utf-8?Q?b?= <j@x.test>, c@x.test',
      [
        ['ab', 'j@x.test'],
        ['', 'c@x.test'],
      ],
    ],
    ['a+b=c@x.test', [['', 'a+b=c@x.test']]],
    ['Jörg <jörg@bücher.test>', [['Jörg', 'jörg@bücher.test']]],
    ['John (work) <a(x)@x.test>', [['John', 'a@x.test']]],
    ['/O=EXCHANGE/OU=FIRST/CN=JANE', [['/O=EXCHANGE/OU=FIRST/CN=JANE', '']]],
  ])('%s', (written, expected) => {
    expect(parse(written)).toEqual(expected)
  })

  test('what was written well is read back', () => {
    const name = fc
      .string({ maxLength: 30, unit: 'grapheme' })
      .map((text) => text.replaceAll(/[\p{C}\p{Z}']+|=\?/gu, ' ').trim())
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9.+_-]{0,20}$/)
    const address = fc.tuple(word, word).map(([local, domain]) => `${local}@${domain}`)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, address), { maxLength: 8 }), (people) => {
        const list = people.map(([name, address]) => `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>`).join(', ')
        expect(parse(list)).toEqual(people)
      }),
    )
  })
})
