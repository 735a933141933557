/** Milliseconds that the header `Retry-After` asks to wait: seconds or a date (RFC 9110 10.2.3), a day at most. */
export function retryAfterOf(headers: Readonly<Record<string, string>>, now: Date): number | undefined {
  const value = headers['retry-after']?.trim()
  if (!value) return undefined
  const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime()
  return Number.isFinite(wait) ? Math.min(Math.max(Math.ceil(wait), 0), DAY) : undefined
}

const DAY = 24 * 60 * 60 * 1000
