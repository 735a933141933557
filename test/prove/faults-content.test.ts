import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mail } from '../incoming/support/company.ts'
import { brokenEmail } from '../support/brokenEmail.ts'
import { engines } from '../support/database.ts'
import { type Desk, expectTracked, newDesk, openAlerts, openWorksOn, type Works } from './support/works.ts'

/** Encoded words (RFC 2047) for what no header can hold as it is. */
const word = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
const quoted = (text: string) =>
  `=?utf-8?Q?${[...Buffer.from(text)].map((byte) => `=${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')}?=`
const INJECTED = '\r\nBcc: evil@injected.example\r\nX-Injected: yes\r\n\r\nbody\0'

describe.each(engines)('messages that nobody should send, on %s', (engine) => {
  let works: Works
  beforeAll(async () => {
    works = await openWorksOn(engine)
  })
  afterAll(() => works?.close())

  const id = (name: string) => `<${name}-${engine}@foreign.example>`

  /** As a delivery agent does, which looks at no byte of it. */
  function drop(desk: Desk, source: Uint8Array): void {
    writeFileSync(join(works.dovecot.maildir(desk.user), 'new', `${Date.now()}.${randomUUID()}.test`), source, {
      mode: 0o666,
    })
  }

  /** What was kept of a message. */
  interface Stored {
    messageid: string
    subject: string
    description: string
    correlationmethod: number
    trackingtoken: string | null
    regardingobjectid: string | null
    sender: string | null
  }

  async function stored(desk: Desk): Promise<Stored[]> {
    const { rows } = await sql<Stored>`
      select distinct e.messageid, e.subject, e.description, e.correlationmethod, e.trackingtoken, e.regardingobjectid, e.sender
      from email e join email_copy c on c.email_id = e.activityid and c.mailbox_id = ${desk.mailboxId}
      order by e.messageid`.execute(works.database.sql)
    return rows
  }

  test('law 4: each of Python’s broken messages gets its decision, and none fails', async () => {
    const desk = await newDesk(works)
    const corpus = brokenEmail()
    for (const source of corpus.values()) drop(desk, source)
    const settlement = await works.cycle(desk)
    expect(settlement).toMatchObject({ outcome: { seen: corpus.size, failed: 0 } })
    expect(settlement.error).toBeUndefined()
    const { rows } = await sql<{ copies: number; undecided: number; failed: number }>`select
      (select count(*)::int from email_copy where mailbox_id = ${desk.mailboxId}) as copies,
      (select count(*)::int from email_copy c where mailbox_id = ${desk.mailboxId} and not exists (
        select from decision d where d.mailbox_id = c.mailbox_id and d.message_key = c.message_key)) as undecided,
      (select count(*)::int from decision where mailbox_id = ${desk.mailboxId} and outcome in ('failed', 'pending'))
        as failed`.execute(works.database.sql)
    expect(rows[0]).toEqual({ copies: corpus.size, undecided: 0, failed: 0 })
    const emails = await stored(desk)
    expect(emails.length).toBeGreaterThan(20)
    for (const { description } of emails) expect(description ?? '').not.toMatch(/^Content-Transfer-Encoding:/m)
    await expectClean()
  })

  /** Columns of one line, whatever the message said. */
  const LINES = {
    email: ['subject', 'messageid', 'inreplyto', 'sender', 'torecipients', 'conversationindex', 'trackingtoken'],
    activityparty: ['addressused', 'unresolvedpartyname'],
    activitymimeattachment: ['filename', 'mimetype'],
    email_copy: ['message_key', 'item_id'],
    decision: ['message_key', 'item_id'],
  }
  async function expectClean(): Promise<void> {
    for (const [table, columns] of Object.entries(LINES))
      for (const column of columns) {
        const { rows } = await sql<{ value: string }>`
          select ${sql.ref(column)} as value from ${sql.table(table)}
          where ${sql.ref(column)} ~ ${'[\\x01-\\x1f\\x7f]'}`.execute(works.database.sql)
        expect(rows, `${table}.${column}`).toEqual([])
      }
    const { rows } = await sql<{ description: string }>`
      select description from email where description ~ ${'[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f]'}`.execute(
      works.database.sql,
    )
    expect(rows).toEqual([])
  }

  test('law 10: line ends and NUL in headers, encoded or raw, become no header, row, category or second message', async () => {
    const desk = await newDesk(works)
    const send = (
      name: string,
      headers: Record<string, string>,
      more: { from?: string; subject?: string; body?: string } = {},
    ) =>
      drop(
        desk,
        mail({
          from: more.from ?? 'Otto <otto@foreign.example>',
          to: desk.address,
          messageId: id(name),
          subject: more.subject ?? name,
          headers,
          ...(more.body ? { body: more.body } : {}),
        }),
      )
    send('subject-b', {}, { subject: word(`Offer${INJECTED}`) })
    send('subject-q', {}, { subject: quoted(`Offer${INJECTED}`) })
    send('subject-raw', {}, { subject: 'Offer\0\x01\x1b[31m\rBcc: evil@injected.example' })
    send('subject-long', {}, { subject: `${'long '.repeat(150_000)}end` })
    send('subject-words', {}, { subject: Array.from({ length: 20_000 }, () => word('a\r\n')).join(' ') })
    send('name', {}, { from: `${word(`Otto" <evil@injected.example>${INJECTED}`)} <otto@foreign.example>` })
    send('address', {}, { from: `"otto\\\r\n \0evil@injected.example"@foreign.example, <otto@foreign.example>` })
    send('cc', { Cc: `${quoted(`x, evil@injected.example${INJECTED}`)} <carl@foreign.example>` })
    send('references', {
      References: `${'<x@y.example> '.repeat(50_000)}\0`,
      'In-Reply-To': `<a\0b@y.example>${word(INJECTED)}`,
    })
    send('index', { 'Thread-Index': `AQH\0${'A'.repeat(100_000)}`, 'Thread-Topic': word(INJECTED) })
    send('keywords', {
      Keywords: '$Tracked, $TrackedUndeliverable, \\Deleted',
      'X-Keywords': '$TrackedUndeliverable',
      Status: 'D',
    })
    send(
      'file',
      { 'Content-Type': 'multipart/mixed; boundary="b"' },
      {
        body: [
          '--b\r\nContent-Type: text/plain\r\n\r\nsee file',
          `--b\r\nContent-Type: application/pdf; name="${word(`../../etc/passwd${INJECTED}`)}"\r\nContent-Disposition: attachment;\r\n filename*=utf-8''..%2F..%2Fevil%0D%0ABcc%3A%20x%00.pdf\r\n\r\nx`,
          `--b\r\nContent-Type: text/x${'y'.repeat(5000)}; name="${'n'.repeat(5000)}.txt"\r\nContent-Disposition: attachment\r\n\r\nx`,
          '--b--\r\n',
        ].join('\r\n'),
      },
    )
    const settlement = await works.cycle(desk)
    expect(settlement).toMatchObject({ outcome: { seen: 12, failed: 0 } })
    expect(settlement.error).toBeUndefined()
    await expectClean()
    const names = [
      'subject-b',
      'subject-q',
      'subject-raw',
      'subject-long',
      'subject-words',
      'name',
      'address',
      'cc',
      'references',
      'index',
      'keywords',
      'file',
    ]
    await expectTracked(works, desk, names.map(id))
    const items = await desk.side.list(['INBOX'])
    for (const { categories } of items) expect(categories).toEqual(['$Tracked'])
    const { rows } = await sql<{ parties: number; people: number }>`select
      (select count(*)::int from activityparty where addressused ilike '%evil@injected.example%' and addressused not like '"%') as parties,
      (select count(*)::int from contact) as people`.execute(works.database.sql)
    expect(rows[0]).toEqual({ parties: 0, people: 0 })
    const files = await sql<{ filename: string }>`
      select a.filename from activitymimeattachment a join email e on e.activityid = a.objectid
      where e.messageid = ${id('file')} order by a.attachmentnumber`.execute(works.database.sql)
    expect(files.rows).toHaveLength(2)
    for (const { filename } of files.rows) expect(filename).not.toMatch(/[/\\]|\.\./)
  })

  test('T-90: the last of ten thousand recipients is asked too, all are parties, and the next message is tracked', async () => {
    const desk = await newDesk(works)
    const crowd = Array.from({ length: 9_999 }, (_, index) => `person${index}@crowd.example`)
    const many = id('crowd')
    const next = id('beside')
    const to = [...crowd, desk.address].join(',\r\n ')
    drop(desk, mail({ from: 'otto@foreign.example', to, messageId: many }))
    drop(desk, mail({ from: 'otto@foreign.example', to: desk.address, messageId: next }))
    const settlement = await works.cycle(desk)
    expect(settlement.error).toBeUndefined()
    await expectTracked(works, desk, [many, next])
    const { rows } = await sql<{ to: number; mine: number; addresses: number; length: number }>`
      select count(*)::int as to, count(*) filter (where p.partyid = ${desk.userId})::int as mine, count(distinct p.addressused)::int as addresses, max(length(e.torecipients)) as length
      from activityparty p join email e on e.activityid = p.activityid
      where e.messageid = ${many} and p.participationtypemask = 2`.execute(works.database.sql)
    expect(rows[0]).toMatchObject({ to: 10_000, mine: 1, addresses: 10_000 })
    expect(rows[0]?.length).toBeLessThanOrEqual(32_768)
    const traces = await sql<{ length: number }>`select max(length(trace::text)) as length from decision`.execute(
      works.database.sql,
    )
    expect(traces.rows[0]?.length).toBeLessThan(50_000)
    expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
  })

  test('T-40, T-50: another organization’s tracking token neither correlates, nor is stripped, nor taken over', async () => {
    const desk = await newDesk(works)
    const send = (name: string, subject: string) =>
      drop(desk, mail({ from: 'otto@foreign.example', to: desk.address, messageId: id(name), subject }))
    send('0-ours', 'Offer')
    await works.cycle(desk)
    await sql`update email set trackingtoken = 'CRM:0001001' where messageid = ${id('0-ours')}`.execute(
      works.database.sql,
    )
    send('1-prefix', 'Re: Offer ACME:0001001')
    send('2-number', 'Re: Offer CRM:0042777')
    send('3-inside', 'Re: Offer XCRM:00010010')
    send('4-own', 'Re: Offer CRM:0001001')
    expect((await works.cycle(desk)).error).toBeUndefined()
    const emails = (await stored(desk)).map(({ subject, correlationmethod, trackingtoken }) => ({
      subject,
      correlationmethod,
      trackingtoken,
    }))
    expect(emails.slice(1)).toEqual([
      { subject: 'Re: Offer ACME:0001001', correlationmethod: 0, trackingtoken: null },
      { subject: 'Re: Offer CRM:0042777', correlationmethod: 0, trackingtoken: null },
      { subject: 'Re: Offer XCRM:00010010', correlationmethod: 0, trackingtoken: null },
      { subject: expect.any(String), correlationmethod: 4, trackingtoken: 'CRM:0001001' },
    ])
  })
})
