import { type Logger, pino } from 'pino'

const SECRET = ['authorization', 'cookie', 'password', 'client_secret', 'secret', 'token', 'access_token']

/** Lines of JSON on standard error. Secrets are left out wherever they stand. */
export function createLogger(
  level: string = 'info',
  destination: { write(line: string): void } = process.stderr,
): Logger {
  const paths = SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  return pino({ level, redact: { paths, censor: '[secret]' } }, destination)
}
