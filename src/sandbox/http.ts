import type { IncomingMessage, ServerResponse } from 'node:http'

/** Exchange Online takes mails of up to 150 MB. */
const MAX_BODY_BYTES = 160 * 1024 * 1024

/** The request is larger than it may be. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError'
}

/** @throws TooLargeError beyond `limit` bytes */
export async function readBody(request: IncomingMessage, limit = MAX_BODY_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) throw new TooLargeError(`The request is larger than ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(body))
}
