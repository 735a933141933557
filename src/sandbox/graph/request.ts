import type { Item } from '../model/index.ts'
import { badRequest } from './error.ts'

/** A request as far as Graph is concerned; parts of a batch are requests too. */
export interface GraphRequest {
  method: string
  /** Segments below `/v1.0`, decoded. */
  path: readonly string[]
  query: URLSearchParams
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  body: Buffer
}

export interface GraphAnswer {
  status: number
  headers?: Record<string, string>
  /** Bytes, or what becomes JSON. */
  body?: unknown
}

export function prefers(request: GraphRequest, name: string): string | undefined {
  const found = new RegExp(`(?:^|[,;])\\s*${name.replace('.', '\\.')}\\s*=\\s*"?([^",;]*)"?`, 'i')
  return found.exec(request.headers['prefer'] ?? '')?.[1]
}

/** Graph writes ids so that they can stand in an address. */
export function writtenId(id: string): string {
  return id.replaceAll('/', '-').replaceAll('+', '_')
}

export function readId(written: string): string {
  if (!/^[A-Za-z0-9_=-]{8,}$/.test(written)) throw badRequest('Id is malformed.', 'ErrorInvalidIdMalformed')
  return written.replaceAll('-', '/').replaceAll('_', '+')
}

/** The id of an item as this request wants it: `Prefer: IdType="ImmutableId"`. */
export function idOf(request: GraphRequest, item: Pick<Item, 'id' | 'entryId'>): string {
  return writtenId(wantsImmutable(request) ? item.id : item.entryId)
}

export function wantsImmutable(request: GraphRequest): boolean {
  return prefers(request, 'IdType')?.toLowerCase() === 'immutableid'
}

export function etagOf(thing: { changeKey: string }): string {
  return `W/"${thing.changeKey}"`
}

/** The change key of `If-Match`; undefined when any will do. */
export function ifMatch(request: GraphRequest): string | undefined {
  const written = request.headers['if-match']
  return written === undefined || written === '*' ? undefined : /^(?:W\/)?"(.*)"$/.exec(written)?.[1]
}
