import type { Clock } from '#time'
import { type Discovery, discover } from './discover.ts'

export { isLoopback } from './trust.ts'
export { usualWays } from './ways.ts'

/** What was found is believed so long, in milliseconds. */
const BELIEVED = 12 * 3_600_000
const AT_MOST = 10_000

const found = new Map<string, { url: string; until: number }>()

/** The address of Exchange Web Services for a mailbox, asked again after half a day, or when it has failed. */
export async function locate(discovery: Discovery): Promise<URL> {
  const key = keyOf(discovery)
  const known = found.get(key)
  if (known && known.until > timeOf(discovery.clock)) return new URL(known.url)
  const url = await discover(discovery)
  found.delete(key)
  found.set(key, { url: url.href, until: timeOf(discovery.clock) + BELIEVED })
  const [oldest] = found.keys()
  if (found.size > AT_MOST && oldest !== undefined) found.delete(oldest)
  return url
}

/** The place that was found does not answer: it is asked for anew. @returns whether it had been remembered */
export function forgetLocation(discovery: Discovery): boolean {
  return found.delete(keyOf(discovery))
}

function keyOf({ address, start = '' }: Discovery): string {
  return `${address.toLowerCase()} ${start}`
}

function timeOf(clock: Clock): number {
  return clock.now().getTime()
}
