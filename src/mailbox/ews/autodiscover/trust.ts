import { isIP } from 'node:net'

/**
 * Where credentials may be shown to. Whoever answers for a domain could lead us anywhere, to services of this network
 * too: so only HTTPS on its usual port, no bare addresses, and nothing that an unprotected answer names unless it is of
 * the same domain or Microsoft's.
 */
export function mayFollow(target: string, from: URL): URL | undefined {
  if (!URL.canParse(target)) return undefined
  const url = new URL(target)
  if (url.username || url.password || target.length > 2_048) return undefined
  // On this machine everything may lead to this machine, as tests and the sandbox do.
  if (isLoopback(from.hostname)) return isLoopback(url.hostname) && /^https?:$/.test(url.protocol) ? url : undefined
  if (url.protocol !== 'https:' || url.port !== '') return undefined
  return isIP(url.hostname.replaceAll(/^\[|\]$/g, '')) || isLoopback(url.hostname) || !url.hostname.includes('.')
    ? undefined
    : url
}

/** Whether an answer that anybody could have given (plain HTTP, DNS) may name this server for the domain. */
export function isOfDomain(url: URL, domain: string): boolean {
  const host = url.hostname.toLowerCase()
  const own = domain.toLowerCase()
  return [own, 'outlook.com', 'office365.com', 'office.com'].some((name) => host === name || host.endsWith(`.${name}`))
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}
