import type { GraphSettings } from '../settings.ts'

/** Where Microsoft runs its clouds: https://learn.microsoft.com/graph/deployments. */
const CLOUDS = {
  global: { login: 'https://login.microsoftonline.com', graph: 'https://graph.microsoft.com' },
  usgov: { login: 'https://login.microsoftonline.us', graph: 'https://graph.microsoft.us' },
  usgovdod: { login: 'https://login.microsoftonline.us', graph: 'https://dod-graph.microsoft.us' },
  china: { login: 'https://login.partner.microsoftonline.cn', graph: 'https://microsoftgraph.chinacloudapi.cn' },
} as const

/** The addresses a mailbox is reached at. */
export interface Cloud {
  /** Where tokens of the tenant are given. */
  tokenUrl: string
  /** What tokens are asked for: all permissions granted to the application. */
  scope: string
  /** With its version, without a slash at the end. */
  graphUrl: string
}

export function cloudOf(settings: GraphSettings): Cloud {
  const { login, graph } = CLOUDS[settings.cloud]
  const root = trimmed(settings.graphUrl ?? graph)
  return {
    tokenUrl: `${trimmed(settings.loginUrl ?? login)}/${encodeURIComponent(settings.tenant)}/oauth2/v2.0/token`,
    scope: `${graph}/.default`,
    graphUrl: root.endsWith('/v1.0') ? root : `${root}/v1.0`,
  }
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '')
}
