import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import '../support/properties.ts'
import { buildMessage, newThreadIndex } from '#mime'

/** Text with everything that might end a header field or begin another. */
const evil = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\r\nBcc: thief@x.example',
        '\r\n\r\n',
        '\u2028',
        '\u0085',
        '\0',
        '"',
        '<',
        '>',
        ',',
        ';',
        ':',
        '=?utf-8?Q?=0D=0ABcc:_a?=',
        ' '.repeat(90),
        'ü'.repeat(90),
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const address = fc.constantFrom('dora@b.example', 'd.o-r+a@sub.b.example')

describe('building messages of whatever is written', () => {
  test('law 8: no value becomes a header, a recipient or a part; lines stay short and ASCII', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          subject: evil,
          name: evil,
          to: address,
          cc: address,
          topic: evil,
          file: evil,
          type: evil,
          text: evil,
          html: evil,
        }),
        async (given) => {
          const source = await buildMessage({
            messageId: '<1@a.example>',
            date: new Date('2026-01-05T08:00:00Z'),
            from: { name: given.name, address: 'anna@a.example' },
            to: [{ name: given.name, address: given.to }],
            cc: [{ name: given.subject, address: given.cc }],
            bcc: ['secret@b.example'],
            subject: `S${given.subject}`,
            text: `Good morning${given.text}`,
            html: given.html,
            inReplyTo: '<0@a.example>',
            references: ['<0@a.example>'],
            importance: 'high',
            headers: {
              'Thread-Topic': `T${given.topic}`,
              'Thread-Index': newThreadIndex(new Date(0)),
              'X-Priority': '1',
            },
            attachments: [{ fileName: given.file, contentType: given.type, content: 'content' }],
          })
          const [head = ''] = source.toString('latin1').split('\r\n\r\n', 1)
          const names = head.split(/\r\n(?![ \t])/).map((field) => field.slice(0, field.indexOf(':')).toLowerCase())
          expect(names.toSorted()).toEqual(EXPECTED)
          expect(head).not.toMatch(/[^\r\n\t -~]/)
          for (const line of source.toString('latin1').split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
          expect(source.toString('latin1')).not.toMatch(/(^|[^\r])\n|\r(?!\n)/)
          const parsed = await simpleParser(source)
          expect(parsed.messageId).toBe('<1@a.example>')
          expect(parsed.inReplyTo).toBe('<0@a.example>')
          expect(parsed.bcc).toBeUndefined()
          expect([parsed.to].flat().flatMap((one) => one?.value.map((each) => each.address))).toEqual([given.to])
          expect([parsed.cc].flat().flatMap((one) => one?.value.map((each) => each.address))).toEqual([given.cc])
          expect(parsed.attachments).toHaveLength(1)
          expect(parsed.attachments[0]?.content.toString()).toBe('content')
        },
      ),
      { numRuns: 150 },
    )
  })

  test('OE-2: names, file names and texts in any script arrive as they were written', async () => {
    const words = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => /^[^\p{C}\s"<>\\/:|?*]+$/u.test(text))
    await fc.assert(
      fc.asyncProperty(words, words, words, async (subject, name, file) => {
        const source = await buildMessage({
          messageId: '<1@a.example>',
          date: new Date('2026-01-05T08:00:00Z'),
          from: { name, address: 'anna@a.example' },
          to: ['dora@b.example'],
          subject,
          text: `${subject}\n${name}`,
          attachments: [{ fileName: `${file}.txt`, content: 'content' }],
        })
        const parsed = await simpleParser(source)
        expect(parsed.subject?.normalize()).toBe(subject.normalize())
        expect(parsed.from?.value[0]?.name?.normalize()).toBe(name.normalize())
        expect(parsed.text?.trim().normalize()).toBe(`${subject}\n${name}`.normalize())
        expect(parsed.attachments[0]?.filename?.normalize()).toBe(`${file}.txt`.normalize())
      }),
      { numRuns: 60 },
    )
  })
})

const EXPECTED = [
  'cc',
  'content-type',
  'date',
  'from',
  'importance',
  'in-reply-to',
  'message-id',
  'mime-version',
  'references',
  'subject',
  'thread-index',
  'thread-topic',
  'to',
  'x-priority',
]
