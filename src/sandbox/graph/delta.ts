import type { Change, ChangeLog } from '../model/index.ts'
import type { MailboxContext } from './context.ts'
import { badRequest, GraphError } from './error.ts'
import type { Entity } from './filter.ts'
import { written } from './query.ts'
import { type GraphAnswer, prefers, wantsImmutable, writtenId } from './request.ts'

const DEFAULT_PAGE = 10
const MAX_PAGE = 1_000

interface Token {
  /** The log it belongs to. */
  log: string
  /** Where to read on, and where the first round began (removals before it were never told). */
  at: number
  began: number
  /** Whether the first round is under way. */
  first: boolean
  /** Query of the first request: it holds for all that follow. */
  query: string
}

export interface DeltaSource {
  /** Names the log, so that no token is used for another. */
  name: string
  log: ChangeLog
  context: string
  /** What is told of a change; undefined when it is not told here. `query` is that of the first request; `first`: within the first round. */
  tell: (change: Change, query: URLSearchParams, first: boolean) => Told | Promise<Told>
  /** `@odata.type` of what is removed. */
  type: string
  /** Why it is no longer here. */
  reason: (change: Change) => 'changed' | 'deleted'
  /** Refuses the query of a first request. */
  check?: (query: URLSearchParams) => void
}

type Told = Entity | readonly Entity[] | undefined

/** One page of a delta query: what changed since the token, with the link to go on from. */
export async function delta(context: MailboxContext, source: DeltaSource): Promise<GraphAnswer> {
  const { request } = context
  const token = readToken(request.query, source)
  if (token.at > 0 && context.cursorLost) throw lost()
  const query = new URLSearchParams(token.query)
  source.check?.(query)
  const types = query.get('changeType')?.toLowerCase()
  const page = source.log.after(token.at, pageSize(context))
  const value: Entity[] = []
  for (const change of page.changes) {
    if (change.kind === 'removed') {
      if (change.seq <= token.began || (types && types !== 'deleted')) continue
      const id = writtenId(wantsImmutable(request) ? change.id : change.entryId)
      value.push({ '@odata.type': source.type, id, '@removed': { reason: source.reason(change) } })
    } else if (!types || types === (change.kind === 'created' ? 'created' : 'updated')) {
      const told = await source.tell(change, query, token.first)
      if (told) value.push(...(Array.isArray(told) ? (told as readonly Entity[]) : [told as Entity]))
    }
  }
  const next: Token = {
    log: source.name,
    at: page.next,
    began: page.complete ? 0 : token.began,
    first: token.first && !page.complete,
    query: token.query,
  }
  const link = new URLSearchParams([[page.complete ? '$deltatoken' : '$skiptoken', writeToken(next)]])
  const address = `${context.url}/${request.path.map(encodeURIComponent).join('/')}?${written(link)}`
  return {
    status: 200,
    ...(prefers(request, 'odata.maxpagesize') && {
      headers: { 'preference-applied': `odata.maxpagesize=${pageSize(context)}` },
    }),
    body: {
      '@odata.context': `${context.url}/$metadata#${source.context}`,
      value,
      [page.complete ? '@odata.deltaLink' : '@odata.nextLink']: address,
    },
  }
}

function pageSize({ request }: MailboxContext): number {
  const asked = Number(prefers(request, 'odata.maxpagesize') ?? DEFAULT_PAGE)
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, MAX_PAGE) : DEFAULT_PAGE
}

function readToken(query: URLSearchParams, source: DeltaSource): Token {
  const text = query.get('$deltatoken') ?? query.get('$skiptoken')
  if (text === 'latest') return { log: source.name, at: source.log.position, began: 0, first: false, query: '' }
  if (text === null)
    return { log: source.name, at: 0, began: source.log.position, first: true, query: query.toString() }
  const token = parse(text)
  if (token?.log !== source.name) throw badRequest('Badly formed token.', 'BadRequest')
  return token
}

function parse(text: string): Token | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Token
  } catch {
    return undefined
  }
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function lost(): GraphError {
  return new GraphError(410, 'SyncStateNotFound', 'The sync state generation is not found; generation=1;[highest=9].')
}
