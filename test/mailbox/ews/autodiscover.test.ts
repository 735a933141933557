import { describe, expect, test } from 'vitest'
import { Secret } from '#mailbox'
import { systemClock } from '#time'
import { type Discovery, discover } from '../../../src/mailbox/ews/autodiscover/discover.ts'
import { forgetLocation, locate } from '../../../src/mailbox/ews/autodiscover/index.ts'
import { isOfDomain, mayFollow } from '../../../src/mailbox/ews/autodiscover/trust.ts'
import type { Answer } from '../../../src/mailbox/ews/http/endpoint.ts'
import { Endpoint } from '../../../src/mailbox/ews/http/endpoint.ts'
import { failure } from '../conformance/use.ts'
import { type Asked, type Reply, type SmallServer, startServer } from './support/server.ts'

const EWS = 'http://127.0.0.1:444/EWS/Exchange.asmx'

const pox = (account: string) =>
  `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">${account}</Response></Autodiscover>`
const poxFound = (url = EWS) =>
  pox(
    `<User><DisplayName>Anne</DisplayName></User><Account><AccountType>email</AccountType><Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>http://127.0.0.1:445/inside</EwsUrl></Protocol><Protocol><Type>EXPR</Type><EwsUrl>${url}</EwsUrl></Protocol></Account>`,
  )
const soap = (user: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><Response xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><ErrorCode>NoError</ErrorCode><UserResponses><UserResponse>${user}</UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>`
const soapFound = (url = EWS) =>
  soap(
    `<ErrorCode>NoError</ErrorCode><RedirectTarget i:nil="true"/><UserSettings><UserSetting i:type="StringSetting"><Name>InternalEwsUrl</Name><Value>http://127.0.0.1:445/in</Value></UserSetting><UserSetting i:type="StringSetting"><Name>ExternalEwsUrl</Name><Value>${url}</Value></UserSetting></UserSettings>`,
  )
const missing: Reply = { status: 404 }

function discovery(servers: readonly SmallServer[], more: Partial<Discovery> = {}): Discovery {
  const endpoints = new Map<string, Endpoint>()
  const send = (url: URL, request: Parameters<Endpoint['send']>[0]): Promise<Answer> => {
    const endpoint =
      endpoints.get(url.origin) ??
      new Endpoint({
        origin: url.origin,
        timeoutMs: 1_000,
        clock: systemClock,
        connections: 2,
        credentials: { kind: 'password', user: 'anne', password: new Secret('x'), scheme: 'basic' },
      })
    endpoints.set(url.origin, endpoint)
    return endpoint.send(request)
  }
  const ways = {
    origins: () => servers.map((server) => server.origin),
    plainPage: () => undefined,
    service: () => Promise.resolve(undefined),
  }
  return { address: 'anne@contoso.example', ways, timeoutMs: 1_000, clock: systemClock, send, ...more }
}

const path = (asked: Asked) => asked.path
const isSoap = (asked: Asked) => asked.path.endsWith('.svc')

describe('Autodiscover', () => {
  test('MB-5: the newer way is asked first, then Outlook’s, at one server after the other', async () => {
    const first = await startServer(() => missing)
    const second = await startServer((asked) => (isSoap(asked) ? missing : poxFound()))
    expect((await discover(discovery([first, second]))).href).toBe(EWS)
    expect(first.asked.map(path)).toEqual(['/autodiscover/autodiscover.svc', '/autodiscover/autodiscover.xml'])
    expect(second.asked.map(path)).toEqual(['/autodiscover/autodiscover.svc', '/autodiscover/autodiscover.xml'])
    expect(second.asked[1]?.body).toContain('<EMailAddress>anne@contoso.example</EMailAddress>')
  })

  test('MB-5: what is published to the outside is taken, in both ways', async () => {
    const server = await startServer(() => soapFound())
    expect((await discover(discovery([server]))).href).toBe(EWS)
    expect(server.asked).toHaveLength(1)
    expect(server.asked[0]?.body).toContain('<a:Mailbox>anne@contoso.example</a:Mailbox>')
  })

  test('MB-5: another address or place is followed, by Exchange’s word or by HTTP', async () => {
    const end = await startServer((asked) =>
      asked.body.includes('anne@other.example') ? soapFound() : soap('<ErrorCode>InvalidUser</ErrorCode>'),
    )
    const byAddress = await startServer(() =>
      soap('<ErrorCode>RedirectAddress</ErrorCode><RedirectTarget>anne@other.example</RedirectTarget>'),
    )
    const ways = {
      origins: (domain: string) => [domain === 'other.example' ? end.origin : byAddress.origin],
      plainPage: () => undefined,
      service: () => Promise.resolve(undefined),
    }
    expect((await discover(discovery([], { ways }))).href).toBe(EWS)
    expect([byAddress.asked.length, end.asked.length]).toEqual([1, 1])

    const place = await startServer(() => poxFound())
    const byUrl = await startServer(() =>
      soap(
        `<ErrorCode>RedirectUrl</ErrorCode><RedirectTarget>${place.origin}/autodiscover/autodiscover.xml</RedirectTarget>`,
      ),
    )
    expect((await discover(discovery([byUrl]))).href).toBe(EWS)
    const byStatus = await startServer(() => ({
      status: 302,
      headers: { location: `${place.origin}/autodiscover/autodiscover.xml` },
    }))
    expect((await discover(discovery([byStatus]))).href).toBe(EWS)
  })

  test('MB-5: who leads in circles, or on and on, is left', async () => {
    const circle: SmallServer = await startServer(() => ({
      status: 302,
      headers: { location: '/autodiscover/autodiscover.svc' },
    }))
    const error = await failure(() => discover(discovery([circle])))
    expect(error).toMatchObject({ kind: 'permanent', code: 'LocationNotDetermined' })
    expect(error.message).toContain('circle')
    let number = 0
    const on: SmallServer = await startServer(() => ({ status: 302, headers: { location: `/a${number++}` } }))
    await failure(() => discover(discovery([on])))
    expect(on.asked.length).toBeLessThan(30)
  })

  test('MO-32: a refused password is told, not a missing server', async () => {
    const server = await startServer(() => ({ status: 401 }))
    expect(await failure(() => discover(discovery([server])))).toMatchObject({
      kind: 'denied',
      code: 'CredentialsIncorrect',
    })
  })

  test('MO-35: when nobody knows, it is told what was tried', async () => {
    const other = await startServer((asked) =>
      isSoap(asked)
        ? 'hello'
        : pox('<Error><ErrorCode>500</ErrorCode><Message>The email address cannot be found.</Message></Error>'),
    )
    const error = await failure(() => discover(discovery([other])))
    expect(error).toMatchObject({ kind: 'permanent', code: 'LocationNotDetermined' })
    expect(error.message).toContain('The email address cannot be found.')
    expect(error.message).toContain('it is no Autodiscover')
    expect(error.message).toContain('https://<server>/EWS/Exchange.asmx')
  })

  test('MB-5: a plain page and the name service may lead within the domain only, and see no credentials', async () => {
    const page = await startServer(() => ({
      status: 302,
      headers: { location: 'https://evil.example/autodiscover/autodiscover.xml' },
    }))
    const ways = {
      origins: () => [],
      plainPage: () => `${page.origin}/autodiscover/autodiscover.xml`,
      service: () => Promise.resolve('other.evil.example'),
    }
    const error = await failure(() => discover(discovery([], { ways })))
    expect(error.message).toContain('anybody could have given')
    expect(page.asked.map((asked) => asked.headers.authorization)).toEqual([undefined])
  })

  test('MB-5: nothing leads to services of this network, to plain HTTP or to odd ports', () => {
    const from = new URL('https://autodiscover.contoso.example/')
    for (const target of [
      'http://mail.contoso.example/EWS',
      'https://169.254.169.254/latest',
      'https://[fe80::1]/EWS',
      'https://localhost/EWS',
      'https://127.0.0.1/EWS',
      'https://intranet/EWS',
      'https://mail.contoso.example:8443/EWS',
      'https://user:secret@mail.contoso.example/EWS',
      'file:///etc/passwd',
      'nonsense',
      `https://mail.contoso.example/${'x'.repeat(3_000)}`,
    ])
      expect(mayFollow(target, from)).toBeUndefined()
    expect(mayFollow('https://mail.hoster.example/EWS', from)?.host).toBe('mail.hoster.example')
    expect(isOfDomain(new URL('https://mail.contoso.example'), 'contoso.example')).toBe(true)
    expect(isOfDomain(new URL('https://contoso.example.evil.example'), 'contoso.example')).toBe(false)
    expect(isOfDomain(new URL('https://evilcontoso.example'), 'contoso.example')).toBe(false)
    expect(isOfDomain(new URL('https://autodiscover-s.outlook.com'), 'contoso.example')).toBe(true)
  })

  test('MB-5: what was found is remembered until it is forgotten', async () => {
    const server = await startServer(() => soapFound())
    const one = discovery([server], { address: 'remember@contoso.example' })
    for (const _ of [1, 2]) expect((await locate(one)).href).toBe(EWS)
    expect(server.asked).toHaveLength(1)
    expect(forgetLocation(one)).toBe(true)
    await locate(one)
    expect(server.asked).toHaveLength(2)
  })
})
