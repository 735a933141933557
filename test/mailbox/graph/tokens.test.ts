import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Mailbox, MailboxError, openMailbox, type Secret } from '#mailbox'
import { SimulatedClock, systemClock } from '#time'
import { failure } from '../conformance/use.ts'
import { type Stub, stub } from './support/stub.ts'

const empty = () => ({ json: { value: [] } })

async function using(it: Stub, work: (mailbox: Mailbox) => Promise<unknown>, settings = it.settings) {
  const mailbox = await openMailbox(settings, { clock: systemClock })
  try {
    return await work(mailbox)
  } finally {
    await mailbox.close()
  }
}

describe('tokens of Microsoft Entra', () => {
  test('MB-7: an application signs in with its secret, and many mailboxes share one token', async () => {
    const it = await stub(empty)
    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        openMailbox(it.with({ address: `user${number}@contoso.example` }), { clock: systemClock }),
      ),
    )
    await Promise.all(opened.map((mailbox) => mailbox.find('<x@adatum.example>')))
    expect(it.tokens).toBe(1)
    expect(new Set(it.seen.map((seen) => seen.headers['authorization']))).toEqual(new Set(['Bearer token-1']))
    for (const mailbox of opened) await mailbox.close()
  })

  test('MB-7: what is asked for a token is the client credentials grant for Microsoft Graph', async () => {
    let asked = ''
    const it = await stub(empty, (seen) => {
      asked = `${seen.path} ${seen.body}`
      return { json: { access_token: 'abc', expires_in: 3600 } }
    })
    await using(it, (mailbox) => mailbox.find('<x@adatum.example>'))
    expect(asked).toBe(
      `/contoso.example/oauth2/v2.0/token client_id=${it.settings.clientId}&grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_secret=hush-hush`,
    )
  })

  test('MB-7: a token is renewed before it expires', async () => {
    const clock = new SimulatedClock()
    const it = await stub(empty)
    const mailbox = await openMailbox(it.settings, { clock })
    await clock.advance(50 * 60_000)
    await mailbox.find('<x@adatum.example>')
    expect(it.tokens).toBe(1)
    await clock.advance(6 * 60_000)
    await mailbox.find('<x@adatum.example>')
    expect(it.tokens).toBe(2)
    await mailbox.close()
  })

  test('MO-32: a token that the server refuses is replaced once, then it is the credentials', async () => {
    const it = await stub((seen) =>
      seen.headers['authorization'] === 'Bearer token-1' ? { status: 401, json: {} } : empty(),
    )
    await using(it, (mailbox) => mailbox.find('<x@adatum.example>'))
    expect(it.tokens).toBe(2)
    const other = await stub(() => ({ status: 401, json: { error: { code: 'InvalidAuthenticationToken' } } }))
    const error = await using(other, (mailbox) => failure(() => mailbox.find('<x@adatum.example>')))
    expect(error).toMatchObject({ kind: 'denied', code: 'CredentialsIncorrect' })
    expect(other.seen).toHaveLength(2)
  })

  test('MB-7: a refresh token that is replaced is handed back before it is used, and used from then on', async () => {
    const used: string[] = []
    const it = await stub(empty, (seen) => {
      const old = new URLSearchParams(seen.body).get('refresh_token') as string
      used.push(old)
      return { json: { access_token: `for-${old}`, refresh_token: `${old}+`, expires_in: 0 } }
    })
    const kept: string[] = []
    const settings = it.with({ auth: { kind: 'refreshToken', token: 'first' } })
    const onRefreshToken = (token: Secret) => {
      kept.push(token.reveal())
      return Promise.resolve()
    }
    const mailbox = await openMailbox(settings, { clock: systemClock, onRefreshToken })
    await mailbox.find('<x@adatum.example>')
    expect(used).toEqual(['first', 'first+'])
    expect(kept).toEqual(['first+', 'first++'])
    await mailbox.close()

    const stops = await stub(empty, () => ({ json: { access_token: 'a', refresh_token: 'new', expires_in: 3600 } }))
    const failing = openMailbox(stops.with({ auth: { kind: 'refreshToken', token: 'old' } }), {
      clock: systemClock,
      onRefreshToken: () => Promise.reject(new Error('disk full')),
    })
    await expect(failing).rejects.toThrow('disk full')
  })

  test('MO-32: what Entra says is told with its cause and remedy, never with the secret', async () => {
    const cases: [number, Partial<MailboxError>, RegExp][] = [
      [7000215, { kind: 'denied', code: 'CredentialsIncorrect' }, /client secret is wrong.*value of the secret/s],
      [7000222, { kind: 'denied', code: 'CredentialsIncorrect' }, /secret has expired.*new secret/s],
      [700016, { kind: 'denied', code: 'CredentialsIncorrect' }, /not known in the directory.*client id/s],
      [65001, { kind: 'denied', code: 'CredentialsIncorrect' }, /consented.*administrator/s],
      [90002, { kind: 'permanent', code: 'SettingsInvalid' }, /tenant/],
      [700082, { kind: 'denied', code: 'CredentialsIncorrect' }, /refresh token has expired/],
    ]
    for (const [number, expected, words] of cases) {
      const it = await stub(empty, () => ({
        status: 401,
        json: { error: 'invalid_client', error_description: `AADSTS${number}: It said so.\r\nTrace ID: 1` },
      }))
      const error = await failure(() => openMailbox(it.settings, { clock: systemClock }))
      expect(error).toMatchObject(expected)
      expect(error.message).toMatch(words)
      expect(inspect(error, { depth: 9 })).not.toContain('hush-hush')
    }
  })

  test('SC-42: a directory that is busy or ill is no fault of the credentials', async () => {
    const busy = await stub(empty, () => ({ status: 429, headers: { 'retry-after': '17' }, json: {} }))
    expect(await failure(() => openMailbox(busy.settings, { clock: systemClock }))).toMatchObject({
      kind: 'throttled',
      retryAfter: 17_000,
    })
    const ill = await stub(empty, () => ({ status: 503, text: '<html>' }))
    expect(await failure(() => openMailbox(ill.settings, { clock: systemClock }))).toMatchObject({ kind: 'transient' })
    const odd = await stub(empty, () => ({ json: { access_token: 'a\r\nb', expires_in: 3600 } }))
    expect(await failure(() => openMailbox(odd.settings, { clock: systemClock }))).toBeInstanceOf(MailboxError)
  })
})
