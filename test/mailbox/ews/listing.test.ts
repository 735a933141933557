import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCursor, writeCursor } from '../../../src/mailbox/ews/cursor.ts'
import { headersOf } from '../../../src/mailbox/ews/headers.ts'
import type { Node } from '../../../src/mailbox/ews/node.ts'
import { AnswerReader } from '../../../src/mailbox/ews/reader.ts'
import { Copy, sorted } from '../conformance/copy.ts'
import { letter } from '../conformance/letters.ts'
import { drain, folderAt, INBOX, use } from '../conformance/use.ts'
import { type Exchange, exchangeBench, startExchange } from './support/sandbox.ts'

let exchange: Exchange
beforeAll(async () => {
  exchange = await startExchange()
})
afterAll(() => exchange.close())

const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 8, 0, second))
const id = (number: number) => `<m${number}@adatum.example>`

async function start(messages: number, second: (number: number) => number) {
  const bench = await use(() => exchangeBench(exchange))
  for (let number = 1; number <= messages; number++)
    await bench.other.deliver(INBOX, letter({ id: id(number) }), { received: at(second(number)) })
  return { ...bench, copy: new Copy(bench.mailbox, (await folderAt(bench.mailbox, INBOX)).id) }
}

describe('a first listing', () => {
  test('T-4: messages of one second are all listed, once, however many and whatever the pages', async () => {
    for (const [pageSize, messages] of [
      [1, 7],
      [3, 10],
      [50, 120],
    ] as const) {
      const { mailbox, copy } = await start(messages, (number) => Math.floor(number / 100))
      const pages = await drain(mailbox.changes(copy.folder, undefined, { pageSize }))
      const listed = pages.flatMap((page) => page.upserts.map((item) => item.id))
      expect(listed).toHaveLength(messages)
      expect(new Set(listed).size).toBe(messages)
      expect(pages.slice(0, -1).every((page) => page.upserts.length === pageSize && page.more)).toBe(true)
    }
  })

  test('T-4: of more messages of one second than a cursor can name none is left out', async () => {
    const { mailbox, copy } = await start(950, () => 1)
    const pages = await drain(mailbox.changes(copy.folder, undefined, { pageSize: 100 }))
    expect(new Set(pages.flatMap((page) => page.upserts.map((item) => item.id))).size).toBe(950)
    expect(Math.max(...pages.map((page) => page.cursor.length))).toBeLessThan(16_384)
  })

  test('law 1: what is deleted while pages are read moves nothing out of sight', async () => {
    const { other, copy } = await start(12, (number) => Math.ceil(number / 4))
    let gone = 0
    for (let page = 1; page <= 12; page++) {
      await copy.follow({ pageSize: 2, pages: 1 })
      if (gone < 5) await other.deleteByUser(INBOX, id(++gone))
    }
    await copy.catchUp()
    expect(await copy.described()).toEqual(sorted(await other.list(INBOX)))
    expect(copy.items.size).toBe(7)
  })

  test('MB-47: with a start date old messages are not read at all', async () => {
    const { mailbox, copy } = await start(10, (number) => number)
    const pages = await drain(mailbox.changes(copy.folder, undefined, { pageSize: 3, receivedAfter: at(8) }))
    expect(pages.flatMap((page) => page.upserts.map((item) => item.received))).toEqual([at(8), at(9), at(10)])
  })

  test('law 1: a folder of 1,500 messages is walked, listed and followed', async () => {
    const { mailbox, other, copy } = await start(1_500, (number) => number)
    const { list } = await copy.follow({ pageSize: 500 })
    expect(list.map((page) => page.upserts.length)).toEqual([500, 500, 500])
    await other.deleteByUser(INBOX, id(700))
    await other.deliver(INBOX, letter({ id: id(2_000) }))
    const after = await copy.follow({ pageSize: 500 })
    expect([after.upserts.length, after.removals.length]).toEqual([1, 1])
    expect(mailbox.can.removals).toBe('exact')
  })
})

describe('a cursor', () => {
  test('B-13: it says what it was told, and packs a state that can be packed', () => {
    const long = 'state '.repeat(50_000)
    for (const position of [
      { phase: 'walk' as const, state: undefined },
      { phase: 'walk' as const, state: 'abc' },
      { phase: 'list' as const, state: 'H4sIAAA=', at: '2026-01-05T08:00:00Z', skip: ['a', 'b'], offset: 3 },
      { phase: 'follow' as const, state: long },
    ]) {
      const cursor = writeCursor(position)
      expect(readCursor(cursor)).toEqual(position)
      expect(cursor.length).toBeLessThan(16_384)
    }
  })

  test('B-14: what is no cursor is none', () => {
    for (const wrong of [
      '',
      'e1:',
      'e1:{}',
      'e1:null',
      'e1:{"phase":"follow"}',
      'e1:{"phase":"follow","state":"~AAAA"}',
      'e2:{}',
    ])
      expect(readCursor(wrong)).toBeUndefined()
  })
})

describe('headers from what Exchange knows', () => {
  test('B-80: a message in Sent Items has no header lines, and its headers are complete all the same', () => {
    const item = itemOf(
      `<t:ItemClass>IPM.Note</t:ItemClass><t:Subject>Größe &amp; Preis</t:Subject><t:Sensitivity>Confidential</t:Sensitivity><t:Importance>High</t:Importance><t:InReplyTo>&lt;q@adatum.example&gt;</t:InReplyTo><t:DateTimeSent>2026-01-05T08:00:00Z</t:DateTimeSent><t:ToRecipients>${mailbox('Weiler, &quot;Anne&quot;', 'anne@adatum.example')}${mailbox('Ben', '/O=CONTOSO/OU=EXCHANGE/CN=BEN', 'EX')}</t:ToRecipients><t:BccRecipients>${mailbox('', 'blind@adatum.example')}</t:BccRecipients><t:ConversationIndex>AdxSYQ==</t:ConversationIndex><t:From>${mailbox('CRM', 'crm@contoso.example')}</t:From><t:InternetMessageId>&lt;m@contoso.example&gt;</t:InternetMessageId><t:References>&lt;p@adatum.example&gt; &lt;q@adatum.example&gt;</t:References>`,
    )
    expect(headersOf(item)).toMatchObject({
      messageId: '<m@contoso.example>',
      inReplyTo: '<q@adatum.example>',
      references: ['<p@adatum.example>', '<q@adatum.example>'],
      threadIndex: 'AdxSYQ==',
      subject: 'Größe & Preis',
      from: [{ name: 'CRM', address: 'crm@contoso.example' }],
      to: [
        { name: 'Weiler, "Anne"', address: 'anne@adatum.example' },
        { name: 'Ben', address: '' },
      ],
      bcc: [{ name: '', address: 'blind@adatum.example' }],
      date: new Date('2026-01-05T08:00:00Z'),
      importance: 'high',
      sensitivity: 'confidential',
      kind: 'message',
    })
  })

  test('B-80: header lines count before properties, and none can smuggle in another', () => {
    const item = itemOf(
      `<t:Subject>Property</t:Subject><t:InternetMessageHeaders>${line('Subject', '=?utf-8?Q?L=C3=ADnea?=&#13;&#10;From: evil@evil.example')}${line('From', 'Anne &lt;anne@adatum.example&gt;')}${line('Bad: Name', 'x')}${line('List-ID', '&lt;news.adatum.example&gt;')}</t:InternetMessageHeaders>`,
    )
    expect(headersOf(item)).toMatchObject({
      subject: expect.stringMatching(/^Línea/),
      from: [{ name: 'Anne', address: 'anne@adatum.example' }],
      listId: '<news.adatum.example>',
    })
  })

  test.each([
    ['T-14', 'IPM.Schedule.Meeting.Request', { kind: 'meeting' }],
    ['T-14', 'REPORT.IPM.Note.NDR', { kind: 'report' }],
    ['T-11', 'IPM.Note.rpmsg.Microsoft.Voicemail.UM.CA', { rightsProtected: true }],
    ['T-12', 'IPM.Note.SMIME', { encrypted: true }],
    ['T-12', 'IPM.Note.SMIME.MultipartSigned', { encrypted: false }],
  ])('%s: the class %s is known', (_, itemClass, expected) => {
    expect(headersOf(itemOf(`<t:ItemClass>${itemClass}</t:ItemClass>`))).toMatchObject(expected)
  })
})

function itemOf(inner: string): Node {
  const nodes: Node[] = []
  const reader = new AnswerReader({ wanted: new Set(['Message']), onNode: (node) => nodes.push(node) })
  reader.push(Buffer.from(`<a xmlns:t="t"><t:Message>${inner}</t:Message></a>`))
  reader.end()
  return nodes[0] as Node
}

function mailbox(name: string, address: string, routing = 'SMTP'): string {
  return `<t:Mailbox><t:Name>${name}</t:Name><t:EmailAddress>${address}</t:EmailAddress><t:RoutingType>${routing}</t:RoutingType></t:Mailbox>`
}

function line(name: string, value: string): string {
  return `<t:InternetMessageHeader HeaderName="${name}">${value}</t:InternetMessageHeader>`
}
