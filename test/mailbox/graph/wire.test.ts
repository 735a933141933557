import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connectionSettings, type Mailbox, MailboxError, openMailbox } from '#mailbox'
import { systemClock } from '#time'
import { drain, failure } from '../conformance/use.ts'
import { partsOf, type Reply, type Seen, type Stub, stub } from './support/stub.ts'

const found = () => ({ json: { value: [] } })
const search = (mailbox: Mailbox) => mailbox.find('<x@adatum.example>')

async function using<T>(it: Stub, work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
  const mailbox = await openMailbox(it.settings, { clock: systemClock })
  try {
    return await work(mailbox)
  } finally {
    await mailbox.close()
  }
}

/** Answers in the order given, then the last one again and again. */
function inTurn(...replies: Reply[]): () => Reply {
  let at = 0
  return () => replies[Math.min(at++, replies.length - 1)] as Reply
}

describe('Microsoft Graph over HTTP', () => {
  test('B-13: every request asks for ids that survive a move', async () => {
    const it = await stub(found)
    await using(it, search)
    expect(it.seen[0]?.headers['prefer']).toContain('IdType="ImmutableId"')
    expect(it.seen[0]?.path).toBe(
      "/v1.0/users/sales@contoso.example/messages?$filter=internetMessageId eq '<x@adatum.example>'&$select=id,parentFolderId,internetMessageId&$top=100",
    )
  })

  test('SC-42: a short wait is ridden out, a long one is left to the schedule', async () => {
    const short = await stub(inTurn({ status: 429, headers: { 'retry-after': '0' }, json: {} }, found()))
    await using(short, search)
    expect(short.seen).toHaveLength(2)
    for (const status of [429, 503]) {
      const long = await stub(() => ({ status, headers: { 'retry-after': '120' }, json: {} }))
      const error = await using(long, (mailbox) => failure(() => search(mailbox)))
      expect(error).toMatchObject({ kind: 'throttled', code: 'ServiceUnavailable', retryAfter: 120_000 })
      expect(long.seen).toHaveLength(1)
    }
  })

  test('SC-42: a server that never stops asking to wait is given up after some attempts', async () => {
    const it = await stub(() => ({ status: 429, headers: { 'retry-after': '0' }, json: {} }))
    const error = await using(it, (mailbox) => failure(() => search(mailbox)))
    expect(error).toMatchObject({ kind: 'throttled' })
    expect(it.seen).toHaveLength(4)
  })

  test('SC-42: parts of a batch that are turned away are asked again, the others are not', async () => {
    let round = 0
    const it = await stub((seen) => {
      if (!seen.path.endsWith('/$batch')) return { json: { id: 'f' } }
      round++
      return {
        json: {
          responses: partsOf(seen).map(({ id }) =>
            round === 1 && id === '1'
              ? { id, status: 429, headers: { 'Retry-After': '0' }, body: {} }
              : { id, status: 200, headers: {}, body: message(`m${id}`) },
          ),
        },
      }
    })
    const headers = await using(it, (mailbox) => mailbox.headers('f', ['m0', 'm1', 'm2']))
    expect(headers.map((item) => item.id)).toEqual(['m0', 'm1', 'm2'])
    const batches = it.seen.filter((seen) => seen.path.endsWith('/$batch')).map((seen) => partsOf(seen).length)
    expect(batches).toEqual([3, 1])
  })

  test('SC-42: never more than four requests at a time, and batches of at most 20', async () => {
    let now = 0
    let most = 0
    const it = await stub(async (seen) => {
      now++
      most = Math.max(most, now)
      await wait(20)
      now--
      if (!seen.path.endsWith('/$batch')) return { json: { id: 'f', value: [] } }
      expect(most).toBeLessThanOrEqual(4)
      return { json: { responses: partsOf(seen).map(({ id }) => ({ id, status: 404, body: {} })) } }
    })
    await using(it, async (mailbox) => {
      await Promise.all(Array.from({ length: 12 }, () => search(mailbox)))
      await Promise.all([mailbox.headers('f', ids(45)), search(mailbox), mailbox.headers('f', ids(3))])
    })
    expect(most).toBe(4)
    const sizes = it.seen.filter((seen) => seen.path.endsWith('/$batch')).map((seen) => partsOf(seen).length)
    expect(sizes.sort((a, b) => a - b)).toEqual([3, 5, 20, 20])
  })

  test('law 10: what Graph refuses is told by kind, code, cause and remedy', async () => {
    const cases: [number, string, Partial<MailboxError>, RegExp][] = [
      [403, 'ErrorAccessDenied', { kind: 'denied', code: 'CredentialsIncorrect' }, /Mail\.ReadWrite/],
      [404, 'MailboxNotEnabledForRESTAPI', { kind: 'permanent', code: 'MailboxNotEnabledForRESTAPI' }, /licence/],
      [404, 'ErrorInvalidUser', { kind: 'permanent', code: 'NoUserInTenant' }, /nobody of the tenant/],
      [404, 'ErrorNonExistentMailbox', { kind: 'permanent', code: 'MailboxNotFound' }, /primary one/],
      [404, 'ErrorItemNotFound', { kind: 'notFound', code: 'ItemNotFound' }, /deleted or moved/],
      [403, 'ErrorQuotaExceeded', { kind: 'full', code: 'ErrorQuotaExceeded' }, /make room/],
      [507, '', { kind: 'full', code: 'ErrorQuotaExceeded' }, /make room/],
      [403, 'ErrorSendAsDenied', { kind: 'denied', code: 'ErrorSendAsDenied', scope: 'item' }, /Send as/],
      [413, 'RequestEntityTooLarge', { kind: 'tooLarge', code: 'MessageTooLarge' }, /too large/],
      [412, 'ErrorIrresolvableConflict', { kind: 'conflict' }, /meanwhile/],
      [429, 'ErrorSubmissionQuotaExceeded', { kind: 'throttled', code: 'ErrorSubmissionQuotaExceeded' }, /later/],
      [500, 'ErrorInternalServerTransientError', { kind: 'transient' }, /tried again/],
      [400, 'SomethingNew', { kind: 'transient' }, /SomethingNew/],
      [418, '', { kind: 'transient' }, /status 418/],
    ]
    for (const [status, code, expected, words] of cases) {
      const it = await stub(() => ({
        status,
        headers: { 'retry-after': '99' },
        json: { error: { code, message: 'No.' } },
      }))
      const error = await using(it, (mailbox) => failure(() => search(mailbox)))
      expect(error).toMatchObject(expected)
      expect(error.message).toMatch(words)
    }
  })

  test('law 10: a cut, a redirect, and an answer that is no JSON are transient', async () => {
    const cut = await stub(() => ({ cut: true }))
    expect(await using(cut, (mailbox) => failure(() => search(mailbox)))).toMatchObject({
      kind: 'transient',
      code: 'ConnectFailure',
    })
    expect(cut.seen).toHaveLength(2)
    const elsewhere = await stub(() => ({ json: {} }))
    const redirect = await stub(() => ({ status: 302, headers: { location: elsewhere.url } }))
    expect(await using(redirect, (mailbox) => failure(() => search(mailbox)))).toMatchObject({ kind: 'transient' })
    expect(elsewhere.seen).toHaveLength(0)
    const html = await stub(() => ({ text: '<html>maintenance</html>' }))
    expect(await using(html, (mailbox) => failure(() => search(mailbox)))).toMatchObject({ kind: 'transient' })
  })

  test('law 10: a server that is silent is given up after the time of the profile', async () => {
    const it = await stub(() => new Promise<Reply>(() => undefined))
    const mailbox = await openMailbox(it.with({ timeoutMs: 1_000 }), { clock: systemClock })
    expect(await failure(() => search(mailbox))).toMatchObject({ kind: 'transient', code: 'Timeout' })
    await mailbox.close()
  })

  test('law 10: a link to another origin is not followed, and no token goes there', async () => {
    const elsewhere = await stub(found)
    for (const link of [`${elsewhere.url}/v1.0/users/x/messages?$skiptoken=1`, 'file:///etc/passwd', 'nonsense']) {
      const it = await stub((seen: Seen) =>
        seen.path.includes('/delta') ? { json: { value: [], '@odata.nextLink': link } } : { json: { id: 'f' } },
      )
      const error = await using(it, (mailbox) => failure(() => drain(mailbox.changes('f', undefined, { pageSize: 5 }))))
      expect(error).toMatchObject({ kind: 'transient' })
    }
    expect(elsewhere.seen).toHaveLength(0)
  })

  test('law 10: settings name https, or this machine', () => {
    const base = {
      kind: 'graph',
      tenant: 'contoso.example',
      clientId: '1',
      auth: { kind: 'clientSecret', secret: 's' },
      address: 'a@contoso.example',
    }
    for (const graphUrl of [
      'https://graph.contoso.example',
      'http://127.0.0.1:80',
      'http://localhost:1/x',
      'http://[::1]:1',
    ])
      expect(connectionSettings({ ...base, graphUrl })).toMatchObject({ graphUrl })
    for (const graphUrl of [
      'http://graph.contoso.example',
      'https://u:p@graph.example',
      'https://x.example/?q=1',
      'ftp://x',
    ])
      expect(() => connectionSettings({ ...base, graphUrl })).toThrow(MailboxError)
    for (const change of [{ tenant: '../x' }, { clientId: 'a/b' }, { address: 'a/../b@c' }])
      expect(() => connectionSettings({ ...base, ...change })).toThrow(MailboxError)
  })
})

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `m${number}`)
}

function message(id: string) {
  return {
    id,
    parentFolderId: 'f',
    receivedDateTime: '2026-01-05T08:00:00Z',
    categories: [],
    isRead: false,
    isDraft: false,
    internetMessageHeaders: [{ name: 'Subject', value: id }],
    singleValueExtendedProperties: [{ id: 'Integer 0xe08', value: '120' }],
  }
}
