import { MailboxError, type MailboxErrorCode, type MailboxErrorKind } from '../errors.ts'

/** What codes of Microsoft Entra mean here (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). */
const MEANINGS: Record<number, { kind?: MailboxErrorKind; code?: MailboxErrorCode; meaning: string; remedy: string }> =
  {
    7000215: {
      meaning: 'The client secret is wrong',
      remedy: 'Enter the value of the secret, not its id, in the server profile.',
    },
    7000222: {
      meaning: 'The client secret has expired',
      remedy: 'Create a new secret for the application and enter it in the server profile.',
    },
    7000216: {
      meaning: 'The client secret is missing',
      remedy: 'Enter the client secret of the application in the server profile.',
    },
    700016: {
      meaning: 'The application is not known in the directory',
      remedy: 'Check the client id and the tenant, and have an administrator consent to the application.',
    },
    7000112: { meaning: 'The application is disabled', remedy: 'An administrator must enable it in Microsoft Entra.' },
    90002: {
      kind: 'permanent',
      code: 'SettingsInvalid',
      meaning: 'The directory (tenant) does not exist',
      remedy: 'Check the tenant in the server profile, and the cloud it belongs to.',
    },
    900023: {
      kind: 'permanent',
      code: 'SettingsInvalid',
      meaning: 'The tenant is neither an id nor a domain of a directory',
      remedy: 'Check the tenant in the server profile.',
    },
    65001: {
      meaning: 'Nobody has consented to the application',
      remedy: 'An administrator grants consent to its permissions in Microsoft Entra.',
    },
    650057: {
      meaning: 'The application asks for nothing of Microsoft Graph',
      remedy: 'Add the permissions that the guide names and have an administrator consent.',
    },
    70008: { meaning: 'The refresh token has expired', remedy: 'Sign in again and enter the new token.' },
    700082: {
      meaning: 'The refresh token has expired for want of use',
      remedy: 'Sign in again and enter the new token.',
    },
    70000: { meaning: 'The refresh token is not valid', remedy: 'Sign in again and enter the new token.' },
    50173: {
      meaning: 'The refresh token was revoked, for instance with a change of password',
      remedy: 'Sign in again and enter the new token.',
    },
    50057: { meaning: 'The account is disabled', remedy: 'An administrator must enable it.' },
    50034: { meaning: 'The account does not exist in the directory', remedy: 'Check the tenant and the account.' },
    50076: { meaning: 'A second factor is required', remedy: 'Sign in again with the second factor.' },
    50079: { meaning: 'A second factor must be set up', remedy: 'Sign in once in a browser, then again here.' },
    53003: {
      meaning: 'Conditional access forbids the sign-in',
      remedy: 'An administrator exempts the application or this network.',
    },
    50105: { meaning: 'The account is not assigned to the application', remedy: 'An administrator assigns it.' },
  }

/** Codes by which Entra says that it is not well itself. */
const TRANSIENT = new Set([90033, 90012, 50196, 90055])

/** Classifies an answer of the token endpoint (RFC 6749 5.2, with the AADSTS code of Entra). */
export function signInError(
  status: number,
  answer: { error?: unknown; error_description?: unknown; error_codes?: unknown },
  where: string,
  retryAfter: number | undefined,
): MailboxError {
  const description = typeof answer.error_description === 'string' ? answer.error_description : ''
  const number = numberOf(answer.error_codes, description)
  const error = typeof answer.error === 'string' ? answer.error : `status ${status}`
  const said = description.split(/\r?\n/)[0]?.slice(0, 300) || error.slice(0, 300)
  if (status === 429)
    return new MailboxError('throttled', 'ServiceUnavailable', `${where} is too busy to sign in: ${said}.`, {
      scope: 'server',
      retryAfter: retryAfter ?? 60_000,
    })
  if (status >= 500 || answer.error === 'temporarily_unavailable' || (number && TRANSIENT.has(number)))
    return new MailboxError('transient', 'ServiceUnavailable', `${where} could not sign in: ${said}.`, {
      scope: 'server',
    })
  const known = number === undefined ? undefined : MEANINGS[number]
  const { meaning, remedy } = known ?? {
    meaning: 'The sign-in was refused',
    remedy: 'Check the tenant, the client id and the secret in the server profile.',
  }
  return new MailboxError(
    known?.kind ?? 'denied',
    known?.code ?? 'CredentialsIncorrect',
    `Sign-in at ${where}: ${meaning} (${JSON.stringify(said)}). ${remedy}`,
  )
}

function numberOf(codes: unknown, description: string): number | undefined {
  const [first] = Array.isArray(codes) ? (codes as unknown[]) : []
  if (typeof first === 'number') return first
  const found = /\bAADSTS(\d{3,9})\b/.exec(description)?.[1]
  return found === undefined ? undefined : Number(found)
}
