import { z } from 'zod'
import type { World } from '../model/index.ts'
import { badRequest, GraphError } from './error.ts'
import type { GraphAnswer, GraphRequest } from './request.ts'

export const uploadSchema = z.strictObject({ AttachmentItem: item().optional(), attachmentItem: item().optional() })

function item() {
  return z.strictObject({
    attachmentType: z.enum(['file', 'item', 'reference']),
    name: z.string().min(1).max(255),
    size: z
      .number()
      .int()
      .max(150 * 1024 * 1024),
    contentType: z.string().nullish(),
    contentId: z.string().nullish(),
    isInline: z.boolean().nullish(),
  })
}

interface Session {
  size: number
  parts: Buffer[]
  received: number
  expires: Date
  /** @returns where the attachment is */
  finish(content: Buffer): Promise<string>
}

/** At most so much in one piece. */
const MAX_PIECE = 4 * 1024 * 1024
const LIFETIME = 24 * 3_600_000

/** Sessions in which large attachments are uploaded piece by piece. Their addresses need no token. */
export class Uploads {
  readonly #world: World
  readonly #url: string
  readonly #sessions = new Map<string, Session>()

  constructor(world: World, url: string) {
    this.#world = world
    this.#url = url
  }

  begin({ size }: { size: number }, finish: Session['finish']): GraphAnswer {
    const id = this.#world.ids.guid()
    const expires = new Date(this.#world.clock.now().getTime() + LIFETIME)
    this.#sessions.set(id, { size, parts: [], received: 0, expires, finish })
    const uploadUrl = `${this.#url}/uploads/${id}`
    return { status: 201, body: { uploadUrl, expirationDateTime: expires.toISOString(), nextExpectedRanges: ['0-'] } }
  }

  /** `PUT` of a range, `GET` of the state, `DELETE`. */
  async answer(id: string, request: GraphRequest): Promise<GraphAnswer> {
    const session = this.#sessions.get(id)
    if (!session || session.expires < this.#world.clock.now())
      throw new GraphError(404, 'ErrorItemNotFound', 'The upload session was not found.')
    if (request.method === 'DELETE') {
      this.#sessions.delete(id)
      return { status: 204 }
    }
    if (request.method === 'PUT') {
      const done = await this.#take(id, session, request)
      if (done) return done
    }
    return {
      status: 200,
      body: { expirationDateTime: session.expires.toISOString(), nextExpectedRanges: [`${session.received}-`] },
    }
  }

  async #take(id: string, session: Session, { body, headers }: GraphRequest): Promise<GraphAnswer | undefined> {
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '')
    const [first, last, total] = (range ?? []).slice(1).map(Number)
    if (
      first === undefined ||
      last === undefined ||
      total !== session.size ||
      last - first + 1 !== body.length ||
      body.length > MAX_PIECE
    )
      throw badRequest('The Content-Range header is not valid.', 'InvalidContentRange')
    if (first !== session.received)
      throw new GraphError(416, 'ErrorInvalidRange', `Expected bytes from ${session.received}.`)
    session.parts.push(body)
    session.received += body.length
    if (session.received < session.size) return undefined
    this.#sessions.delete(id)
    return { status: 201, headers: { location: await session.finish(Buffer.concat(session.parts)) } }
  }
}
