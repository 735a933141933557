import type { FastifyRequest } from 'fastify'
import type { Origin } from './auth/dependencies.ts'
import type { OidcProvider } from './auth/oidc/provider.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Without it, each request says itself where it found us. */
    publicOrigin: string | undefined
    /** Who people may sign in by, and whose access tokens are taken. */
    oidc: OidcProvider | undefined
  }
}

const HOST = /^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?$/

/** Scheme, host and port under which the client reaches us, e.g. `https://crm.example.com`. */
export function ownOrigin(request: FastifyRequest): string {
  const configured = request.server.publicOrigin
  if (configured) return configured
  const host = HOST.test(request.host) ? request.host : 'localhost'
  return `${request.protocol}://${host.toLowerCase()}`
}

export function isHttps(request: FastifyRequest): boolean {
  return ownOrigin(request).startsWith('https:')
}

/** For the audit trail. */
export function requestOrigin(request: FastifyRequest): Origin {
  return { address: request.ip, agent: (request.headers['user-agent'] ?? '').slice(0, 200) }
}
