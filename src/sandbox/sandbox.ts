import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '#time'
import { control } from './control/face.ts'
import { type EwsFaceOptions, ewsFace } from './ews/index.ts'
import { GraphFace } from './graph/face.ts'
import { sendJson } from './http.ts'
import { type Application, Login } from './login.ts'
import { type Faults, World } from './model/index.ts'
import { smtpRelay } from './smtp/relay.ts'
import { startSmtp } from './smtp/server.ts'

export interface SandboxOptions {
  /** Default: the system's. */
  clock?: Clock
  /** Default: an empty one. */
  world?: World
  seed?: number
  /** A free one when absent. */
  port?: number
  /** How others reach it, without a slash at the end: what links in answers begin with. Default: `url`. */
  publicUrl?: string
  /** Of SMTP; a free one when absent. */
  smtpPort?: number
  /** An SMTP server that carries mail outside; otherwise it stays in the outbox. */
  relay?: { host: string; port: number }
  tenant?: string
  /** Default: one that may open all mailboxes, `sandbox-client` with the secret `sandbox-secret`. */
  applications?: readonly Application[]
  /** What kind of Exchange Server EWS is, and how one signs in there. */
  ews?: Pick<EwsFaceOptions, 'version' | 'schemes'>
}

/** An Exchange on this machine. Everything listens on 127.0.0.1. */
export interface Sandbox {
  /** Without a slash at the end, as all addresses here. */
  url: string
  /** With `/v1.0`. */
  graphUrl: string
  /** With the tenant; tokens are at `/oauth2/v2.0/token` below it. */
  loginUrl: string
  ewsUrl: string
  smtp: { host: string; port: number }
  world: World
  faults: Faults
  login: Login
  graph: GraphFace
  /** Resolves when all notifications have been told or given up. */
  settled(): Promise<void>
  close(): Promise<void>
}

const TENANT = '6f2c1f6e-8c1a-4a0e-9d55-0f5d5c1b7a11'
const APPLICATION: Application = { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' }

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const world = options.world ?? new World({ clock: options.clock ?? systemClock, seed: options.seed ?? 1 })
  const login = new Login(world, options.tenant ?? TENANT, options.applications ?? [APPLICATION])
  const server = createServer((request, response) => void answer(request, response))
  const { port } = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve(server.address() as AddressInfo))
  })
  const url = `http://127.0.0.1:${port}`
  const smtp = await startSmtp(world, options.smtpPort)
  if (options.relay) world.relay = smtpRelay(options.relay)
  const graph = new GraphFace(world, login, `${options.publicUrl ?? url}/v1.0`)
  const ews = ewsFace({ world, tokens: (token) => ewsCaller(login, token), ...options.ews })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { pathname, searchParams } = new URL(request.url ?? '/', url)
      const token = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(pathname)
      if (pathname.startsWith('/v1.0/'))
        await graph.answer(request, response, pathname.slice('/v1.0'.length), searchParams)
      else if (/^\/(ews|autodiscover)\//i.test(pathname)) ews(request, response)
      else if (/^\/control(?:\/|$)/.test(pathname))
        await control(
          { world, login, subscriptions: graph.subscriptions },
          request,
          response,
          pathname.slice('/control'.length),
        )
      else if (token && request.method === 'POST') await login.answer(request, response, token[1] as string)
      else sendJson(response, 404, { error: { code: 'NotFound', message: `Nothing is at ${pathname}.` } })
    } catch (error) {
      if (response.headersSent) return void request.socket.destroy()
      sendJson(response, 500, {
        error: {
          code: 'InternalServerError',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        },
      })
    }
  }

  return {
    url,
    graphUrl: `${url}/v1.0`,
    loginUrl: `${url}/${login.tenant}`,
    ewsUrl: `${url}/EWS/Exchange.asmx`,
    smtp: { host: smtp.host, port: smtp.port },
    world,
    faults: world.faults,
    login,
    graph,
    settled: () => graph.subscriptions.settled(),
    async close() {
      graph.subscriptions.close()
      await smtp.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Tokens are good for EWS too, as in Exchange Online. */
function ewsCaller(login: Login, token: string) {
  const caller = login.verify(`Bearer ${token}`)
  return (
    caller &&
    ({ user: caller.user, application: caller.user ? undefined : (caller.application.mailboxes ?? 'all') } as const)
  )
}
