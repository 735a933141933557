import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody, TooLargeError } from '../http.ts'
import type { Login } from '../login.ts'
import type { World } from '../model/index.ts'
import { Dispatch } from './dispatch.ts'
import { Cut } from './error.ts'
import type { GraphAnswer, GraphRequest } from './request.ts'
import { segmentsOf } from './segments.ts'
import { Subscriptions } from './subscriptions.ts'
import { Uploads } from './uploads.ts'

/** Microsoft Graph over a world, as far as it is about mailboxes. */
export class GraphFace {
  readonly subscriptions: Subscriptions
  readonly #world: World
  readonly #dispatch: Dispatch

  /** @param url with `/v1.0` */
  constructor(world: World, login: Login, url: string) {
    this.#world = world
    this.subscriptions = new Subscriptions(world, login.tenant)
    const uploads = new Uploads(world, url)
    this.#dispatch = new Dispatch({ world, login, url, subscriptions: this.subscriptions, uploads })
  }

  /** @param path below `/v1.0` */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    try {
      const read = await requestOf(request, path, query)
      const answer = 'status' in read ? read : await this.#dispatch.answer(read)
      send(response, answer, this.#world.ids.guid(), read)
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      request.socket.destroy()
    }
  }
}

async function requestOf(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
): Promise<GraphRequest | GraphAnswer> {
  try {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    return { method: request.method ?? 'GET', path: segmentsOf(path), query, headers, body: await readBody(request) }
  } catch (error) {
    if (error instanceof TooLargeError) return problem(413, 'RequestEntityTooLarge', error.message)
    if (error instanceof URIError) return problem(400, 'BadRequest', 'The address is malformed.')
    throw error
  }
}

function send(response: ServerResponse, { status, headers, body }: GraphAnswer, id: string, request: object): void {
  const immutable =
    'headers' in request && /IdType\s*=\s*"?ImmutableId/i.test((request as GraphRequest).headers['prefer'] ?? '')
  const bytes = body === undefined ? '' : Buffer.isBuffer(body) ? body : JSON.stringify(body)
  response.writeHead(status, {
    'request-id': id,
    'client-request-id': id,
    ...(immutable && { 'preference-applied': 'IdType="ImmutableId"' }),
    ...(body !== undefined &&
      !Buffer.isBuffer(body) && {
        'content-type':
          'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
      }),
    ...headers,
  })
  response.end(bytes)
}

function problem(status: number, code: string, message: string): GraphAnswer {
  return { status, body: { error: { code, message } } }
}
