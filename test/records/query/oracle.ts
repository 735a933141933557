import { OPERATORS } from '../../../src/records/query/operators.ts'
import { instantOf, relativeRange } from '../../../src/records/query/relative.ts'
import { addDays, dayAt, parseDay, printDay, startOfDay } from '../../../src/records/query/zone.ts'
import type { Condition, Filter, Link, Operator, Order, Query, Row, Value } from '../../../src/records/query.ts'
import { tables, view, type World, type WorldRow } from './world.ts'

/** What a query means, said in the plainest way: by walking over all rows. */
export function answer(world: World, query: Query): { rows: Row[]; count: number } {
  return new Oracle(world).answer(query)
}

/** The rows of a table and of the links joined to it, by alias; the query's own row has the alias ''. */
type Binding = Map<string, { table: keyof World; row: WorldRow | undefined }>

const collator = new Intl.Collator('und')

class Oracle {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  answer(query: Query): { rows: Row[]; count: number } {
    const table = query.table as keyof World
    const { joins, existences } = split(query.links ?? [])
    let bindings = this.#readable(table)
      .flatMap((row) => this.#join(new Map([['', { table, row }]]), '', joins))
      .filter((binding) => existences.every((link) => this.#exists(binding, '', link)))
      .filter((binding) => !query.filter || this.#filter(query.filter, binding, ''))
    const ids = idsOf(query)
    const keys = [...(query.order ?? []).map((order) => keyOf(order)), ...ids.map((id) => keyOf(id))]
    bindings.sort((a, b) => {
      for (const { get, descending } of keys) {
        const found = compare(get(a), get(b))
        if (found !== 0) return descending ? -found : found
      }
      return 0
    })
    if (query.distinct) {
      const seen = new Set<string>()
      bindings = bindings.filter((binding) => {
        const key = JSON.stringify(keys.map(({ get }) => get(binding)))
        return !seen.has(key) && seen.add(key)
      })
    }
    return { rows: bindings.map((binding) => print(binding, query)), count: bindings.length }
  }

  #readable(table: keyof World): WorldRow[] {
    return this.#world[table].filter((row) => row.hidden !== true)
  }

  #join(binding: Binding, near: string, links: readonly Link[]): Binding[] {
    return links.reduce<Binding[]>((found, link) => found.flatMap((each) => this.#joinOne(each, near, link)), [binding])
  }

  #joinOne(binding: Binding, near: string, link: Link): Binding[] {
    const matches = this.#linked(binding, near, link).map((found) => new Map([...binding, ...found]))
    if (matches.length > 0 || link.type === 'inner') return matches
    return [new Map([...binding, ...missing(link)])]
  }

  /** The rows of a link that belong to a row, each with what is joined to it in turn. */
  #linked(binding: Binding, near: string, link: Link): Binding[] {
    const table = link.table as keyof World
    const own = binding.get(near)
    const value = own?.row?.[link.to]
    if (value === null || value === undefined) return []
    const { joins, existences } = split(link.links ?? [])
    return this.#readable(table)
      .filter((row) => row[link.from] === value && pointsThere(own?.table, own?.row, link, row))
      .flatMap((row) => this.#join(new Map([[link.alias, { table, row }]]), link.alias, joins))
      .filter((found) => existences.every((each) => this.#exists(found, link.alias, each)))
      .filter((found) => !link.filter || this.#filter(link.filter, found, link.alias))
  }

  #exists(binding: Binding, near: string, link: Link): boolean {
    if (link.type === 'any') return this.#linked(binding, near, link).length > 0
    if (link.type === 'not-any') return this.#linked(binding, near, link).length === 0
    const { filter, ...rest } = link
    return this.#linked(binding, near, rest).every((found) => !filter || this.#filter(filter, found, link.alias))
  }

  #filter(group: Filter, binding: Binding, near: string): boolean {
    const holds = (item: Condition | Filter | Link) => {
      if (item.kind === 'filter') return this.#filter(item, binding, near)
      if (item.kind === 'link') return this.#exists(binding, item.of ?? near, item)
      const found = binding.get(item.of ?? near)
      return condition(item, found?.table as keyof World, found?.row ?? {})
    }
    const some = group.type === 'or' && group.items.length > 0 ? group.items.some(holds) : group.items.every(holds)
    return group.not ? !some : some
  }
}

/** An outer link's row that is not there. */
function missing(link: Link): [string, { table: keyof World; row: undefined }][] {
  const { joins } = split(link.links ?? [])
  return [[link.alias, { table: link.table as keyof World, row: undefined }], ...joins.flatMap(missing)]
}

function isJoin(link: Link): boolean {
  return link.type === 'inner' || link.type === 'outer'
}

function split(links: readonly Link[]) {
  return { joins: links.filter(isJoin), existences: links.filter((link) => !isJoin(link)) }
}

function pointsThere(table: string | undefined, row: WorldRow | undefined, link: Link, other: WorldRow): boolean {
  if (link.to === 'ownerid' && link.from === `${link.table}id`) return row?.ownerid_table === link.table
  if (link.from === 'ownerid' && link.to === `${table}id`) return other.ownerid_table === table
  return true
}

function condition({ column, operator, values }: Condition, table: keyof World, row: WorldRow): boolean {
  const rule = OPERATORS[operator]
  if (rule.opposite) {
    return !condition({ kind: 'condition', column, operator: rule.opposite, values }, table, row)
  }
  const found = row[column] ?? null
  if (operator === 'null') return found === null
  if (found === null) return false
  const type = tables[table].columns.find(({ name }) => name === column)?.type
  const text = String(found).toLowerCase()
  const user = view.user as NonNullable<typeof view.user>
  const [first, second] = values.map(folded)
  const tests: Partial<Record<Operator, () => boolean>> = {
    eq: () => same(found, values[0]),
    in: () => values.some((value) => same(found, value)),
    lt: () => compare(folded(found), first) < 0,
    le: () => compare(folded(found), first) <= 0,
    gt: () => compare(folded(found), first) > 0,
    ge: () => compare(folded(found), first) >= 0,
    between: () => compare(folded(found), first) >= 0 && compare(folded(found), second) <= 0,
    'begins-with': () => text.startsWith(String(first)),
    'ends-with': () => text.endsWith(String(first)),
    like: () => like(text, String(first)),
    'contain-values': () => (found as number[]).some((value) => values.includes(value)),
    'eq-userid': () => found === user.userId,
    'eq-userteams': () => user.teams.includes(found as string),
    'eq-useroruserteams': () => [user.userId, ...user.teams].includes(found as string),
    'eq-businessid': () => found === user.businessUnitId,
  }
  const test = tests[operator]
  if (test) return test()
  return type === 'date' ? dayHolds(found as string, operator, values) : timeHolds(found as Date, operator, values)
}

function like(text: string, pattern: string): boolean {
  const source = pattern.replace(/\[.\]|[\s\S]/gu, (part) => {
    if (part === '%') return '[^]*'
    if (part === '_') return '[^]'
    return (part.length === 3 ? part.slice(1, 2) : part).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, 'u').test(text)
}

function timeHolds(found: Date, operator: Condition['operator'], values: readonly Value[]): boolean {
  const zone = view.timeZone
  if (operator.startsWith('on')) {
    const day = values[0] instanceof Date ? dayAt(values[0], zone) : parseDay(values[0] as string)
    if (!day) throw new Error('no day')
    const before = found < startOfDay(day, zone)
    const after = found >= startOfDay(addDays(day, 1), zone)
    return operator === 'on' ? !before && !after : operator === 'on-or-before' ? !after : !before
  }
  const { from, to } = relativeRange(operator, Number(values[0] ?? 0), view) ?? {}
  if (from && found < instantOf(from, zone)) return false
  if (to) return 'day' in to ? found < instantOf(to, zone) : found <= to.instant
  return true
}

function dayHolds(found: string, operator: Condition['operator'], values: readonly Value[]): boolean {
  const zone = view.timeZone
  if (operator.startsWith('on')) {
    const given = values[0] instanceof Date ? values[0].toISOString().slice(0, 10) : (values[0] as string)
    return operator === 'on' ? found === given : operator === 'on-or-before' ? found <= given : found >= given
  }
  const { from, to } = relativeRange(operator, Number(values[0] ?? 0), view) ?? {}
  if (from && found < printDay('day' in from ? from.day : dayAt(from.instant, zone))) return false
  if (to) return 'day' in to ? found < printDay(to.day) : found <= printDay(dayAt(to.instant, zone))
  return true
}

function folded(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

function same(a: unknown, b: unknown): boolean {
  return compare(folded(a), folded(b)) === 0
}

/** Null first; ids and days by their characters, other text as people sort. */
function compare(a: unknown, b: unknown): number {
  if (a === null || b === null || a === undefined || b === undefined) return Number(a != null) - Number(b != null)
  if (typeof a === 'string' && typeof b === 'string') return /^\d{4}/.test(a) ? plain(a, b) : collator.compare(a, b)
  return plain(Number(a), Number(b))
}

function plain<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function idsOf(query: Query): Order[] {
  const ids: Order[] = [{ column: `${query.table}id` }]
  const visit = (link: Link) => {
    const multiplies = link.from !== `${link.table}id`
    if (multiplies && (!query.distinct || (link.columns?.length ?? 0) > 0)) {
      ids.push({ column: `${link.table}id`, of: link.alias })
    }
    split(link.links ?? []).joins.forEach(visit)
  }
  split(query.links ?? []).joins.forEach(visit)
  return ids
}

function keyOf({ column, of = '', descending = false }: Order) {
  return { descending, get: (binding: Binding) => binding.get(of)?.row?.[column] ?? null }
}

function print(binding: Binding, query: Query): Row {
  const row: Row = {}
  const visit = (alias: string, prefix: string, table: keyof World, columns: Link['columns']) => {
    const names = columns === 'all' ? tables[table].columns.map(({ name }) => name) : (columns ?? [])
    for (const name of prefix ? names : [`${table}id`, ...names]) {
      if (name === 'password') continue
      row[prefix + name] = shown(binding.get(alias)?.row, name)
      if (name === 'ownerid') row[`${prefix}ownerid_table`] = shown(binding.get(alias)?.row, 'ownerid_table')
      if (name === 'employerid' || name === 'parentid') {
        row[`${prefix}${name}_table`] = row[prefix + name] === null ? null : 'company'
      }
    }
  }
  const visitLink = (link: Link) => {
    visit(link.alias, `${link.alias}.`, link.table as keyof World, link.columns)
    split(link.links ?? []).joins.forEach(visitLink)
  }
  visit('', '', query.table as keyof World, query.columns ?? 'all')
  split(query.links ?? []).joins.forEach(visitLink)
  return row
}

function shown(row: WorldRow | undefined, name: string): Value {
  const value = name === 'salary' ? null : (row?.[name] ?? null)
  return Array.isArray(value) ? value.join(',') : value
}
