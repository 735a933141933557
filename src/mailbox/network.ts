import { MailboxError } from './errors.ts'

const SECURE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|INVALID_CA|INVALID_PURPOSE|CRL_|PATH_LENGTH)/
const TIMEOUT = new Set([
  'CONNECT_TIMEOUT',
  'GREETING_TIMEOUT',
  'UPGRADE_TIMEOUT',
  'ETIMEDOUT',
  'ETIMEOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/** The code of a Node error, or of the first that happened when several addresses were tried. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  if (typeof code === 'string') return code
  const first = (error as { errors?: unknown[] } | undefined)?.errors?.[0]
  return first === undefined ? '' : codeOf(first)
}

/** Whether a certificate or the handshake was refused, as opposed to a network that failed. */
export function isSecurityFailure(error: unknown): boolean {
  return SECURE.test(codeOf(error))
}

/** Classifies a failure of the network or of TLS (MO-49, MO-60, MO-61). `where` names the server for people. */
export function networkError(error: unknown, where: string): MailboxError {
  if (error instanceof MailboxError) return error
  const code = codeOf(error)
  const reason = error instanceof Error ? error.message : String(error)
  const more = { scope: 'server', cause: error } as const
  if (isSecurityFailure(error)) {
    const remedy = 'Check the certificate of the server and the security setting of the profile.'
    return new MailboxError(
      'permanent',
      'SecureConnectionFailed',
      `No secure connection to ${where}: ${reason}. ${remedy}`,
      more,
    )
  }
  if (TIMEOUT.has(code)) {
    return new MailboxError('transient', 'Timeout', `${where} did not answer in time: ${reason}`, more)
  }
  return new MailboxError('transient', 'ConnectFailure', `The connection to ${where} failed: ${reason}`, more)
}
