import type { IncomingMessage } from 'node:http'

/** A request may have so many bytes: a message of 35 MB in base64, and what stands around it. */
const MAX_REQUEST = 64 * 1024 * 1024

/** The text of a request's body; nothing when it is too long. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_REQUEST) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
