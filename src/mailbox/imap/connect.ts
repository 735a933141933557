import { rootCertificates } from 'node:tls'
import { ImapFlow } from 'imapflow'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import type { ImapSettings } from '../settings.ts'
import { connectError } from './failures.ts'
import { type Response, textOf } from './response.ts'
import { Session } from './session.ts'

/**
 * Connects and signs in: TCP, TLS or STARTTLS (never falling back to plain text), the SASL exchange and the extensions
 * used here. imapflow does all that; the signed-in sockets are then taken over by a `Session`.
 * @throws MailboxError
 */
export async function connect(settings: ImapSettings, clock: Clock): Promise<Session> {
  const where = `${settings.host}:${settings.port}`
  const timeout = settings.timeoutMs
  const client = new ImapFlow({
    host: settings.host,
    port: settings.port,
    secure: settings.security === 'tls',
    ...(settings.security !== 'tls' && { doSTARTTLS: settings.security === 'starttls' }),
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: settings.allowUntrusted !== true,
      ...(settings.ca !== undefined && { ca: [...rootCertificates, settings.ca] }),
    },
    auth: {
      user: settings.auth.user,
      ...(settings.auth.kind === 'password'
        ? { pass: settings.auth.password.reveal() }
        : { accessToken: settings.auth.accessToken.reveal() }),
    },
    clientInfo: { name: 'Regarding' },
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    disableCompression: true,
    disableAutoEnable: true,
    disableAutoIdle: true,
    disableIMAP4rev2: true,
    logger: false,
  })
  let failure: unknown
  client.on('error', (error) => {
    failure ??= error
  })
  const done = new AbortController()
  try {
    await Promise.race([client.connect(), overdue(clock, timeout, where, done.signal)])
  } catch (error) {
    client.close()
    throw connectError(failure ?? error, where)
  } finally {
    done.abort()
  }
  const facts = {
    capabilities: new Set([...client.capabilities.keys()].map((name) => name.toUpperCase())),
    where,
    prefix: client.namespace?.prefix ?? '',
    delimiter: client.namespace?.delimiter ?? '/',
    serverName: String(client.serverInfo?.name ?? ''),
    timeout,
  }
  if (client.isClosed) throw connectError(failure ?? new Error('it was closed at once'), where)
  const session = new Session(client.unbind(), facts, clock)
  await enableExtensions(session)
  return session
}

async function overdue(clock: Clock, timeout: number, where: string, done: AbortSignal): Promise<never> {
  try {
    await clock.sleep(timeout, done)
  } catch {
    return new Promise(() => {}) // Connecting ended first; nobody waits here any more.
  }
  throw new MailboxError('transient', 'Timeout', `${where} did not finish the sign-in within ${timeout} ms`, {
    scope: 'server',
  })
}

/** Switches on what is announced only: a server may carry out what it does not announce, but owes nothing for it. */
async function enableExtensions(session: Session): Promise<void> {
  const wanted = ['CONDSTORE', 'QRESYNC'].filter((name) => session.has(name) && session.has('ENABLE'))
  const enabled = new Set<string>()
  const onUntagged = ({ name, values }: Response) => {
    if (name === 'ENABLED') for (const value of values) enabled.add(textOf(value)?.toUpperCase() ?? '')
  }
  if (wanted.length > 0) await session.run([`ENABLE ${wanted.join(' ')}`], { onUntagged })
  if (!enabled.has('QRESYNC')) session.facts.capabilities.delete('QRESYNC')
}
