import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { MailboxError } from '#mailbox'
import { systemClock } from '#time'
import { openImap } from '../../../src/mailbox/imap/index.ts'
import { Secret } from '../../../src/mailbox/secret.ts'
import type { ImapSettings } from '../../../src/mailbox/settings.ts'
import { type Dovecot, startDovecot } from '../../support/dovecot.ts'
import { freePort } from '../../support/ports.ts'
import { failure } from '../conformance/use.ts'
import { settingsOf } from './open.ts'

let dovecot: Dovecot
beforeAll(async () => {
  dovecot = await startDovecot({ tls: true, maxConnections: 2 })
})
afterAll(() => dovecot.stop())

async function open(settings: ImapSettings) {
  const mailbox = await openImap(settings, { clock: systemClock })
  onTestFinished(() => mailbox.close())
  return mailbox
}

const refused = (settings: ImapSettings): Promise<MailboxError> => failure(() => open(settings))

const tls = () => settingsOf(dovecot.tlsPort, dovecot.newUser(), { security: 'tls', ca: dovecot.ca })
const startTls = () => settingsOf(dovecot.port, dovecot.newUser(), { security: 'starttls', ca: dovecot.ca })

describe('security', () => {
  test('MB-9: TLS and STARTTLS under a private authority', async () => {
    for (const settings of [tls(), startTls()])
      expect((await (await open(settings)).folders()).length).toBeGreaterThan(1)
  })

  test('MO-61: a certificate of an unknown authority is refused, unless the profile says otherwise', async () => {
    for (const { ca: _, ...settings } of [tls(), startTls()]) {
      const error = await refused(settings)
      expect(error).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed', scope: 'server' })
      await open({ ...settings, allowUntrusted: true })
    }
  })

  test('MO-61: a certificate of another name is refused', async () => {
    const error = await refused({ ...tls(), host: '127.0.0.2' })
    expect(['SecureConnectionFailed', 'ConnectFailure']).toContain(error.code)
  })

  test('MO-61: plain text where TLS is asked for, and the reverse, name the security', async () => {
    const swapped = await refused({ ...tls(), port: dovecot.port })
    expect(swapped).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed' })
    const silent = await refused({ ...startTls(), port: dovecot.tlsPort, timeoutMs: 1_000 })
    expect(silent).toMatchObject({ kind: 'transient', code: 'Timeout' })
  })

  test('MO-61: STARTTLS that is not offered is never replaced by plain text', async () => {
    const heard: string[] = []
    const port = await scripted((line, say) => {
      heard.push(line)
      say(`* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${line.split(' ')[0]} OK done\r\n`)
    })
    const error = await refused(settingsOf(port, 'anne', { security: 'starttls' }))
    expect(error).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed' })
    expect(heard.join('\n')).not.toMatch(/AUTH|LOGIN|secret/)
  })

  test('MB-7: a password goes nowhere the server does not want it', async () => {
    const heard: string[] = []
    const port = await scripted((line, say) => {
      heard.push(line)
      say(`* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n${line.split(' ')[0]} OK done\r\n`)
    })
    expect(await refused(settingsOf(port, 'anne'))).toMatchObject({ kind: 'permanent', code: 'SettingsInvalid' })
    expect(heard.join('\n')).not.toMatch(/LOGIN|secret/)
  })
})

describe('sign-in', () => {
  test('MO-32: a wrong password is denied, and never shown', async () => {
    const settings = settingsOf(dovecot.tlsPort, dovecot.newUser(), { security: 'tls', ca: dovecot.ca })
    const password = new Secret('wrong-password')
    const error = await refused({ ...settings, auth: { kind: 'password', user: settings.auth.user, password } })
    expect(error).toMatchObject({ kind: 'denied', code: 'CredentialsIncorrect', scope: 'mailbox' })
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('wrong-password')
  })

  test('SC-42: too many connections of one user are throttled', async () => {
    const settings = settingsOf(dovecot.tlsPort, dovecot.newUser(), { security: 'tls', ca: dovecot.ca })
    await open(settings)
    await open(settings)
    expect(await refused(settings)).toMatchObject({ kind: 'throttled', code: 'ServiceUnavailable', scope: 'server' })
  })

  test('MB-7: OAuth by OAUTHBEARER, else by XOAUTH2', async () => {
    for (const mechanism of ['OAUTHBEARER', 'XOAUTH2']) {
      let sent = ''
      const port = await scripted((line, say) => {
        const [tag, command, method, token] = line.split(' ')
        if (command === 'CAPABILITY') say(`* CAPABILITY IMAP4rev1 AUTH=${mechanism} SASL-IR\r\n`)
        if (command === 'AUTHENTICATE') sent = `${method} ${Buffer.from(token ?? '', 'base64').toString()}`
        say(command === 'AUTHENTICATE' ? `${tag} NO [UNAVAILABLE] Later\r\n` : `${tag} OK done\r\n`)
      })
      const auth = { kind: 'xoauth2' as const, user: 'anne@adatum.example', accessToken: new Secret('the-token') }
      const error = await refused({ ...settingsOf(port, 'anne'), auth })
      expect(sent).toContain(mechanism)
      expect(sent).toContain('auth=Bearer the-token')
      expect(error).toMatchObject({ kind: 'transient', code: 'ServiceUnavailable' })
    }
  })

  test('SC-55: what a server answers at sign-in, and what it means', async () => {
    const answers: [string, string, string][] = [
      ['NO [AUTHENTICATIONFAILED] Invalid', 'denied', 'CredentialsIncorrect'],
      ['NO Login failed.', 'denied', 'CredentialsIncorrect'],
      ['NO [EXPIRED] Password expired', 'denied', 'CredentialsIncorrect'],
      ['NO [UNAVAILABLE] Temporary authentication failure', 'transient', 'ServiceUnavailable'],
      ['NO [LIMIT] Enough', 'throttled', 'ServiceUnavailable'],
      ['NO Too many simultaneous connections. (Failure)', 'throttled', 'ServiceUnavailable'],
      ['BYE', 'transient', 'ConnectFailure'],
    ]
    const heard: [string, string, string][] = []
    for (const [answer] of answers) {
      const port = await scripted((line, say) => {
        const [tag, command] = line.split(' ')
        if (command === 'CAPABILITY') return say(`* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`)
        say(answer === 'BYE' ? '* BYE Shutting down\r\n' : `${tag} ${answer}\r\n`, answer === 'BYE')
      })
      const error = await refused(settingsOf(port, 'anne'))
      heard.push([answer, error.kind, error.code])
    }
    expect(heard).toEqual(answers)
  })

  test('MO-60: nobody there, no such name, nobody who speaks IMAP, nobody who speaks', async () => {
    const nobody = settingsOf(await freePort(), 'anne')
    expect(await refused(nobody)).toMatchObject({ kind: 'transient', code: 'ConnectFailure', scope: 'server' })
    const noName = { ...nobody, host: 'no-such-host.invalid' }
    expect(await refused(noName)).toMatchObject({ kind: 'transient', code: 'ConnectFailure', scope: 'server' })
    const mute = await scripted(() => {}, '')
    const silent = settingsOf(mute, 'anne', { timeoutMs: 1_000 })
    expect(await refused(silent)).toMatchObject({ kind: 'transient', code: 'Timeout' })
    const web = await scripted(() => {}, 'HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await refused(settingsOf(web, 'anne', { timeoutMs: 1_000 }))).toMatchObject({ kind: 'transient' })
    const full = await scripted(() => {}, '* BYE [LIMIT] Too many connections from you\r\n')
    expect(await refused(settingsOf(full, 'anne'))).toMatchObject({ kind: 'throttled' })
  })
})

/** A server that answers as told, on a free port. */
async function scripted(
  answer: (line: string, say: (text: string, last?: boolean) => void) => void,
  greeting = '* OK ready\r\n',
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write(greeting)
    let text = ''
    socket.on('data', (data) => {
      text += data
      const lines = text.split('\r\n')
      text = lines.pop() ?? ''
      for (const line of lines) answer(line, (reply, last) => (last ? socket.end(reply) : socket.write(reply)))
    })
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}
