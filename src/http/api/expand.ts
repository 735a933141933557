import type { Each, Expansion, Navigation, Row } from '#records'
import type { Call } from './call.ts'
import { formatsFor } from './formatted.ts'
import type { Preferences } from './prefer.ts'
import { type Collection, type Level, wantsFormats } from './rows.ts'
import { type Shape, shapeOf, shapesWithin } from './shape.ts'
import { inZone, timeZoneOf } from './zone.ts'

/** Rows of one expanded collection, of all rows of a page together. */
const MOST_EXPANDED = 20_000

/** Ids of one statement. */
const SLICE = 5000

/**
 * What the answer shows beside the rows of a result: names, and the rows of expanded collections. Each collection is one
 * statement for the whole page, whatever its depth; who asks sees of it what he may read.
 */
export async function levelOf(call: Call, shape: Shape, rows: readonly Row[], prefer: Preferences): Promise<Level> {
  const collections = new Map<Expansion, Collection>()
  for (const own of shapesWithin(shape))
    for (const expansion of own.collections)
      collections.set(expansion, await collectionOf(call, own, expansion, rows, prefer))
  const formats = wantsFormats(prefer)
    ? { formats: await formatsFor(call.access, shape, rows, await timeZoneOf(call)) }
    : {}
  return { shape, presentation: { root: call.root, annotation: prefer.annotation, ...formats }, collections }
}

async function collectionOf(
  call: Call,
  shape: Shape,
  expansion: Expansion,
  rows: readonly Row[],
  prefer: Preferences,
): Promise<Collection> {
  const { navigation, query: given, expand } = expansion
  const found = rows.map((row) => row[shape.prefix + shape.table.id]).filter((id) => typeof id === 'string')
  const ids = [...new Set(found)]
  const asked = { ...(given ?? { table: navigation.table }), expand }
  const { query: plain, shape: own } = shapeOf(asked, call.regarding.records.catalogue, 'nested')
  const query = await inZone(call, plain)
  const fair = Math.max(1, Math.floor(MOST_EXPANDED / Math.max(1, ids.length)))
  const top = Math.min(given?.top ?? Infinity, prefer.pageSize, fair)
  const pages = new Map<string, Awaited<ReturnType<Call['access']['query']>>>()
  for (let start = 0; start < ids.length; start += SLICE) {
    const each = eachOf(navigation, shape.table.name, ids.slice(start, start + SLICE))
    for (const [id, page] of await call.access.queryEach({ ...query, top }, each)) pages.set(id, page)
  }
  const all = [...pages.values()].flatMap((page) => page.rows)
  return {
    level: await levelOf(call, own, all, prefer),
    pages,
    next(id, page) {
      const left = (given?.top ?? Infinity) - page.rows.length
      if (page.next === undefined || left <= 0) return undefined
      const options = new URLSearchParams([...(call.parameters ?? []), ...expansion.options])
      options.set('$skiptoken', page.next)
      if (left !== Infinity) options.set('$top', String(left))
      const end = expansion.ref ? '/$ref' : ''
      return `${call.root}${shape.table.set}(${id})/${expansion.name}${end}?${options.toString()}`
    },
  }
}

/** How the rows of a collection belong to rows of a table. */
export function eachOf({ from, via }: Navigation, table: string, ids: readonly string[]): Each {
  return via
    ? { column: via.near, ids, target: table, via: { table: via.table, far: via.far } }
    : { column: from, ids, target: table }
}
