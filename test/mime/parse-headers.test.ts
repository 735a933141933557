import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHeaderBlockOf, parseHeaders } from '#mime'
import { processorTime, QUADRATIC } from '../support/linear.ts'

const read = (...lines: string[]) => parseHeaders(Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody`))
const readBytes = (...parts: (string | number[])[]) =>
  parseHeaders(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))),
  )

describe('RFC 2047: subjects', () => {
  const subjects: [string, string, string][] = [
    ['plain text', 'Hello there', 'Hello there'],
    ['base64', '=?utf-8?B?w4TDtsO8?=', 'Äöü'],
    ['quoted-printable with underscores', '=?iso-8859-1?Q?a_b=3F_=E9?=', 'a b? é'],
    ['adjacent words are joined', '=?utf-8?Q?a?= =?utf-8?Q?b?=', 'ab'],
    ['adjacent words on folded lines are joined', '=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=', 'ab'],
    ['text between words keeps its blanks', '=?utf-8?Q?a?= and =?utf-8?Q?b?=', 'a and b'],
    ['a character split across words', '=?utf-8?B?4oI=?= =?utf-8?B?rA==?=', '€'],
    ['a character split across Q and B', '=?UTF-8?Q?=E2=82?= =?utf-8?B?rA==?=', '€'],
    ['adjacent words of two charsets', '=?utf-8?Q?=C3=A9?= =?iso-8859-1?Q?=E9?=', 'éé'],
    ['without blank between words', '=?utf-8?Q?a?==?utf-8?Q?b?=', 'ab'],
    ['blanks inside a word', '=?utf-8?Q?two words?=', 'two words'],
    ['a question mark inside a word', '=?utf-8?Q?really? yes?=', 'really? yes'],
    ['language suffix of RFC 2231', '=?utf-8*de?Q?=C3=BC?=', 'ü'],
    ['unknown charset that is UTF-8', '=?x-unknown?Q?=C3=BC?=', 'ü'],
    ['unknown charset that is windows-1252', '=?x-unknown?Q?=93a=94?=', '“a”'],
    ['UTF-8 that is windows-1252', '=?utf-8?Q?=FCber_=E4=F6=FC=DF?=', 'über äöüß'],
    ['windows-1252 of 0x80 to 0x9f', '=?windows-1252?Q?=80=93=94=96?=', '€“”–'],
    ['iso-8859-1 means windows-1252', '=?iso-8859-1?Q?=80?=', '€'],
    ['gb2312 means gb18030', '=?gb2312?B?xOO6ww==?=', '你好'],
    ['shift_jis', '=?shift_jis?B?k/qWew==?=', '日本'],
    ['iso-2022-jp', '=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['raw iso-2022-jp', '\u001b$BF|K\\\u001b(B', '日本'],
    ['euc-kr', '=?ks_c_5601-1987?B?x9GxuQ==?=', '한국'],
    ['koi8-r', '=?koi8-r?B?8NLJ18XU?=', 'Привет'],
    ['utf-7', '=?utf-7?Q?+AOQ-?=', 'ä'],
    ['broken hexadecimal stays', '=?utf-8?Q?100=ZZ?=', '100=ZZ'],
    ['broken base64 gives what it can', '=?utf-8?B?YWJj*?=', 'abc'],
    ['an unfinished word stays as it is', '=?utf-8?Q?abc', '=?utf-8?Q?abc'],
    ['no word at all', 'a =? b ?= c', 'a =? b ?= c'],
    ['a last letter whose last byte looks like a no-break space', 'voilà', 'voilà'],
    ['a folded line', 'one\r\n\ttwo', 'one two'],
    ['empty', '', ''],
  ]
  test.each(subjects)('%s', (_, written, read_) => {
    expect(read(`Subject: ${written}`).subject).toBe(read_)
  })

  test('RFC 6532: raw UTF-8', () => {
    expect(read('Subject: Grüße €').subject).toBe('Grüße €')
  })

  test('raw 8-bit is windows-1252 unless the message names a charset', () => {
    expect(readBytes('Subject: Gr', [0xfc, 0xdf], 'e\r\n').subject).toBe('Grüße')
    expect(readBytes('Subject: ', [0xf0, 0xd2], '\r\nContent-Type: text/plain; charset=koi8-r\r\n').subject).toBe('Пр')
  })

  test('a subject beyond 10,000 characters is cut between characters', () => {
    const { subject } = read(`Subject: x${'😀'.repeat(20_000)}`)
    expect(subject.length).toBe(9_999)
    expect(subject.at(-2)! + subject.at(-1)!).toBe('😀')
  })
})

describe('header injection', () => {
  test('CR, LF and NUL never survive in a value', () => {
    const headers = read(
      'Subject: =?utf-8?Q?a=0D=0ABcc:_victim@x.test=00?=',
      'From: =?utf-8?Q?x=0D=0A?= <a\u0000b@x.test>',
      'List-Id: =?utf-8?B?DQo=?= x',
      'Auto-Submitted: auto\u0000-replied',
    )
    expect(headers.subject).toBe('a  Bcc: victim@x.test')
    expect(JSON.stringify(headers)).not.toMatch(/\\r|\\n|\\u0000/)
    expect(headers.bcc).toEqual([])
  })

  test('an encoded word cannot smuggle in an address', () => {
    expect(read('From: =?utf-8?Q?Boss_=3Cboss=40x.test=3E=2C?= <thief@y.test>').from).toEqual([
      { name: 'Boss <boss@x.test>,', address: 'thief@y.test' },
    ])
  })

  test('half a surrogate pair becomes a blank, so that JSON columns take it', () => {
    expect(read('Subject: =?utf-16be?B?2D0AYQ==?=').subject).not.toMatch(/\p{Cs}/u)
  })
})

describe('fields', () => {
  test('of single fields the first wins, recipients of repeated fields are joined', () => {
    const headers = read('From: a@x.test', 'From: b@x.test', 'Subject: 1', 'Subject: 2', 'To: c@x.test', 'To: d@x.test')
    expect(headers.from.map((one) => one.address)).toEqual(['a@x.test'])
    expect(headers.subject).toBe('1')
    expect(headers.to.map((one) => one.address)).toEqual(['c@x.test', 'd@x.test'])
  })

  test('T-43: ids as written, without the blanks of folding', () => {
    const headers = read(
      'Message-ID:\r\n <AbC.1@x.test>',
      'In-Reply-To: Your message of Monday <p1@x.test>',
      'References: <r1@x.test> <r2@\r\n x.test>,<r3@x.test><broken <r4@x.test>',
    )
    expect(headers.messageId).toBe('<AbC.1@x.test>')
    expect(headers.inReplyTo).toBe('<p1@x.test>')
    expect(headers.references).toEqual(['<r1@x.test>', '<r2@x.test>', '<r3@x.test>', '<r4@x.test>'])
  })

  test('an id without brackets is kept, an empty one or a sentence is none', () => {
    expect(read('Message-ID: abc@x.test').messageId).toBe('abc@x.test')
    expect(read('Message-ID: <>').messageId).toBeUndefined()
    expect(read('In-Reply-To: your message of Monday').inReplyTo).toBeUndefined()
    expect(read(`Message-ID: <${'a'.repeat(2_000)}@x.test>`).messageId).toBeUndefined()
  })

  test('T-46: Thread-Index loses the blanks of folding; what is not base64 is none', () => {
    expect(read('Thread-Index: AdpGQUJD\r\n REVGR0hJ').threadIndex).toBe('AdpGQUJDREVGR0hJ')
    expect(read('Thread-Index: not base64!').threadIndex).toBeUndefined()
  })

  test('T-13: Auto-Submitted as written', () => {
    expect(read('Auto-Submitted: auto-replied (vacation)').autoSubmitted).toBe('auto-replied (vacation)')
    expect(read('Subject: x').autoSubmitted).toBeUndefined()
  })

  test.each([
    ['Importance: High', 'high'],
    ['Importance: low', 'low'],
    ['X-Priority: 1 (Highest)', 'high'],
    ['X-Priority: 5', 'low'],
    ['X-Priority: 3', 'normal'],
    ['X-MSMail-Priority: High', 'high'],
    ['Priority: urgent', 'high'],
    ['Priority: non-urgent', 'low'],
    ['Importance: whatever', 'normal'],
  ])('importance of %s is %s', (line, importance) => {
    expect(read(line).importance).toBe(importance)
  })

  test.each([
    ['Personal', 'personal'],
    ['private', 'private'],
    ['Company-Confidential', 'confidential'],
    ['none', 'normal'],
  ])('sensitivity %s is %s', (value, sensitivity) => {
    expect(read(`Sensitivity: ${value}`).sensitivity).toBe(sensitivity)
  })

  test.each([
    ['LF only', 'Subject: a\nTo: b@x.test\n\nSubject: no'],
    ['CR only', 'Subject: a\rTo: b@x.test\r\rSubject: no'],
    ['byte order mark', '\ufeffSubject: a\r\nTo: b@x.test\r\n'],
    ['an mbox line first', 'From x@y Mon Jan  5 08:00:00 2026\r\nSubject: a\r\nTo: b@x.test\r\n'],
    ['blank before the colon', 'Subject : a\r\nTo\t: b@x.test'],
    ['names in any case', 'SUBJECT: a\r\ntO: b@x.test'],
    ['lines that are no field', 'nonsense\r\nSubject: a\r\n:\r\n: x\r\nTo: b@x.test'],
    ['a continuation line first', ' x\r\nSubject: a\r\nTo: b@x.test'],
  ])('tolerates %s', (_, block) => {
    const headers = parseHeaders(Buffer.from(block))
    expect(headers.subject).toBe('a')
    expect(headers.to).toEqual([{ name: '', address: 'b@x.test' }])
  })

  test('reads nothing behind the empty line', () => {
    expect(read('Subject: a').from).toEqual([])
    expect(parseHeaders(Buffer.from('\r\nSubject: a')).subject).toBe('')
  })
})

describe('T-14, T-11, T-12: what kind of item it is', () => {
  test.each([
    ['text/plain', 'message'],
    ['text/calendar; method=REQUEST', 'meeting'],
    ['Text/Calendar', 'meeting'],
    ['multipart/report; report-type=delivery-status; boundary=x', 'report'],
    ['multipart/report; report-type=disposition-notification', 'report'],
  ])('T-14: %s is a %s', (type, kind) => {
    expect(read(`Content-Type: ${type}`).kind).toBe(kind)
  })

  test.each([
    ['urn:content-classes:calendarmessage', 'meeting'],
    ['urn:content-classes:dsn', 'report'],
    ['urn:content-classes:mdn', 'report'],
    ['urn:content-classes:message', 'message'],
  ])('T-14: content class %s is a %s', (contentClass, kind) => {
    expect(read('Content-Type: multipart/mixed', `Content-Class: ${contentClass}`).kind).toBe(kind)
  })

  test('T-11: rights-protected', () => {
    expect(read('Content-Class: rpmsg.message').rightsProtected).toBe(true)
    expect(read('Content-Class: IPM.Note.rpmsg.Microsoft.Voicemail.UM').rightsProtected).toBe(true)
    expect(read('Content-Type: application/x-microsoft-rpmsg-message').rightsProtected).toBe(true)
    expect(read('Content-Class: urn:content-classes:message').rightsProtected).toBe(false)
  })

  test.each([
    ['application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m', true],
    ['application/x-pkcs7-mime; name="smime.p7m"', true],
    ['application/pkcs7-mime; smime-type=signed-data', true],
    ['application/pkcs7-mime; smime-type=certs-only; name=smime.p7c', false],
    ['application/octet-stream; name=smime.p7m', true],
    ['multipart/encrypted; protocol="application/pgp-encrypted"', true],
    ['multipart/signed; protocol="application/pkcs7-signature"', false],
    ['text/plain', false],
  ])('T-12: %s is encrypted: %s', (type, encrypted) => {
    expect(read(`Content-Type: ${type}`).encrypted).toBe(encrypted)
  })

  test('a broken type counts as text/plain', () => {
    expect(read('Content-Type: ;;;').contentType).toBe('text/plain')
    expect(read('Content-Type: text').contentType).toBe('text/plain')
    expect(read('Subject: x').contentType).toBe('text/plain')
  })
})

describe('dates', () => {
  test.each([
    ['Mon, 5 Jan 2026 08:00:00 +0100', '2026-01-05T07:00:00Z'],
    ['5 Jan 2026 08:00 GMT', '2026-01-05T08:00:00Z'],
    ['Mon,  5 Jan 2026 08:00:00 -0800 (PST)', '2026-01-05T16:00:00Z'],
    ['Mon, 5 Jan 26 08:00:00 EST', '2026-01-05T13:00:00Z'],
    ['Mon, 5 Jan 98 08:00:00 Z', '1998-01-05T08:00:00Z'],
    ['Monday, 05-Jan-26 08:00:00 GMT', '2026-01-05T08:00:00Z'],
    ['Mon Jan  5 08:00:00 2026', '2026-01-05T08:00:00Z'],
    ['Mon Jan  5 08:00:00 2026 +0200', '2026-01-05T06:00:00Z'],
    ['Mon, Jan 5 08:00:00 UTC 2026', '2026-01-05T08:00:00Z'],
    ['2026-01-05T08:00:00.123+01:00', '2026-01-05T07:00:00Z'],
    ['2026-01-05 08:00:00', '2026-01-05T08:00:00Z'],
    ['Mon, 5 Jan 2026 8:00:00 PM +0000', '2026-01-05T20:00:00Z'],
    ['Mon, 5 January 2026 08.00.00 +0000', '2026-01-05T08:00:00Z'],
    ['Mon, 5 Jan 2026 08:00:60 +0000', '2026-01-05T08:00:59Z'],
    ['Mon, 5 Jan 2026 08:00:00 XYZ', '2026-01-05T08:00:00Z'],
    ['(comment) Mon, 5 Jan 2026 08:00:00 +9999', '2026-01-05T08:00:00Z'],
    ['5 Jan 2026', '2026-01-05T00:00:00Z'],
  ])('%s', (written, instant) => {
    expect(read(`Date: ${written}`).date?.toISOString()).toBe(new Date(instant).toISOString())
  })

  test.each(['', 'yesterday', '35 Jan 2026 08:00:00', '5 Foo 2026', '5 Jan 1912 08:00:00', '00/00/00'])(
    'none in "%s"',
    (written) => {
      expect(read(`Date: ${written}`).date).toBeUndefined()
    },
  )
})

describe('hostile blocks', () => {
  const MEGABYTE = 1024 * 1024
  const fill = (unit: string) => unit.repeat(Math.ceil(MEGABYTE / unit.length))
  test.each([
    ['100,000 fields', Array.from({ length: 100_000 }, (_, index) => `X-${index}: a`).join('\r\n')],
    ['10,000 recipients', `To: ${Array.from({ length: 10_000 }, (_, i) => `"P ${i}" <p${i}@x.test>`).join(',\r\n ')}`],
    ['parentheses', `From: ${fill('(')}`],
    ['quotes', `From: ${fill('"\\')}`],
    ['angle brackets', `From: ${fill('<')}`],
    ['angle brackets, commas and quotes', `From: ${fill('<,"')}`],
    ['angle bracket and comma', `From: ${fill('<a,')}`],
    ['at signs', `From: ${fill('@')}`],
    ['words', `From: ${fill('a ')}`],
    ['colons', `From: x@${fill(':')}`],
    ['unfinished encoded words', `From: ${fill('=?a?q?')}`],
    ['unfinished encoded words in the subject', `Subject: ${fill('=?a?q?')}`],
    ['encoded words', `From: ${fill('=?a?q?b?= ')}`],
    ['one line', fill('a')],
    ['folds', `Subject: ${fill('\r\n ')}`],
    ['references', `References: ${fill('<a')}`],
    ['references without end', `References: ${fill('<a> ')}`],
    ['parameters', `Content-Type: text/plain; ${fill('a=b;')}`],
    ['parameter without equals sign', `Content-Type: text/plain; ${fill('a ')}`],
    ['an id', `Message-ID: <${fill('a')}>`],
    ['a date', `Date: ${fill('1 ')}`],
    ['semicolons', `To: ${fill(';')}`],
    ['groups', `To: ${fill('a:')}`],
  ])('1 MB of %s is read in linear time', (_, block) => {
    const bytes = Buffer.from(block)
    expect(processorTime(() => parseHeaders(bytes))).toBeLessThan(QUADRATIC)
  })

  test('10,000 recipients are all read', () => {
    const list = Array.from({ length: 10_000 }, (_, i) => `"P ${i}" <p${i}@x.test>`).join(',\r\n ')
    expect(read(`To: ${list}`).to[9_999]).toEqual({ name: 'P 9999', address: 'p9999@x.test' })
  })

  test('never throws, whatever the bytes, and every value is clean', () => {
    const names = ['From', 'To', 'Subject', 'Date', 'Message-ID', 'References', 'Content-Type', 'Thread-Index', 'X']
    const piece = fc.oneof(
      fc.constantFrom(
        '=?utf-8?Q?',
        '?=',
        '=?',
        '<',
        '>',
        '"',
        '(',
        ')',
        ',',
        ';',
        ':',
        '@',
        '\\',
        '\r\n ',
        '\r',
        '\n',
        '\0',
      ),
      fc.string({ maxLength: 8, unit: 'binary' }),
    )
    const field = fc.tuple(fc.constantFrom(...names), fc.array(piece, { maxLength: 12 }))
    fc.assert(
      fc.property(fc.array(field, { maxLength: 6 }), (fields) => {
        const block = fields.map(([name, pieces]) => `${name}: ${pieces.join('')}`).join('\r\n')
        const headers = parseHeaders(Buffer.from(block, 'latin1'))
        expect(JSON.stringify(headers)).not.toMatch(/(?<!\\)(?:\\\\)*\\(?:[rnbft]|u00[01]|ud[89a-f])/)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => typeof parseHeaders(bytes).subject === 'string'),
    )
  })
})

describe('parseHeaderBlockOf', () => {
  test.each([
    ['CRLF', 'A: b\r\nC: d\r\n\r\nbody\r\n\r\nmore', 'A: b\r\nC: d\r\n'],
    ['LF', 'A: b\nC: d\n\nbody', 'A: b\nC: d\n'],
    ['no body', 'A: b\r\n', 'A: b\r\n'],
    ['no header', '\r\nbody', ''],
    ['nothing', '', ''],
  ])('%s', (_, source, block) => {
    expect(Buffer.from(parseHeaderBlockOf(Buffer.from(source))).toString()).toBe(block)
  })
})
