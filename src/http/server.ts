import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import cookie from '@fastify/cookie'
import rateLimit from '@fastify/rate-limit'
import fastify, {
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Regarding } from '#sync'
import { dataRoutes } from './api/routes.ts'
import { OidcProvider } from './auth/oidc/provider.ts'
import type { OidcSettings } from './auth/oidc/settings.ts'
import { authRoutes } from './auth/routes.ts'
import { answer, errorHandling, refuseRaw } from './errorHandling.ts'
import { RequestError } from './failure.ts'
import { fileRoutes } from './fileRoutes.ts'
import { healthRoutes } from './health.ts'
import { sharedKey } from './key.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { notificationRoutes } from './notificationRoutes.ts'
import { pageRoutes } from './pages/routes.ts'
import { securityHeaders } from './securityHeaders.ts'

export interface ServerOptions {
  /** Where people reach the server, e.g. `https://crm.example.com`. Without it, each request says so itself. */
  publicUrl?: string
  /** Addresses of proxies whose X-Forwarded headers are believed; `true` believes anybody. */
  trustProxy?: boolean | string
  /** The OpenID provider that people may sign in by. */
  oidc?: OidcSettings
  /** See `createLogger`; nothing is logged without it. */
  log?: FastifyBaseLogger
  /** Shared with the worker of the same process. */
  metrics?: Metrics
  /** Bearer token that `/metrics` asks for; anybody may read it without. */
  metricsToken?: string
  /** Of one address. */
  requestsPerMinute?: number
}

export interface RunningServer {
  app: FastifyInstance
  url: string
  port: number
  /** Takes no more requests and waits for those under way. */
  close(): Promise<void>
}

const MEBIBYTE = 1024 * 1024
/** Characters. A question in the URL is at most as long as a query may be. */
const LONGEST_URL = 32_768

/**
 * The web server over an open installation, not listening yet. It connects to no address that a client names: mail
 * servers are those of server profiles.
 */
export async function createServer(regarding: Regarding, options: ServerOptions = {}): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify(frameworkOptions(options))
  const metrics = options.metrics ?? createMetrics(regarding)
  app.decorate('publicOrigin', options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin)
  const { oidc } = options
  app.decorate('oidc', oidc && new OidcProvider(oidc, () => regarding.clock.now().getTime()))
  app.decorateRequest('caller', undefined)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  errorHandling(app)
  observe(app, metrics, await headersFor(options))
  await app.register(cookie, { secret: await sharedKey(regarding.database, 'cookie') })
  await app.register(rateLimit, {
    max: options.requestsPerMinute ?? 3000,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { ttl }) =>
      new RequestError(429, 'TooManyRequests', 'Too many requests from this address; wait a little.', {
        retryAfter: Math.ceil(ttl / 1000),
      }),
  })
  healthRoutes(app, regarding)
  metricsRoute(app, metrics, options.metricsToken)
  await app.register((scope) => authRoutes(scope, regarding))
  await app.register((scope) => dataRoutes(scope, regarding))
  await app.register((scope) => fileRoutes(scope, regarding))
  await app.register(async (scope) => notificationRoutes(scope, regarding))
  await app.register((scope) => pageRoutes(scope, regarding))
  return app
}

/** Serves on loopback unless told otherwise. Port 0 takes any that is free. */
export async function startServer(
  regarding: Regarding,
  options: ServerOptions & { host?: string; port?: number } = {},
): Promise<RunningServer> {
  const app = await createServer(regarding, options)
  const host = options.host ?? '127.0.0.1'
  await app.listen({ host, port: options.port ?? 8080 })
  const { port } = app.server.address() as AddressInfo
  return { app, port, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, close: () => app.close() }
}

function frameworkOptions(options: ServerOptions): FastifyHttpOptions<Server> {
  return {
    ...(options.log ? { loggerInstance: options.log } : { logger: false }),
    // Requests are logged by `observe`, without their query strings, which hold personal data.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy ?? false,
    bodyLimit: MEBIBYTE,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    requestTimeout: 30_000,
    connectionTimeout: 120_000,
    keepAliveTimeout: 65_000,
    handlerTimeout: 60_000,
    http: { maxHeaderSize: 2 * LONGEST_URL },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    clientErrorHandler: refuseRaw,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void answer(request, reply, error),
  }
}

function headersFor({ publicUrl, oidc }: ServerOptions): Promise<Readonly<Record<string, string>>> {
  return securityHeaders({
    https: publicUrl?.startsWith('https:') === true,
    // Signing out goes on to the provider, and browsers hold redirections of forms against this too.
    formAction: oidc ? [oidc.issuer.origin] : [],
  })
}

/** What happens to every request, whatever it asks for. Nothing here waits: a promise costs more than the work. */
function observe(app: FastifyInstance, metrics: Metrics, headers: Readonly<Record<string, string>>): void {
  const always = { ...headers, 'cache-control': 'no-store' }
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(always).header('x-request-id', request.id)
    if (request.url.length <= LONGEST_URL) done()
    else done(new RequestError(414, 'UrlTooLong', `A URL has at most ${LONGEST_URL} characters.`))
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const seconds = reply.elapsedTime / 1000
    metrics.requestEnded({ method: request.method, route, status: reply.statusCode, seconds })
    request.log.info({ method: request.method, route, status: reply.statusCode, seconds, user: request.caller?.userId })
    done()
  })
}

function metricsRoute(app: FastifyInstance, metrics: Metrics, token: string | undefined): void {
  app.get('/metrics', async (request, reply) => {
    if (token !== undefined && !sameSecret(request.headers.authorization ?? '', `Bearer ${token}`))
      throw new RequestError(401, 'TokenInvalid', 'These figures need the token for metrics.')
    const { type, text } = await metrics.expose()
    return reply.type(type).send(text)
  })
}

function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
