import { createServer, type Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../../src/mailbox/secret.ts'
import type { SmtpSettings } from '../../../src/mailbox/settings.ts'
import { freePort } from '../../support/ports.ts'
import { letter } from '../conformance/letters.ts'
import { failure } from '../conformance/use.ts'
import { outgoing, send } from './outgoing.ts'

describe('what servers answer', () => {
  test('SC-55: each reply is told apart', async () => {
    const cases: [number, string, string, string][] = [
      [421, '4.3.2 Service shutting down', 'throttled', 'ServiceUnavailable'],
      [450, '4.2.1 Mailbox busy', 'transient', 'ErrorInternalServerTransientError'],
      [452, '4.5.3 Too many recipients', 'throttled', 'ServiceUnavailable'],
      [550, '5.1.1 No such user', 'permanent', 'MessageRefused'],
      [550, '5.4.5 Daily sending quota exceeded', 'throttled', 'ErrorSubmissionQuotaExceeded'],
      [550, '5.7.60 Client does not have permissions to send as this sender', 'permanent', 'ErrorSendAsDenied'],
      [553, '5.7.1 Sender address rejected: not owned by user sales', 'permanent', 'ErrorSendAsDenied'],
      [552, '5.3.4 Message too big for system', 'tooLarge', 'MessageTooLarge'],
      [552, '5.2.2 Mailbox of the recipient is full', 'permanent', 'MessageRefused'],
      [530, '5.7.0 Authentication required', 'denied', 'CredentialsIncorrect'],
    ]
    const told: [number, string, string, string][] = []
    for (const [reply, text] of cases) {
      const refuse = () => Object.assign(new Error(text), { responseCode: reply })
      const settings = await serve({ onData: (stream, _, done) => stream.resume().on('end', () => done(refuse())) })
      const error = await failure(() => send(settings))
      told.push([reply, text, error.kind, error.code])
    }
    expect(told).toEqual(cases)
  })

  test('MO-32: a wrong password is denied and never shown; the right one is accepted, also as a token', async () => {
    const settings = await serve({
      authOptional: false,
      authMethods: ['PLAIN', 'XOAUTH2'],
      onAuth: (auth, _, done) => {
        const right = auth.password === 'right' || auth.accessToken === 'right'
        done(right ? null : new Error('5.7.8 Bad credentials'), { user: 'sales' })
      },
    })
    const password = { kind: 'password' as const, user: 'sales' }
    const error = await failure(() => send({ ...settings, auth: { ...password, password: new Secret('wr0ng') } }))
    expect(error).toMatchObject({ kind: 'denied', code: 'CredentialsIncorrect' })
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('wr0ng')
    await send({ ...settings, auth: { ...password, password: new Secret('right') } })
    await send({ ...settings, auth: { kind: 'xoauth2', user: 'sales', accessToken: new Secret('right') } })
  })

  test('MO-61: STARTTLS that is not offered is never replaced by plain text', async () => {
    let received = 0
    const onMailFrom: SMTPServerOptions['onMailFrom'] = (_, __, done) => {
      received++
      done()
    }
    const settings = await serve({ disabledCommands: ['STARTTLS', 'AUTH'], onMailFrom })
    const error = await failure(() => send({ ...settings, security: 'starttls' }))
    expect(error).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed' })
    expect(received).toBe(0)
  })

  test('MO-60, MO-62: nobody there, no such name, no SMTP, silence, a cut', async () => {
    const base = { host: '127.0.0.1', security: 'none', timeoutMs: 1_000 } as const
    const refused = await failure(() => send({ ...base, port: 1 }))
    expect(refused).toMatchObject({ kind: 'transient', code: 'SmtpPortError', scope: 'server' })
    const noName = await failure(() => send({ ...base, host: 'no-such-host.invalid', port: 25 }))
    expect(noName).toMatchObject({ kind: 'transient', code: 'ConnectFailure', scope: 'server' })
    const web = await failure(async () => send({ ...base, port: await speak('HTTP/1.1 400 Bad Request\r\n\r\n') }))
    expect(web).toMatchObject({ kind: 'permanent', code: 'SmtpPortError' })
    const silent = await failure(async () => send({ ...base, port: await speak('') }))
    expect(silent).toMatchObject({ kind: 'transient', code: 'Timeout' })
    const cut = await failure(async () => send({ ...base, port: await speak('220 hello\r\n', true) }))
    expect(cut).toMatchObject({ kind: 'transient', code: 'ConnectFailure' })
    const plain = await failure(async () => send({ ...base, security: 'tls', port: await speak('220 hello\r\n') }))
    expect(plain).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed' })
  })
})

describe('what is refused here', () => {
  test('law 8: addresses that could become commands or headers are refused before anything is sent', async () => {
    const settings: SmtpSettings = { host: '127.0.0.1', port: await freePort(), security: 'none', timeoutMs: 1_000 }
    const evil = [
      'a@b.example>\r\nRCPT TO:<c@d.example',
      'a@b.example\nBcc: c@d.example',
      'a@b.example, c@d.example',
      '<a@b.example>',
      'nobody',
      '',
      `${'a'.repeat(400)}@b.example`,
    ]
    for (const address of evil) {
      const error = await failure(() => send(settings, outgoing({ to: [address] })))
      expect(error).toMatchObject({ kind: 'permanent', code: 'MessageRefused', scope: 'item' })
      expect((await failure(() => send(settings, outgoing({ from: address })))).code).toBe('MessageRefused')
    }
    expect((await failure(() => send(settings, outgoing({ to: [] })))).code).toBe('MessageRefused')
  })

  test('law 2: the key must be the Message-ID of the source', async () => {
    const settings: SmtpSettings = { host: '127.0.0.1', port: await freePort(), security: 'none', timeoutMs: 1_000 }
    const wrong = outgoing({ source: letter({ id: '<other@contoso.example>' }) })
    expect(await failure(() => send(settings, wrong))).toMatchObject({ code: 'MessageRefused', scope: 'item' })
  })
})

async function serve(options: SMTPServerOptions): Promise<SmtpSettings> {
  const server = new SMTPServer({ authOptional: true, hideSTARTTLS: true, allowInsecureAuth: true, ...options })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as { port: number }
  return { host: '127.0.0.1', port, security: 'none', timeoutMs: 5_000 }
}

/** A server that says one thing. */
async function speak(greeting: string, hangUp = false): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (hangUp) socket.end(greeting)
    else socket.write(greeting)
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}
