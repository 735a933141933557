import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

interface ProxiedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface ProxiedAnswer {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** What happens to a request: `answer` it without the server, `change` what the server answers, or lose that answer. */
export interface Meddling {
  answer?: (request: ProxiedRequest) => ProxiedAnswer | undefined
  forward?: (request: ProxiedRequest) => ProxiedRequest
  change?: (answer: Required<ProxiedAnswer>, request: ProxiedRequest) => ProxiedAnswer
  lose?: (request: ProxiedRequest) => boolean
}

/** A proxy before an HTTP server of 127.0.0.1 that meddles on demand. Its answers come whole. */
export interface HttpProxy {
  port: number
  requests: ProxiedRequest[]
  meddle(meddling: Meddling): void
  close(): Promise<void>
}

export async function startHttpProxy(target: number): Promise<HttpProxy> {
  const requests: ProxiedRequest[] = []
  let meddling: Meddling = {}
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = 'GET', url: path = '/', headers } = incoming
      const request = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') }
      requests.push(request)
      void (async () => {
        const answer = await carry(request).catch(() => undefined)
        if (answer === undefined) incoming.socket.destroy()
        else outgoing.writeHead(answer.status, answer.headers).end(answer.body)
      })()
    })
  })

  async function carry(request: ProxiedRequest): Promise<ProxiedAnswer | undefined> {
    const own = meddling.answer?.(request)
    if (own) return own
    const lost = meddling.lose?.(request) ?? false
    const answer = await ask(target, meddling.forward?.(request) ?? request)
    if (lost) return undefined
    return meddling.change?.(answer, request) ?? answer
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    meddle(wanted) {
      meddling = wanted
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function ask(port: number, { method, path, headers, body }: ProxiedRequest): Promise<Required<ProxiedAnswer>> {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)))
  return new Promise((resolve, reject) => {
    const content = Buffer.from(body, 'utf8')
    const options = { host: '127.0.0.1', port, method, path, headers: { ...kept, 'content-length': content.length } }
    const outgoing = httpRequest(options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const told = Object.entries(answer.headers).filter(([name]) => !HOP.has(name))
        const headers = Object.fromEntries(told.map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
        resolve({ status: answer.statusCode ?? 500, headers, body: Buffer.concat(chunks).toString('utf8') })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(content)
  })
}

/** Of one connection only; and what the proxy takes off, so that it can read the answer. */
const HOP = new Set(['connection', 'transfer-encoding', 'content-length', 'keep-alive', 'upgrade', 'accept-encoding'])
