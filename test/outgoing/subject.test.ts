import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import '../support/properties.ts'
import { findToken } from '../../src/sync/incoming/decide/index.ts'
import { answerSubject, subjectWithToken, tokenAtEnd, topicOf } from '../../src/sync/outgoing/subject.ts'

const TOKEN = 'CRM:0001001'
const PREFIXES = ['CRM:', 'OLD:']

describe('subject and token', () => {
  test('OE-30: the token stands at the end, once', () => {
    expect(subjectWithToken('Offer', TOKEN, 255)).toEqual({ subject: `Offer ${TOKEN}`, token: TOKEN })
    expect(subjectWithToken(`Re: Offer ${TOKEN}`, TOKEN, 255).subject).toBe(`Re: Offer ${TOKEN}`)
    expect(subjectWithToken(`Re: Offer crm:0001001  `, TOKEN, 255).subject).toBe(`Re: Offer ${TOKEN}`)
    expect(subjectWithToken('', TOKEN, 255).subject).toBe(TOKEN)
  })

  test('OE-30: a token of the organization at the end is used again, one in the middle is not', () => {
    expect(tokenAtEnd(`Re: Offer ${TOKEN}`, PREFIXES)).toBe(TOKEN)
    expect(tokenAtEnd('Offer old:77 ', PREFIXES)).toBe('OLD:77')
    expect(tokenAtEnd(`${TOKEN} and more`, PREFIXES)).toBeUndefined()
    expect(tokenAtEnd('Offer NEW:77', PREFIXES)).toBeUndefined()
  })

  test('OE-31: a long subject is cut so that the token fits; a token that never fits is left out', () => {
    const long = 'x'.repeat(300)
    expect(subjectWithToken(long, TOKEN, 255).subject).toBe(`${'x'.repeat(243)} ${TOKEN}`)
    expect(subjectWithToken(long, TOKEN, TOKEN.length)).toEqual({ subject: TOKEN, token: TOKEN })
    expect(subjectWithToken(long, TOKEN, TOKEN.length - 1)).toEqual({ subject: 'x'.repeat(TOKEN.length - 1) })
    expect(subjectWithToken(long, undefined, 255)).toEqual({ subject: 'x'.repeat(255) })
  })

  test('OE-31, OE-32: whatever the subject, it keeps the limit and its token is found again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 1, max: 400 }),
        fc.option(
          fc.integer({ min: 0, max: 9_999_999 }).map((number) => `CRM:${number}`),
          { nil: undefined },
        ),
        (subject, limit, token) => {
          const sent = subjectWithToken(subject, token, limit)
          expect(sent.subject.length).toBeLessThanOrEqual(limit)
          expect(sent.subject.isWellFormed?.() ?? true).toBe(subject.isWellFormed?.() ?? true)
          const fits = token !== undefined && token.length <= limit
          expect(sent.token).toBe(fits ? token : undefined)
          expect(findToken(sent.subject, fits ? PREFIXES : [])).toBe(sent.token)
          // Sent again it stays as it is (OE-45).
          expect(subjectWithToken(sent.subject, sent.token, limit)).toEqual(sent)
        },
      ),
    )
  })

  test('OE-34: all messages of a conversation have one topic', () => {
    for (const subject of ['Offer', `Offer ${TOKEN}`, `Re: Offer ${TOKEN}`, 'AW: WG: Re[2]: Offer', 'FWD: Offer'])
      expect(topicOf(subject, TOKEN)).toBe('Offer')
    expect(answerSubject('Offer', 'reply')).toBe('Re: Offer')
    expect(answerSubject('RE: Offer', 'reply')).toBe('Re: Offer')
    expect(answerSubject('Re: Offer', 'forward')).toBe('Fwd: Re: Offer')
    expect(answerSubject('Fw: Offer', 'forward')).toBe('Fwd: Offer')
  })
})
