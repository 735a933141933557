import type { Catalogue, Table } from '#records'
import { MethodNotAllowed, RequestError } from '../../failure.ts'
import { findOperation } from '../../operations/index.ts'
import { checkInput, type Operation } from '../../operations/operation.ts'
import { parseAddress, type Segment } from './address.ts'
import { type Condition, conditionOf, type Headers } from './conditions.ts'
import { type Draft, draftOf, invalid } from './draft.ts'
import { parseKey } from './key.ts'
import { type Place, placeOf, type Written } from './pointers.ts'
import { type Many, type One, relationNamed } from './relations.ts'

export type Method = 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** One request that writes, alone or as a part of a batch. */
export interface WriteRequest {
  method: Method
  /** Decoded, below the service root, without query. */
  path: string
  options: URLSearchParams
  headers: Headers
  /** The parsed JSON; undefined without a body. */
  body: unknown
}

/** What a request wants done. */
export type Command =
  | { kind: 'create'; draft: Draft }
  | { kind: 'change'; at: Place; draft: Draft; condition: Condition }
  | { kind: 'delete'; at: Place; condition: Condition }
  | { kind: 'point'; at: Place; relation: One; to: Place | undefined; condition: Condition }
  | { kind: 'tie' | 'untie'; at: Place; relation: Many; to: Place }
  | { kind: 'bulk'; verb: Bulk; drafts: readonly { draft: Draft; at: Place | undefined }[] }
  | { kind: 'act'; operation: Operation; at: Place | undefined; input: unknown }

type Bulk = 'CreateMultiple' | 'UpdateMultiple' | 'UpsertMultiple'

const BULK: readonly string[] = ['CreateMultiple', 'UpdateMultiple', 'UpsertMultiple'] satisfies Bulk[]
const MOST_TARGETS = 1000

/** @throws RequestError, RecordError: 404 for addresses of nothing, 405 for what cannot be done there, 400 for bodies. */
export function commandOf(request: WriteRequest, catalogue: Catalogue, written: Written): Command {
  const [first, ...rest] = parseAddress(request.path)
  const table = catalogue.tables.find(({ set }) => set === first?.name)
  if (!first || !table) return unbound(request, first, rest)
  if (first.inside === undefined) return ofSet(request, table, rest, catalogue, written)
  const at: Place = { table, key: parseKey(first.inside, table) }
  return rest.length === 0 ? ofRow(request, at, catalogue) : ofPart(request, at, rest, catalogue, written)
}

function unbound({ method, body }: WriteRequest, first: Segment | undefined, rest: readonly Segment[]): Command {
  const operation = first && rest.length === 0 ? findOperation(first.name) : undefined
  if (!operation || operation.bound !== undefined)
    throw new RequestError(404, 'ResourceNotFound', `There is no entity set or action ${first?.name ?? ''}.`)
  if (operation.kind === 'function') throw notAllowed('GET', `${operation.name} is a function; use GET.`)
  if (method !== 'POST') throw notAllowed('POST', `${operation.name} is an action; use POST.`)
  return { kind: 'act', operation, at: undefined, input: checkInput(operation, body) }
}

function ofSet(
  { method, body }: WriteRequest,
  table: Table,
  rest: readonly Segment[],
  catalogue: Catalogue,
  written: Written,
): Command {
  const [action] = rest
  if (!action) {
    if (method === 'POST') return { kind: 'create', draft: draftOf(body, table, catalogue) }
    throw notAllowed('GET, POST', `Rows of ${table.set} are created by POST; each is changed at its own address.`)
  }
  const verb = plain(action.name)
  if (rest.length > 1 || action.inside !== undefined || !BULK.includes(verb)) throw nothingThere(table)
  if (method !== 'POST') throw notAllowed('POST', `${verb} is an action; use POST.`)
  return bulkOf(verb as Bulk, body, table, catalogue, written)
}

function bulkOf(verb: Bulk, body: unknown, table: Table, catalogue: Catalogue, written: Written): Command {
  const targets: unknown = (body as { Targets?: unknown } | undefined)?.Targets
  if (!Array.isArray(targets) || targets.length > MOST_TARGETS)
    throw invalid('Targets', `is a list of at most ${MOST_TARGETS} rows`)
  const drafts = targets.map((target: unknown) => {
    const draft = draftOf(target, table, catalogue)
    return { draft, at: verb === 'CreateMultiple' ? undefined : targetOf(target, draft, catalogue, written) }
  })
  return { kind: 'bulk', verb, drafts }
}

/** A row of a bulk action is named by its id column, or by `@odata.id`. */
function targetOf(target: unknown, { table, values }: Draft, catalogue: Catalogue, written: Written): Place {
  const address = (target as Record<string, unknown>)['@odata.id']
  if (typeof address === 'string') {
    const place = placeOf(address, catalogue, written)
    if (place.table !== table) throw invalid('@odata.id', `names no row of ${table.set}`)
    return place
  }
  const id = values[table.id]
  return { table, key: parseKey(typeof id === 'string' ? id : '', table) }
}

function ofRow({ method, headers, body }: WriteRequest, at: Place, catalogue: Catalogue): Command {
  const condition = conditionOf(headers)
  if (method === 'PATCH') return { kind: 'change', at, condition, draft: draftOf(body, at.table, catalogue) }
  if (method === 'DELETE') return { kind: 'delete', at, condition }
  throw notAllowed('GET, PATCH, DELETE', 'A row is changed by PATCH.')
}

/** A property of a row, what a lookup points to, or what is tied to it. */
function ofPart(
  request: WriteRequest,
  at: Place,
  rest: readonly Segment[],
  catalogue: Catalogue,
  written: Written,
): Command {
  const [part, second] = rest as [Segment, Segment?]
  const operation = findOperation(part.name)
  if (operation?.bound === at.table.name && !second) return act(request, operation, at)
  const column = at.table.byName.get(part.name)
  if (column && column.type !== 'lookup' && part.inside === undefined && !second)
    return ofProperty(request, at, column.name, catalogue)
  const relation = relationNamed(part.name, at.table, catalogue)
  const isRef = second?.name === '$ref' && second.inside === undefined && rest.length === 2
  if (!relation || (second && !isRef)) throw nothingThere(at.table)
  return relation.kind === 'one'
    ? ofLookup(request, at, relation, isRef, catalogue, written)
    : ofCollection(request, at, relation, { inside: part.inside, isRef }, catalogue, written)
}

function act({ method, body }: WriteRequest, operation: Operation, at: Place): Command {
  if (method !== 'POST') throw notAllowed('POST', `${operation.name} is an action; use POST.`)
  return { kind: 'act', operation, at, input: checkInput(operation, body ?? {}) }
}

function ofProperty({ method, headers, body }: WriteRequest, at: Place, column: string, catalogue: Catalogue): Command {
  if (method !== 'PUT' && method !== 'DELETE')
    throw notAllowed('GET, PUT, DELETE', 'A single property is set by PUT and emptied by DELETE.')
  const given = method === 'PUT' ? (body as { value?: unknown } | undefined)?.value : null
  if (given === undefined) throw invalid('value', 'holds the new value of the property, e.g. {"value": "…"}')
  const draft = draftOf({ [column]: given }, at.table, catalogue)
  return { kind: 'change', at, draft, condition: { exists: true, ...conditionOf(headers) } }
}

function ofLookup(
  { method, headers, body }: WriteRequest,
  at: Place,
  relation: One,
  isRef: boolean,
  catalogue: Catalogue,
  written: Written,
): Command {
  const condition = conditionOf(headers)
  if (method === 'DELETE') return { kind: 'point', at, relation, to: undefined, condition }
  if (isRef && method === 'PUT') return { kind: 'point', at, relation, to: refOf(body, catalogue, written), condition }
  throw notAllowed('GET, PUT, DELETE', `What ${relation.name} points to is set by PUT of ${relation.name}/$ref.`)
}

function ofCollection(
  { method, body, options }: WriteRequest,
  at: Place,
  relation: Many,
  { inside, isRef }: { inside: string | undefined; isRef: boolean },
  catalogue: Catalogue,
  written: Written,
): Command {
  if (!isRef) throw notAllowed('GET', `Rows are added to ${relation.name} by POST of ${relation.name}/$ref.`)
  if (method === 'DELETE') {
    const id = options.get('$id')
    if (inside !== undefined)
      return { kind: 'untie', at, relation, to: { table: relation.table, key: parseKey(inside, relation.table) } }
    if (id !== null) return { kind: 'untie', at, relation, to: placeOf(id, catalogue, written) }
    throw invalid('$id', 'or a key names the row that is to be taken out')
  }
  if (method === 'PATCH' || inside !== undefined) throw notAllowed('POST, DELETE', 'A reference is added by POST.')
  return { kind: 'tie', at, relation, to: refOf(body, catalogue, written) }
}

function refOf(body: unknown, catalogue: Catalogue, written: Written): Place {
  const address = (body as Record<string, unknown> | undefined)?.['@odata.id']
  if (typeof address !== 'string') throw invalid('@odata.id', 'names a row, e.g. {"@odata.id": "accounts(00000000-…)"}')
  return placeOf(address, catalogue, written)
}

const plain = (name: string) => name.replace(/^Microsoft\.Dynamics\.CRM\./, '')

const notAllowed = (allow: string, message: string) => new MethodNotAllowed(allow, message)

function nothingThere(table: Table): RequestError {
  return new RequestError(404, 'ResourceNotFound', `A row of ${table.set} has nothing of that name.`)
}
