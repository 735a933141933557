import { rootCertificates } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SmtpSettings } from '../settings.ts'

/** A connection that is signed in where the settings say so. Its failures are those of nodemailer. */
export async function openConnection(settings: SmtpSettings): Promise<SMTPConnection> {
  const connection = new SMTPConnection(optionsOf(settings))
  // What fails is told to whoever waits for it; an idle connection may end as it likes.
  connection.on('error', () => undefined)
  try {
    await until(connection, (done) => connection.connect(done))
    // A server that asks nobody who they are is there, too.
    if (settings.auth && connection.allowsAuth) await signIn(connection, settings.auth)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** A step of the conversation; it also ends when the connection does. */
export function until<T>(
  connection: SMTPConnection,
  step: (done: (error?: Error | null, result?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    connection.once('error', reject)
    step((error, result) => {
      connection.off('error', reject)
      if (error) reject(error)
      else resolve(result as T)
    })
  })
}

function optionsOf(settings: SmtpSettings): SMTPConnection.Options {
  const timeout = settings.timeoutMs
  return {
    host: settings.host,
    port: settings.port,
    secure: settings.security === 'tls',
    requireTLS: settings.security === 'starttls',
    ignoreTLS: settings.security === 'none',
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: settings.allowUntrusted !== true,
      ...(settings.ca !== undefined && { ca: [...rootCertificates, settings.ca] }),
    },
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: Math.min(timeout, 30_000),
    logger: false,
    customAuth: { XOAUTH2: bearer },
  }
}

async function signIn(connection: SMTPConnection, auth: NonNullable<SmtpSettings['auth']>): Promise<void> {
  const secret = auth.kind === 'password' ? auth.password : auth.accessToken
  const method = auth.kind === 'xoauth2' ? { method: 'XOAUTH2' } : {}
  const credentials = { user: auth.user, pass: secret.reveal(), ...method }
  await until(connection, (done) => connection.login(credentials, done))
}

/** https://developers.google.com/workspace/gmail/imap/xoauth2-protocol */
async function bearer(context: SMTPConnection.CustomAuthenticationContext): Promise<boolean> {
  const { user, pass } = context.auth.credentials
  const token = Buffer.from(`user=${user}\u0001auth=Bearer ${pass}\u0001\u0001`).toString('base64')
  let answer = await context.sendCommand(`AUTH XOAUTH2 ${token}`)
  // The server says first what was wrong, and refuses after an empty line.
  if (answer.status === 334) answer = await context.sendCommand('')
  if (answer.status < 200 || answer.status >= 300) throw new Error('Invalid login')
  return true
}
