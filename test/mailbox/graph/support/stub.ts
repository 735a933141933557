import { createServer, type IncomingMessage, type Server } from 'node:http'
import { onTestFinished } from 'vitest'
import { connectionSettings, type GraphSettings } from '#mailbox'

export interface Seen {
  method: string
  path: string
  headers: Record<string, string | undefined>
  body: string
}

export interface Reply {
  status?: number
  headers?: Record<string, string>
  json?: unknown
  text?: string
  /** Ends the connection without an answer. */
  cut?: boolean
}

export interface Stub {
  url: string
  seen: Seen[]
  tokens: number
  settings: GraphSettings
  /** The settings with other values. */
  with(change: Record<string, unknown>): GraphSettings
}

let count = 0

/** A server on this machine that answers as the test says; tokens are given by themselves. */
export async function stub(
  reply: (seen: Seen) => Reply | Promise<Reply>,
  token?: (seen: Seen) => Reply,
): Promise<Stub> {
  const seen: Seen[] = []
  const state = { tokens: 0 }
  const server = createServer((request, response) => {
    void (async () => {
      const asked = await read(request)
      const isToken = asked.path.includes('/oauth2/')
      if (!isToken) seen.push(asked)
      const answer = isToken
        ? (token?.(asked) ?? { json: { access_token: `token-${state.tokens + 1}`, expires_in: 3600 } })
        : await reply(asked)
      if (isToken) state.tokens++
      if (answer.cut) {
        request.socket.destroy()
        return
      }
      const body = answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json)
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
      response.end(body)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => close(server))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  const input = {
    kind: 'graph',
    tenant: 'contoso.example',
    clientId: `client-${++count}`,
    auth: { kind: 'clientSecret', secret: 'hush-hush' },
    address: 'sales@contoso.example',
    graphUrl: url,
    loginUrl: url,
    timeoutMs: 5_000,
  }
  const settingsWith = (change: Record<string, unknown>) => connectionSettings({ ...input, ...change }) as GraphSettings
  return {
    url,
    seen,
    get tokens() {
      return state.tokens
    },
    settings: settingsWith({}),
    with: settingsWith,
  }
}

async function read(request: IncomingMessage): Promise<Seen> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return {
    method: request.method ?? '',
    path: decodeURIComponent(request.url ?? ''),
    headers: request.headers as Record<string, string | undefined>,
    body: Buffer.concat(pieces).toString('utf8'),
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

/** The parts of a batch that was asked. */
export function partsOf(seen: Seen): { id: string; method: string; url: string; headers: Record<string, string> }[] {
  return (JSON.parse(seen.body) as { requests: [] }).requests
}
