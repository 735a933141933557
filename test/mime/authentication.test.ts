import { expect, it } from 'vitest'
import { parseHeaders } from '#mime'
import { processorTime, QUADRATIC } from '../support/linear.ts'

/** As the header block of a message says it, from the top. */
const said = (...fields: string[]) =>
  parseHeaders(Buffer.from(fields.map((field) => `Authentication-Results: ${field}\r\n`).join(''))).dmarc

it.each([
  ['mx.example; spf=pass smtp.mailfrom=a.example; dmarc=fail (p=none) header.from=a.example', 'fail'],
  ['mx.example 1;\r\n\tDMARC/1 = Fail (nested (comment; dmarc=pass))', 'fail'],
  ['mx.example; dkim=pass (dmarc=fail; said the sender) header.d=a.example; dmarc=pass', 'pass'],
  ['mx.example; dkim=pass reason="; dmarc=fail \\" ;"; dmarc=none', 'none'],
  ['mx.example; none', undefined],
  ['mx.example; x-dmarc=fail', undefined],
  ['', undefined],
  ['((((;;;;', undefined],
])('RFC 8601: %s', (field, result) => {
  expect(said(field)).toBe(result)
})

it('RFC 8601: the server that wrote the topmost field is believed, in all of its fields, and nothing from below', () => {
  expect(said('mx.example; dkim=pass', 'mx.example; dmarc=fail')).toBe('fail')
  expect(said('mx.example; dmarc=pass', 'mx.example; dmarc=fail')).toBe('pass')
  expect(said('mx.example; spf=pass', 'other.example; dmarc=fail')).toBeUndefined()
  expect(said()).toBeUndefined()
})

it('RFC 8601: endless and hostile fields take no time', () => {
  const taken = processorTime(() => {
    for (const one of ['(', ';', '\\', '"', '; dmarc', ' ']) expect(said(one.repeat(1_000_000))).toBeUndefined()
  })
  expect(taken).toBeLessThan(QUADRATIC)
})
