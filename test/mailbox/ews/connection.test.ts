import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type ConnectionSettingsInput, connectionSettings, type Mailbox, openMailbox } from '#mailbox'
import { systemClock } from '#time'
import { bytesOf, failure } from '../conformance/use.ts'
import { answer, backOff, emptyMailbox, failed, fault } from './support/answers.ts'
import { ntlmGuard, type Script, type SmallServer, startServer } from './support/server.ts'

type Ews = Extract<ConnectionSettingsInput, { kind: 'ews' }>

const account = { user: 'svc-crm', domain: 'CONTOSO', password: 'Pa55 wörd' }
const ntlm = { kind: 'password' as const, user: 'CONTOSO\\svc-crm', password: account.password }
const basic = { kind: 'password' as const, user: 'anne', password: 'x:y', scheme: 'basic' as const }

async function open({ url }: { url: string }, more: Partial<Ews> = {}): Promise<Mailbox> {
  const settings = { kind: 'ews', mailbox: 'anne@contoso.example', url, auth: basic, timeoutMs: 1_000, ...more }
  return openMailbox(connectionSettings(settings), { clock: systemClock })
}

/** A server that opens the mailbox and then answers as told. */
async function answering(script: Script): Promise<{ server: SmallServer; mailbox: Mailbox }> {
  let opened = false
  const server = await startServer((asked) => {
    if (opened) return script(asked)
    opened = true
    return emptyMailbox(asked)
  })
  return { server, mailbox: await open(server) }
}

describe('NTLM', () => {
  test('MB-7: a connection is proved once, and again when it was cut', async () => {
    const guard = ntlmGuard(account)
    const server = await startServer(emptyMailbox, guard)
    const mailbox = await open(server, { auth: ntlm })
    await mailbox.folders()
    await mailbox.folders()
    expect([server.connections, guard.handshakes]).toEqual([1, 1])
    server.cut()
    await mailbox.folders()
    expect([server.connections, guard.handshakes]).toEqual([2, 2])
    await mailbox.close()
  })

  test('MB-7: the server is asked what it knows, and the password is not shown where it need not be', async () => {
    for (const [offers, scheme] of [
      [['Basic realm="x"', 'NTLM'], 'auto'],
      [['Negotiate', 'NTLM'], 'auto'],
      [['Negotiate'], 'auto'],
      [['Negotiate'], 'negotiate'],
      [['NTLM'], 'ntlm'],
    ] as const) {
      const server = await startServer(emptyMailbox, ntlmGuard(account, offers))
      const mailbox = await open(server, { auth: { ...ntlm, scheme } })
      expect(
        server.asked.map((asked) => asked.headers.authorization ?? '').filter((it) => it.startsWith('Basic')),
      ).toEqual([])
      await mailbox.close()
    }
  })

  test('MB-7: user@domain is sent whole', async () => {
    const server = await startServer(emptyMailbox, ntlmGuard({ ...account, user: 'svc@contoso.example', domain: '' }))
    const mailbox = await open(server, { auth: { ...ntlm, user: 'svc@contoso.example' } })
    expect((await mailbox.folders())[0]?.path).toEqual(['INBOX'])
    await mailbox.close()
  })

  test('MO-32: a wrong password is told as such', async () => {
    const server = await startServer(emptyMailbox, ntlmGuard(account))
    const error = await failure(() => open(server, { auth: { ...ntlm, password: 'wrong' } }))
    expect(error).toMatchObject({ kind: 'denied', code: 'CredentialsIncorrect' })
    expect(error.message).toContain('DOMAIN\\user')
  })

  test('MB-10: twenty mailboxes are impersonated over four connections at most', async () => {
    const guard = ntlmGuard(account)
    const server = await startServer(emptyMailbox, guard)
    const addresses = Array.from({ length: 20 }, (_, number) => `user${number}@contoso.example`)
    const mailboxes = await Promise.all(
      addresses.map((mailbox) => open(server, { auth: ntlm, mailbox, impersonate: true })),
    )
    await Promise.all(mailboxes.map((mailbox) => mailbox.folders()))
    expect(server.connections).toBeLessThanOrEqual(4)
    expect(guard.handshakes).toBe(server.connections)
    const named = server.asked.map(({ body }) => /<t:PrimarySmtpAddress>([^<]*)</.exec(body)?.[1])
    expect(new Set(named)).toEqual(new Set(addresses))
    for (const { headers, body } of server.asked) {
      expect(body).toContain(`<t:PrimarySmtpAddress>${String(headers['x-anchormailbox'])}<`)
    }
    await Promise.all(mailboxes.map((mailbox) => mailbox.close()))
  })
})

describe('Basic, OAuth, delegates', () => {
  test('MB-7: Basic carries name and password', async () => {
    const server = await startServer(emptyMailbox)
    await (await open(server)).close()
    const [asked] = server.asked
    expect(Buffer.from(asked?.headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe('anne:x:y')
  })

  test('MB-6: an application asks for its token once, and for another when it is refused', async () => {
    let given = 0
    const server = await startServer((asked) => {
      if (asked.path.includes('/token')) return JSON.stringify({ access_token: `T${++given}`, expires_in: 3600 })
      return asked.headers.authorization === 'Bearer T1' && server.asked.length > 4
        ? { status: 401 }
        : emptyMailbox(asked)
    })
    const auth = {
      kind: 'oauth' as const,
      tenant: 'contoso.example',
      clientId: 'app',
      secret: 's3cret',
      loginUrl: server.origin,
    }
    const mailbox = await open(server, { auth, impersonate: true })
    for (const _ of [1, 2, 3]) await mailbox.folders()
    expect(given).toBe(2)
    const form = new URLSearchParams(server.asked[0]?.body)
    expect(Object.fromEntries(form)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: 's3cret',
      scope: 'https://outlook.office365.com/.default',
    })
    await mailbox.close()
  })

  test('MB-6: a directory that gives no token says why', async () => {
    const refusal = {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace',
    }
    const server = await startServer(() => ({ status: 401, body: JSON.stringify(refusal) }))
    const auth = { kind: 'oauth' as const, tenant: 't', clientId: 'app', secret: 'x', loginUrl: server.origin }
    const error = await failure(() => open(server, { auth, impersonate: true }))
    expect(error).toMatchObject({ kind: 'denied', code: 'CredentialsIncorrect' })
    expect(error.message).toContain('AADSTS7000215: Invalid client secret provided.')
    expect(error.message).not.toContain('Trace')
  })

  test('MB-10: a delegate names the mailbox whose folders are meant, and gets no push', async () => {
    const server = await startServer(emptyMailbox)
    const mailbox = await open(server, { auth: { ...basic, user: 'CONTOSO\\svc' } })
    expect(server.asked[0]?.body).toContain(
      '<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>anne@contoso.example</t:EmailAddress></t:Mailbox>',
    )
    expect(server.asked[0]?.body).not.toContain('Impersonation')
    expect(mailbox.can.push).toBe(false)
    await mailbox.close()
    const own = await open(server, { auth: { ...basic, user: 'Anne@contoso.example' } })
    expect(server.asked.at(-1)?.body).not.toContain('t:Mailbox')
    expect(own.can.push).toBe(true)
    await own.close()
  })

  test('MB-14: what keeps requests on one machine is told again, for each mailbox its own', async () => {
    let number = 0
    const server = await startServer((asked) => ({
      headers: { 'set-cookie': `X-BackEndOverrideCookie=machine${++number}; path=/; secure; HttpOnly` },
      body: emptyMailbox(asked),
    }))
    const [one, two] = [await open(server), await open(server, { mailbox: 'bob@contoso.example' })]
    await one.folders()
    await two.folders()
    expect(server.asked.map((asked) => asked.headers.cookie)).toEqual([
      undefined,
      undefined,
      'X-BackEndOverrideCookie=machine1',
      'X-BackEndOverrideCookie=machine2',
    ])
    expect(server.asked[2]?.headers['x-preferserveraffinity']).toBe('true')
    await one.close()
    await two.close()
  })
})

describe('what goes wrong', () => {
  test('T-90: a damaged message fails alone, when it is read', async () => {
    const { mailbox } = await answering(({ operation, body }) => {
      const ids = [...body.matchAll(/ItemId Id="(\w+)"/g)].map(([, id]) => id as string)
      return answer(
        operation,
        ...ids.map((id) =>
          id === 'bad' || (id === 'large' && ids.length === 1) ? failed('ErrorMimeContentConversionFailed') : item(id),
        ),
      )
    })
    const read: string[] = []
    const damaged: unknown[] = []
    for (const ids of [
      ['a', 'bad', 'b'],
      ['a', 'large'],
    ]) {
      const sizes = new Map(ids.map((id) => [id, id === 'large' ? 2_000_000 : 20]))
      for await (const { id, source } of mailbox.raw('inbox', ids, { sizes })) {
        try {
          read.push((await bytesOf(source)).toString())
        } catch (error) {
          damaged.push([id, error])
        }
      }
    }
    expect(read).toEqual(['Subject: a', 'Subject: b', 'Subject: a'])
    expect(damaged).toMatchObject([
      ['bad', { kind: 'permanent', code: 'MessageRefused', scope: 'item' }],
      ['large', { kind: 'permanent', code: 'MessageRefused', scope: 'item' }],
    ])
    await mailbox.close()
  })

  test('MB-7: no password is shown to a server that asks for none', async () => {
    const server = await startServer(() => ({ status: 503 }))
    const error = await failure(() => open(server, { auth: { ...basic, scheme: 'auto' } }))
    expect(error).toMatchObject({ kind: 'throttled', code: 'ServiceUnavailable' })
    expect(server.asked.map((asked) => asked.headers.authorization)).toEqual([undefined])
  })

  test('SC-42: a busy server says how long to wait, as a fault and within an answer', async () => {
    for (const reply of [
      fault('ErrorServerBusy', backOff(297_749)),
      answer(
        'SyncFolderHierarchy',
        `${failed('ErrorServerBusy')}${backOff(297_749).replace('t:MessageXml', 'm:MessageXml').replace('/t:MessageXml', '/m:MessageXml')}`,
      ),
    ]) {
      const { mailbox } = await answering(() => reply)
      const error = await failure(() => mailbox.folders())
      expect(error).toMatchObject({
        kind: 'throttled',
        code: 'ServiceUnavailable',
        scope: 'server',
        retryAfter: 297_749,
      })
      await mailbox.close()
    }
  })

  test('law 10: statuses of HTTP name owner, cause and remedy', async () => {
    const cases: [number, Record<string, string>, object, RegExp][] = [
      [401, {}, { kind: 'denied', code: 'CredentialsIncorrect' }, /DOMAIN\\user/],
      [403, {}, { kind: 'denied', code: 'CredentialsIncorrect' }, /EwsEnabled/],
      [456, {}, { kind: 'denied', code: 'CredentialsIncorrect' }, /blocked/],
      [
        302,
        { location: 'https://sso.contoso.example/adfs' },
        { kind: 'permanent', code: 'SettingsInvalid' },
        /sso\.contoso\.example.*location/,
      ],
      [404, {}, { kind: 'permanent', code: 'SettingsInvalid' }, /Exchange\.asmx/],
      [413, {}, { kind: 'tooLarge', code: 'MessageTooLarge', scope: 'item' }, /maxAllowedContentLength/],
      [429, { 'retry-after': '120' }, { kind: 'throttled', code: 'ServiceUnavailable', retryAfter: 120_000 }, /busy/],
      [503, {}, { kind: 'throttled', code: 'ServiceUnavailable', scope: 'server' }, /busy/],
      [502, {}, { kind: 'transient', code: 'ErrorInternalServerTransientError', scope: 'server' }, /502/],
      [500, {}, { kind: 'transient', code: 'ErrorInternalServerTransientError' }, /500/],
    ]
    for (const [status, headers, expected, words] of cases) {
      const { mailbox } = await answering(() => ({ status, headers, body: '<html><br></html>' }))
      const error = await failure(() => mailbox.folders())
      expect(error).toMatchObject(expected)
      expect(error.message).toMatch(words)
      await mailbox.close()
    }
  })

  test('law 10: codes of Exchange are told apart by what must be done', async () => {
    const cases: [string, object, RegExp][] = [
      ['ErrorAccessDenied', { kind: 'denied', code: 'CredentialsIncorrect' }, /Full Access/],
      ['ErrorImpersonateUserDenied', { kind: 'denied', code: 'ImpersonationDenied' }, /ApplicationImpersonation/],
      ['ErrorNonExistentMailbox', { kind: 'permanent', code: 'MailboxNotFound' }, /address/],
      ['ErrorMailboxMoveInProgress', { kind: 'transient', scope: 'mailbox' }, /moved/],
      ['ErrorMailboxStoreUnavailable', { kind: 'transient' }, /tried again/],
      ['ErrorQuotaExceeded', { kind: 'full', code: 'ErrorQuotaExceeded' }, /full/],
      ['ErrorSendAsDenied', { kind: 'denied', code: 'ErrorSendAsDenied', scope: 'item' }, /Send As/],
      ['ErrorMessageSizeExceeded', { kind: 'tooLarge', code: 'MessageTooLarge', scope: 'item' }, /limits/],
      ['ErrorTimeoutExpired', { kind: 'transient', code: 'Timeout' }, /long/],
      ['ErrorSchemaValidation', { kind: 'permanent', code: 'NotSupported' }, /report/],
      ['ErrorOfTomorrow', { kind: 'transient', code: 'ErrorInternalServerTransientError' }, /ErrorOfTomorrow/],
    ]
    for (const [code, expected, words] of cases) {
      const { mailbox } = await answering(({ operation }) => answer(operation, failed(code)))
      const error = await failure(() => mailbox.folders())
      expect(error).toMatchObject(expected)
      expect(error.message).toMatch(words)
      expect(error.message).toContain(code)
      await mailbox.close()
    }
  })

  test('law 10: answers that cannot be read are told as such, and the next call works', async () => {
    const good = answer(
      'SyncFolderHierarchy',
      '<m:SyncState>H</m:SyncState><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>',
    )
    const wrong = [
      { body: '<html><body>Sign in<br></body></html>' },
      { body: '<html/>' },
      { body: '' },
      { body: good, cutAfter: 200 },
      { body: good.replace('</m:SyncState>', '') },
      { body: good, headers: { 'content-encoding': 'gzip' } },
      { silent: true },
    ]
    for (const reply of wrong) {
      let times = 0
      const { mailbox } = await answering(() => (times++ === 0 ? reply : good))
      expect(await failure(() => mailbox.folders())).toMatchObject({ kind: 'transient', name: 'MailboxError' })
      expect(await mailbox.folders()).toEqual([])
      await mailbox.close()
    }
  })

  test('law 10: a compressed answer is read', async () => {
    const good = answer(
      'SyncFolderHierarchy',
      '<m:SyncState>H</m:SyncState><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>',
    )
    const { mailbox } = await answering(() => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(good) }))
    expect(await mailbox.folders()).toEqual([])
    await mailbox.close()
  })

  test('B-1: an older Exchange is spoken to in its own version', async () => {
    const server = await startServer((asked) =>
      /Version="Exchange2010/.test(asked.body) ? emptyMailbox(asked) : fault('ErrorInvalidServerVersion'),
    )
    const mailbox = await open(server)
    await mailbox.folders()
    expect(server.asked.map(({ body }) => /RequestServerVersion Version="(\w+)"/.exec(body)?.[1])).toEqual([
      'Exchange2013_SP1',
      'Exchange2013',
      'Exchange2010_SP2',
      'Exchange2010_SP2',
    ])
    await mailbox.close()
  })

  test('MO-60: nobody at the address is told with it', async () => {
    const error = await failure(() => open({ url: 'http://127.0.0.1:9/EWS/Exchange.asmx' }))
    expect(error).toMatchObject({ kind: 'transient', code: 'ConnectFailure' })
    expect(error.message).toContain('127.0.0.1:9')
  })

  test('MB-7: a password is not sent without TLS to another machine', () => {
    const settings = {
      kind: 'ews',
      mailbox: 'anne@contoso.example',
      url: 'http://mail.contoso.example/EWS',
      auth: basic,
    }
    expect(() => connectionSettings(settings)).toThrow(/url: must be https/)
  })
})

function mime(id: string): string {
  return `<t:MimeContent CharacterSet="UTF-8">${Buffer.from(`Subject: ${id}`).toString('base64')}</t:MimeContent>`
}

function item(id: string): string {
  const size = id === 'large' ? 2_000_000 : 20
  return `<m:Items><t:Message>${mime(id)}<t:ItemId Id="${id}"/><t:Size>${size}</t:Size></t:Message></m:Items>`
}
