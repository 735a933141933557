import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A real receiver of webhooks on loopback, which keeps what it was sent. */
export interface Receiver {
  url: string
  port: number
  received: Received[]
  /** What is answered from now on; the status, or the answering itself. */
  answer: number | ((request: IncomingMessage, response: ServerResponse) => void)
  close(): Promise<void>
}

export interface Received {
  id: string
  timestamp: string
  signature: string
  body: string
  json: {
    attempt: number
    events: { message: string; table: string; id: string; columns?: string[]; record?: Record<string, unknown> }[]
  }
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const header = (name: string) => String(request.headers[name])
      receiver.received.push({
        id: header('webhook-id'),
        timestamp: header('webhook-timestamp'),
        signature: header('webhook-signature'),
        body,
        json: JSON.parse(body) as Received['json'],
      })
      if (typeof receiver.answer === 'number') response.writeHead(receiver.answer).end('ok')
      else receiver.answer(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received: [],
    answer: 200,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return receiver
}

/** By hand, as a receiver does it (Standard Webhooks 1.0). */
export function isSigned({ id, timestamp, signature, body }: Received, secret: string): boolean {
  return signature === `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
