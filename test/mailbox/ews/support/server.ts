import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { passwordKey } from '../../../../src/mailbox/ews/ntlm/index.ts'

export interface Asked {
  /** Of the SOAP body, or the path. */
  operation: string
  body: string
  headers: IncomingMessage['headers']
  path: string
  /** Which of the connections, counted from 1. */
  connection: number
}

export interface Reply {
  status?: number
  headers?: Record<string, string>
  body?: string | Buffer
  /** Ends the connection after so many bytes of the body. */
  cutAfter?: number
  /** Answers nothing. */
  silent?: boolean
  /** Comes after the body, piece by piece; then the answer ends. */
  pieces?: AsyncIterable<string>
}

export type Script = (asked: Asked) => Reply | string

export interface SmallServer {
  origin: string
  url: string
  asked: Asked[]
  /** Connections that were made so far. */
  readonly connections: number
  /** Ends every connection. */
  cut(): void
}

/** A server of HTTP on this machine that answers as the script says; closed at the end of the test. */
export async function startServer(script: Script, guard?: NtlmGuard): Promise<SmallServer> {
  const sockets = new Map<Socket, number>()
  let connections = 0
  const asked: Asked[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const connection = sockets.get(request.socket) ?? 0
      if (guard && !guard(request, response)) return
      const operation = /<s:Body><\w:(\w+)/.exec(body)?.[1] ?? request.url ?? ''
      const one: Asked = { operation, body, headers: request.headers, path: request.url ?? '', connection }
      asked.push(one)
      send(response, script(one))
    })
  })
  server.on('connection', (socket) => sockets.set(socket, ++connections))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cut = () => {
    for (const socket of sockets.keys()) socket.destroy()
    sockets.clear()
  }
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return {
    origin,
    url: `${origin}/EWS/Exchange.asmx`,
    asked,
    get connections() {
      return connections
    },
    cut,
  }
}

function send(response: ServerResponse, reply: Reply | string): void {
  const {
    status = 200,
    headers = {},
    body = '',
    cutAfter,
    silent,
    pieces,
  } = typeof reply === 'string' ? { body: reply } : reply
  if (silent) return
  response.writeHead(status, { 'content-type': 'text/xml; charset=utf-8', ...headers })
  if (pieces) {
    response.flushHeaders()
    void pour(response, pieces)
    return
  }
  if (cutAfter === undefined) {
    response.end(body)
    return
  }
  response.write(Buffer.from(body).subarray(0, cutAfter), () => response.socket?.destroy())
}

export type NtlmGuard = (request: IncomingMessage, response: ServerResponse) => boolean

/** Lets in who proves by NTLMv2, connection by connection, as IIS does. */
export function ntlmGuard(
  account: { user: string; domain: string; password: string },
  offers: readonly string[] = ['NTLM'],
): NtlmGuard & { handshakes: number } {
  const proved = new WeakSet<Socket>()
  const serverChallenge = Buffer.from('0123456789abcdef', 'hex')
  const guard = ((request, response) => {
    const message = Buffer.from(
      /^(?:NTLM|Negotiate) (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '',
      'base64',
    )
    if (message.length === 0) return proved.has(request.socket) || refuse(response, offers)
    if (message.readUInt32LE(8) === 1) {
      return refuse(response, [
        `${request.headers.authorization?.split(' ')[0]} ${challengeOf(serverChallenge).toString('base64')}`,
      ])
    }
    const ntResponse = fieldOf(message, 20)
    const named = {
      ...account,
      user: fieldOf(message, 36).toString('utf16le'),
      domain: fieldOf(message, 28).toString('utf16le'),
    }
    const proof = createHmac('md5', passwordKey({ ...named, password: account.password }))
      .update(serverChallenge)
      .update(ntResponse.subarray(16))
      .digest()
    const isRight =
      named.user === account.user && named.domain === account.domain && proof.equals(ntResponse.subarray(0, 16))
    if (!isRight) return refuse(response, offers)
    proved.add(request.socket)
    guard.handshakes++
    return true
  }) as NtlmGuard & { handshakes: number }
  guard.handshakes = 0
  return guard
}

function challengeOf(serverChallenge: Buffer): Buffer {
  const message = Buffer.alloc(56)
  message.write('NTLMSSP\0', 'latin1')
  message.writeUInt32LE(2, 8)
  message.writeUInt32LE(0x88207, 20)
  serverChallenge.copy(message, 24)
  return message
}

function fieldOf(message: Buffer, at: number): Buffer {
  const offset = message.readUInt32LE(at + 4)
  return message.subarray(offset, offset + message.readUInt16LE(at))
}

function refuse(response: ServerResponse, offers: readonly string[]): false {
  response.writeHead(401, [...offers.flatMap((value) => ['WWW-Authenticate', value]), 'Content-Length', '6'])
  response.end('denied')
  return false
}

async function pour(response: ServerResponse, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) response.write(piece)
  response.end()
}

/** Pieces that are put in while they are read. */
export function tap(): { put(piece: string): void; end(): void; pieces: AsyncIterable<string> } {
  const ready: string[] = []
  let ended = false
  let wake: (() => void) | undefined
  async function* pieces() {
    for (;;) {
      for (let piece = ready.shift(); piece !== undefined; piece = ready.shift()) yield piece
      if (ended) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    put(piece) {
      ready.push(piece)
      wake?.()
    },
    end() {
      ended = true
      wake?.()
    },
    pieces: pieces(),
  }
}
