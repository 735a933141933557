/** A time zone that `Intl` knows; UTC for any other. */
export function safeTimeZone(wanted: unknown): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: String(wanted) }).resolvedOptions().timeZone
  } catch {
    return 'UTC'
  }
}
