import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errorBody, type Failure, failureOf, MethodNotAllowed, RequestError } from './failure.ts'

/** Every failure leaves in OData form, with a stable code and without a trace of our insides. */
export function errorHandling(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => answer(request, reply, error))
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, new RequestError(404, 'ResourceNotFound', 'There is nothing at this address.')),
  )
}

export function answer(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const failure = failureOf(error) ?? unexpected(request.log, request.id, error)
  if (failure.status === 401) reply.header('www-authenticate', 'Bearer realm="regarding"')
  if (error instanceof MethodNotAllowed) reply.header('allow', error.allow)
  if (failure.retryAfter !== undefined) reply.header('retry-after', String(failure.retryAfter))
  return reply
    .code(failure.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(failure)))
}

/** What is our own fault goes to the log; the client learns where to look. */
export function unexpected(log: FastifyBaseLogger, id: string, error: unknown): Failure {
  log.error({ err: error, request: id }, 'A request failed unexpectedly')
  return {
    status: 500,
    code: 'Unexpected',
    message: `Something failed on the server. Its log says more under the request ${id}.`,
  }
}

const RAW: Readonly<Record<string, { line: string; code: string; message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    code: 'HeadersTooLarge',
    message: 'The URL and headers of the request are too long.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    code: 'Timeout',
    message: 'The request did not arrive in time.',
  },
}

/** For what is no request that could be routed. */
export function refuseRaw(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const { line, code, message } = RAW[error.code ?? ''] ?? {
    line: '400 Bad Request',
    code: 'RequestInvalid',
    message: 'The request is not understood.',
  }
  const body = JSON.stringify(errorBody({ status: 400, code, message }))
  const head = [`HTTP/1.1 ${line}`, 'Content-Type: application/json; charset=utf-8', 'Connection: close']
  socket.end(`${[...head, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`)
}
