import { resolveSrv } from 'node:dns/promises'

/** Where the servers of a domain may be asked, by custom (MS-OXDISCO 3.1.5). */
export interface Ways {
  /** Servers that are asked over HTTPS, in turn. */
  origins(domain: string): readonly string[]
  /** The page that may lead to the server without HTTPS; it is shown no credentials. */
  plainPage(domain: string): string | undefined
  /** The server that the name service tells, `host` or `host:port`. */
  service(domain: string): Promise<string | undefined>
}

export const usualWays: Ways = {
  origins: (domain) => [`https://autodiscover.${domain}`, `https://${domain}`],
  plainPage: (domain) => `http://autodiscover.${domain}/autodiscover/autodiscover.xml`,
  async service(domain) {
    try {
      const [record] = (await resolveSrv(`_autodiscover._tcp.${domain}`)).sort((a, b) => a.priority - b.priority)
      return record && record.port === 443 ? record.name : undefined
    } catch {
      return undefined // No such record, or no name service: that way leads nowhere.
    }
  },
}
