import { splitTop } from '#records'
import { RequestError } from '../../failure.ts'
import type { Call } from '../call.ts'
import { parseParameters } from '../parameters.ts'
import type { Segment } from '../path.ts'
import type { Json } from '../rows.ts'
import { definitionsOf } from './entities.ts'
import { parseTest } from './filter.ts'
import type { Thing } from './thing.ts'

const SETS: ReadonlySet<string> = new Set([
  'EntityDefinitions',
  'RelationshipDefinitions',
  'GlobalOptionSetDefinitions',
])

const NAMESPACE = 'Microsoft.Dynamics.CRM.'
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const OPTIONS: ReadonlySet<string> = new Set(['$select', '$filter', '$expand', '$count', '$top'])

/** Whether a path is one of definitions. */
export function isAboutDefinitions(path: string): boolean {
  return SETS.has(/^\w*/.exec(path)?.[0] ?? '')
}

type At = Thing | readonly Thing[] | { value: unknown }

/**
 * Tables, columns and relationships as data: `EntityDefinitions(LogicalName='account')/Attributes/…`, made of the
 * declarations. Everybody who is signed in may read them.
 * @throws RequestError 404 naming the part of the path that leads nowhere, 400 for options that are not understood.
 */
export function readMetadata(call: Call, segments: readonly Segment[], options: URLSearchParams): Json | undefined {
  for (const name of options.keys())
    if (name.startsWith('$') && !OPTIONS.has(name))
      throw new RequestError(400, 'QueryInvalid', `Definitions do not take ${name.slice(0, 50)}.`, { target: name })
  const at = located(call, segments)
  const path = segments.map(({ name, inside }) => (inside === undefined ? name : `${name}(${inside})`)).join('/')
  const context = `${call.root}$metadata#${path}`
  if ('value' in at) return at.value === null ? undefined : { '@odata.context': context, value: at.value }
  if ('own' in at) return { '@odata.context': `${context}/$entity`, ...present(at, optionsOf(options)) }
  const { count, value } = presentAll(at, optionsOf(options))
  return { '@odata.context': context, ...(options.get('$count') === 'true' ? { '@odata.count': count } : {}), value }
}

function located(call: Call, [first, ...rest]: readonly Segment[]): At {
  const { entities, relationships, optionSets } = definitionsOf(call.regarding.records.catalogue)
  const root =
    first?.name === 'EntityDefinitions'
      ? entities
      : first?.name === 'RelationshipDefinitions'
        ? relationships
        : optionSets
  let at: At = first?.inside === undefined ? root : chosen(root, first)
  for (const segment of rest) at = step(at, segment)
  return at
}

/** The one definition at an address. @throws RequestError 404 */
export function definitionAt(call: Call, segments: readonly Segment[]): Thing {
  const at = located(call, segments)
  if ('own' in at) return at
  throw nowhere(segments.at(-1) ?? { name: '' })
}

function step(at: At, segment: Segment): At {
  const { name, inside } = segment
  if ('value' in at) throw nowhere(segment)
  if (name.startsWith(NAMESPACE)) {
    const type = name.slice(NAMESPACE.length)
    if ('own' in at) {
      if (at.type === type) return at
      throw nowhere(segment)
    }
    const cast = at.filter((thing) => thing.type === type)
    return inside === undefined ? cast : chosen(cast, segment)
  }
  if (!('own' in at)) throw nowhere(segment)
  if (Object.hasOwn(at.along, name)) {
    const there = at.along[name]?.() ?? null
    if (there === null) return { value: null }
    if (inside === undefined || 'own' in there) return there
    return chosen(there, segment)
  }
  if (inside === undefined && Object.hasOwn(at.own, name)) return { value: at.own[name] }
  throw nowhere(segment)
}

/** By `MetadataId`, or by any property that names one: `LogicalName='account'`, `SchemaName='…'`, `Name='…'`. */
function chosen(things: readonly Thing[], segment: Segment): Thing {
  const inside = (segment.inside ?? '').trim()
  const given = GUID.test(inside)
    ? [['MetadataId', inside.toLowerCase()]]
    : Object.entries(parseParameters(inside, new URLSearchParams()))
  const [pair, second] = given
  const found = pair && !second ? things.find(({ own }) => own[pair[0]] === pair[1]) : undefined
  if (found) return found
  throw new RequestError(404, 'NotFound', `There is no ${segment.name}(${inside.slice(0, 100)}).`, {
    target: segment.name,
  })
}

interface Asked {
  select: ReadonlySet<string> | undefined
  filter: ((of: Json) => boolean) | undefined
  expand: readonly { name: string; asked: Asked }[]
  top: number
}

function optionsOf(options: { get(name: string): string | null | undefined }, depth = 0): Asked {
  if (depth > 3) throw invalid('$expand is nested too deep.', '$expand')
  const top = options.get('$top')
  if (top !== null && top !== undefined && !/^\d{1,6}$/.test(top)) throw invalid('$top takes a whole number.', '$top')
  const select = options.get('$select')
  const filter = options.get('$filter')
  const expand = options.get('$expand')
  return {
    select: select ? new Set(select.split(',').map((name) => name.trim())) : undefined,
    filter: filter ? parseTest(filter) : undefined,
    expand: expand ? splitTop(expand, ',').map((item) => expandOf(item, depth)) : [],
    top: top ? Number(top) : Infinity,
  }
}

function expandOf(item: string, depth: number): { name: string; asked: Asked } {
  const [, name, inside = ''] = /^\s*(\w{1,100})\s*(?:\(([^]*)\))?\s*$/.exec(item) ?? []
  if (name === undefined) throw invalid(`"${item.trim().slice(0, 100)}" of $expand is not understood.`, '$expand')
  const options = new Map<string, string>()
  for (const part of inside.trim() === '' ? [] : splitTop(inside, ';')) {
    const at = part.indexOf('=')
    const option = part.slice(0, at).trim()
    if (!['$select', '$filter', '$expand', '$top'].includes(option))
      throw invalid(`"${part.trim().slice(0, 50)}" of $expand is not understood.`, '$expand')
    options.set(option, part.slice(at + 1).trim())
  }
  return { name, asked: optionsOf(options, depth + 1) }
}

function presentAll(things: readonly Thing[], asked: Asked): { count: number; value: Json[] } {
  for (const name of asked.select ?? [])
    if (things.length > 0 && !things.some(({ own }) => Object.hasOwn(own, name))) throw unknown(name)
  const { filter } = asked
  const found = filter ? things.filter(({ own }) => filter(own)) : things
  const mixed = new Set(things.map(({ type }) => type)).size > 1
  const value = found.slice(0, Math.min(asked.top, found.length)).map((thing) => {
    const json = presentLoosely(thing, asked)
    return mixed ? { '@odata.type': `#${NAMESPACE}${thing.type}`, ...json } : json
  })
  return { count: found.length, value }
}

function present(thing: Thing, asked: Asked): Json {
  for (const name of asked.select ?? []) if (!Object.hasOwn(thing.own, name)) throw unknown(name)
  return { '@odata.type': `#${NAMESPACE}${thing.type}`, ...presentLoosely(thing, asked) }
}

/** In a collection of several types, what one of them has not is left out. */
function presentLoosely({ own, along, type }: Thing, { select, expand }: Asked): Json {
  const entries = Object.entries(own).filter(([name]) => !select || select.has(name) || name === 'MetadataId')
  const json: Json = Object.fromEntries(entries)
  for (const { name, asked } of expand) {
    if (!Object.hasOwn(along, name)) throw invalid(`${type} has no navigation property ${name}.`, name)
    const there = along[name]?.() ?? null
    json[name] = there === null ? null : 'own' in there ? presentLoosely(there, asked) : presentAll(there, asked).value
  }
  return json
}

function unknown(name: string): RequestError {
  return new RequestError(400, 'ColumnUnknown', `There is no property ${name.slice(0, 100)} to be selected.`, {
    target: name.slice(0, 100),
  })
}

function invalid(message: string, target: string): RequestError {
  return new RequestError(400, 'QueryInvalid', message, { target })
}

function nowhere({ name }: Segment): RequestError {
  return new RequestError(404, 'ResourceNotFound', `There is no definition at ${name.slice(0, 100)}.`, {
    target: name.slice(0, 100),
  })
}
