import { RequestError } from '../../failure.ts'
import { boundaryOf, head, malformed, type Part, parseHeaders, parseMultipart } from './multipart.ts'

/** One request within a batch, as it was sent. */
export interface Inner {
  method: string
  /** Below the service root, or `$1…`, still encoded; with query. */
  target: string
  headers: Readonly<Record<string, string>>
  body: string
  contentId?: string
}

/** What a batch does one after the other: single requests, and sets of which all happen or none. */
export type Item = { kind: 'single'; inner: Inner } | { kind: 'changeSet'; inners: Inner[] }

/** Requests of a batch, as in Dataverse. */
const MOST = 1000
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE'])
const LINE = /^([A-Z]{3,6}) +(\S{1,65536})(?: +HTTP\/1\.[01])? *$/
const SERVICE = /^(?:https?:\/\/[^/?#]{1,300})?\/api\/data\/v\d+\.\d+\//i

/**
 * Reads a whole batch before anything of it happens (OData v4 protocol §11.7).
 * @throws RequestError 400, 415
 */
export function itemsOf(text: string, contentType: string): Item[] {
  const items = parseMultipart(text, boundaryOf(contentType), MOST).map((part): Item => {
    const type = part.headers['content-type'] ?? ''
    if (!/^multipart\/mixed\b/i.test(type)) return { kind: 'single', inner: innerOf(part) }
    return { kind: 'changeSet', inners: changeSetOf(parseMultipart(part.body, boundaryOf(type), MOST)) }
  })
  const count = items.reduce((sum, item) => sum + (item.kind === 'single' ? 1 : item.inners.length), 0)
  if (count > MOST) throw new RequestError(400, 'BatchTooLarge', `A batch has at most ${MOST} requests, not ${count}.`)
  return items
}

function changeSetOf(parts: readonly Part[]): Inner[] {
  const ids = new Set<string>()
  return parts.map((part) => {
    const inner = innerOf(part)
    if (inner.method === 'GET') throw malformed('reads within a change set, which only writes')
    const { contentId } = inner
    if (contentId !== undefined && ids.has(contentId))
      throw malformed(`has the Content-ID ${contentId} twice in a change set`)
    if (contentId !== undefined) ids.add(contentId)
    return inner
  })
}

function innerOf({ headers: outside, body: message }: Part): Inner {
  if (!/^application\/http\b/i.test(outside['content-type'] ?? ''))
    throw malformed('has a part that is neither application/http nor multipart/mixed')
  const { lines, rest } = head(message.replace(/^(\r?\n)+/, ''))
  const [line = '', ...headerLines] = lines
  const [, method, url] = LINE.exec(line) ?? []
  if (method === undefined || url === undefined || !METHODS.has(method))
    throw malformed('has a part that begins with no line such as “POST contacts HTTP/1.1”')
  const headers = parseHeaders(headerLines)
  const contentId = outside['content-id'] ?? headers['content-id']
  if (contentId !== undefined && !/^\w{1,100}$/.test(contentId)) throw malformed('has a Content-ID that is no word')
  const target = url.replace(SERVICE, '').replace(/^\//, '')
  if (/^(https?:|\$batch)/i.test(target))
    throw malformed(`asks for ${url.slice(0, 100)}, which is no part of this service`)
  return { method, target, headers, body: rest, ...(contentId === undefined ? {} : { contentId }) }
}
