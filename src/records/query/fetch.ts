import type { Aggregate, Aggregation, Condition, DatePart, Filter, Group, Link, Order, Query } from '../query.ts'
import { checkLimits, invalid } from './limits.ts'
import { isOperator, OPERATORS, wrongCount } from './operators.ts'
import { type Element, parseXml } from './xml.ts'

export interface FetchOptions {
  /**
   * `filter`: a synchronization filter, for which SF-34 rejects paging, `top` and `distinct`, ignores `attribute` and
   * `order`, and SF-33 knows only inner and outer links. `query` (default): any question.
   */
  as?: 'filter' | 'query'
}

/** Attributes that say nothing about which rows are meant, by element. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  fetch: ['version', 'mapping', 'output-format', 'no-lock', 'latematerialize', 'useraworderby', 'options'],
  entity: ['enableprefiltering', 'prefilterparametername'],
  filter: ['isquickfindfields', 'overridequickfindrecordlimitenabled', 'hint'],
  condition: ['uiname', 'uitype', 'uihidden'],
  value: ['uiname', 'uitype'],
  'link-entity': ['visible', 'intersect', 'enableprefiltering', 'prefilterparametername'],
  attribute: [],
  'all-attributes': [],
  order: [],
}

/**
 * Reads FetchXML (SF-33). All values are text; they take the type of their column when the query is compiled.
 * @throws RecordError `QueryInvalid` naming the element that is not understood or not allowed (SF-34), `QueryTooComplex`.
 */
export function parseFetch(xml: string, options: FetchOptions = {}): Query {
  const fetch = parseXml(xml)
  if (fetch.name !== 'fetch') throw invalid(`the root element is ${named(fetch)}, not <fetch>`)
  const query = new FetchReader(options.as ?? 'query', fetch).query()
  checkLimits(query)
  return query
}

/**
 * Reads FetchXML with `aggregate="true"`; undefined when it is without.
 * @throws as `parseFetch`.
 */
export function parseFetchAggregation(xml: string): Aggregation | undefined {
  const fetch = parseXml(xml)
  if (fetch.name !== 'fetch' || (fetch.attributes.aggregate ?? 'false') === 'false') return undefined
  const aggregation = new FetchReader('aggregate', fetch).aggregation()
  checkLimits({ ...aggregation, order: [], columns: [] })
  return aggregation
}

const METHODS: Readonly<Record<string, Aggregate['method']>> = {
  sum: 'sum',
  avg: 'average',
  min: 'min',
  max: 'max',
  count: 'count',
  countcolumn: 'countcolumn',
}
const PARTS: readonly DatePart[] = ['day', 'week', 'month', 'quarter', 'year']

/** A cookie as Dataverse writes it, `<cookie page="1"><position last="…"/></cookie>`, or the position itself. */
function positionOf(cookie: string | undefined): string | undefined {
  if (!cookie?.includes('<')) return cookie
  const position = /\slast="([A-Za-z0-9_-]+)"/.exec(cookie)?.[1]
  if (position === undefined) throw invalid('the paging-cookie of <fetch> is none that was given here')
  return position
}

class FetchReader {
  readonly #as: 'filter' | 'query' | 'aggregate'
  readonly #fetch: Element
  readonly #aliases = new Set<string>()
  readonly #orders: Order[] = []
  readonly #groups: Group[] = []
  readonly #values: Aggregate[] = []
  readonly #ordered: { alias: string; descending?: boolean }[] = []
  #generated = 0

  constructor(as: 'filter' | 'query' | 'aggregate', fetch: Element) {
    this.#as = as
    this.#fetch = fetch
    collectAliases(fetch, this.#aliases)
  }

  query(): Query {
    const fetch = this.#fetch
    const paging = this.#paging(fetch)
    const entity = only(fetch, 'entity')
    const attributes = attributesOf(entity, ['name'])
    const { columns, ...parts } = this.#parts(entity)
    const query: Query = { table: required(entity, attributes, 'name'), ...parts, ...paging }
    if (columns && columns !== 'all') query.columns = columns
    if (this.#orders.length > 0) query.order = this.#orders
    return query
  }

  aggregation(): Aggregation {
    const fetch = this.#fetch
    const found = attributesOf(fetch, ['top', 'count', 'page', 'distinct', 'aggregate', 'returntotalrecordcount'])
    if (!flag(fetch, found, 'aggregate')) throw invalid('<fetch> does not aggregate')
    const top = found.top ?? found.count
    const page = found.page === undefined ? 1 : whole(fetch, found.page)
    if (page > 1 && top === undefined) throw invalid('<fetch> has page without count')
    const entity = only(fetch, 'entity')
    const attributes = attributesOf(entity, ['name'])
    const { filter, links } = this.#parts(entity)
    if (this.#groups.length + this.#values.length === 0) throw invalid('<fetch aggregate="true"> has no <attribute>')
    return {
      table: required(entity, attributes, 'name'),
      ...(filter ? { filter } : {}),
      ...(links ? { links } : {}),
      groups: this.#groups,
      values: this.#values,
      ...(this.#ordered.length > 0 ? { order: this.#ordered } : {}),
      ...(top === undefined ? {} : { top: whole(fetch, top) }),
      ...(page > 1 && top !== undefined ? { skip: (page - 1) * whole(fetch, top) } : {}),
    }
  }

  /** `<attribute name alias groupby dategrouping>` or `<attribute name alias aggregate distinct>` */
  #aggregated(element: Element, of: string | undefined): void {
    const found = attributesOf(element, ['name', 'alias', 'aggregate', 'groupby', 'dategrouping', 'distinct'])
    const column = required(element, found, 'name')
    const alias = required(element, found, 'alias')
    const from = of === undefined ? {} : { of }
    if (flag(element, found, 'groupby')) {
      const by = found.dategrouping === undefined ? undefined : PARTS.find((part) => part === found.dategrouping)
      if (found.dategrouping !== undefined && !by) throw refused(element, 'dategrouping')
      this.#groups.push({ alias, column, ...from, ...(by ? { by } : {}) })
      return
    }
    const written = required(element, found, 'aggregate')
    const method = Object.hasOwn(METHODS, written) ? METHODS[written] : undefined
    if (!method) throw invalid(`<attribute name="${column}"> has the aggregate "${written.slice(0, 50)}"`, { column })
    const distinct = flag(element, found, 'distinct')
    if (distinct && method !== 'countcolumn') throw refused(element, 'distinct')
    if (method === 'count') this.#values.push({ alias, method })
    else this.#values.push({ alias, method: distinct ? 'countdistinct' : method, column, ...from })
  }

  #paging(fetch: Element): Partial<Query> {
    const found = attributesOf(fetch, [
      'top',
      'count',
      'page',
      'paging-cookie',
      'distinct',
      'aggregate',
      'returntotalrecordcount',
    ])
    if (flag(fetch, found, 'aggregate')) throw refused(fetch, 'aggregate')
    const distinct = flag(fetch, found, 'distinct')
    if (this.#as === 'filter') {
      for (const name of ['top', 'count', 'page', 'paging-cookie']) {
        if (found[name] !== undefined) throw refused(fetch, name) // SF-34
      }
      if (distinct) throw refused(fetch, 'distinct') // SF-34
      return {}
    }
    if (found.top !== undefined && found.count !== undefined) throw invalid('<fetch> has both top and count')
    const top = found.top ?? found.count
    const after = positionOf(found['paging-cookie'])
    const page = found.page === undefined ? 1 : whole(fetch, found.page)
    if (page > 1 && !after && found.count === undefined) {
      throw invalid('<fetch> has page without count or the paging-cookie of the page before')
    }
    const skip = page > 1 && !after ? (page - 1) * whole(fetch, found.count as string) : 0
    return {
      ...(top === undefined ? {} : { top: whole(fetch, top) }),
      ...(after ? { after } : {}),
      ...(skip > 0 ? { skip } : {}),
      ...(distinct ? { distinct } : {}),
      ...(flag(fetch, found, 'returntotalrecordcount') ? { count: true } : {}),
    }
  }

  /** What an entity and a link-entity have in common. */
  #parts(element: Element, alias?: string): Pick<Link, 'columns' | 'filter' | 'links'> {
    const columns: string[] = []
    const filters: Filter[] = []
    const links: Link[] = []
    let all = false
    for (const child of element.children) {
      switch (child.name) {
        case 'filter':
          filters.push(this.#filter(child))
          break
        case 'link-entity':
          links.push(this.#link(child, JOINS))
          break
        case 'attribute':
          if (this.#as === 'aggregate') this.#aggregated(child, alias)
          else columns.push(this.#attribute(child))
          break
        case 'all-attributes':
          attributesOf(child, [])
          all = true
          break
        case 'order':
          this.#order(child, alias)
          break
        default:
          throw invalid(`${named(child)} is not understood in ${named(element)}`)
      }
    }
    const filter: Filter | undefined = filters.length > 1 ? { kind: 'filter', type: 'and', items: filters } : filters[0]
    return {
      ...(this.#as === 'query' && all ? { columns: 'all' as const } : {}),
      ...(this.#as === 'query' && !all && columns.length > 0 ? { columns } : {}),
      ...(filter ? { filter } : {}),
      ...(links.length > 0 ? { links } : {}),
    }
  }

  #attribute(element: Element): string {
    const found = attributesOf(element, ['name', 'alias', 'aggregate', 'groupby', 'dategrouping'])
    for (const name of ['aggregate', 'groupby', 'dategrouping']) {
      if (found[name] !== undefined) throw refused(element, name)
    }
    const name = required(element, found, 'name')
    if (found.alias !== undefined && found.alias !== name) throw refused(element, 'alias')
    return name
  }

  #order(element: Element, alias: string | undefined): void {
    const found = attributesOf(element, ['attribute', 'descending', 'entityname', 'alias'])
    if (this.#as === 'filter') return // SF-34: ignored
    if (this.#as === 'aggregate') {
      const name = required(element, found, 'alias')
      this.#ordered.push({ alias: name, ...(flag(element, found, 'descending') ? { descending: true } : {}) })
      return
    }
    if (found.alias !== undefined) throw refused(element, 'alias')
    const of = found.entityname ?? alias
    this.#orders.push({
      column: required(element, found, 'attribute'),
      ...(flag(element, found, 'descending') ? { descending: true } : {}),
      ...(of === undefined ? {} : { of }),
    })
  }

  #filter(element: Element): Filter {
    const { type = 'and' } = attributesOf(element, ['type'])
    if (type !== 'and' && type !== 'or') throw invalid(`${named(element)} has type="${type}"; it must be and or or`)
    const items = element.children.flatMap((child): readonly (Condition | Filter | Link)[] => {
      switch (child.name) {
        case 'condition':
          return [condition(child)]
        case 'filter':
          return [this.#filter(child)]
        case 'link-entity':
          if (this.#as === 'filter') throw invalid(`${named(child)} is not allowed in <filter>`) // SF-33
          return this.#related(child)
        default:
          throw invalid(`${named(child)} is not understood in <filter>`)
      }
    })
    return { kind: 'filter', type, items }
  }

  #link(element: Element, types: Readonly<Record<string, Link['type']>>): Link {
    const found = attributesOf(element, ['name', 'from', 'to', 'alias', 'link-type'])
    const linkType = found['link-type'] ?? 'inner'
    const type = Object.hasOwn(types, linkType) ? types[linkType] : undefined
    if (!type || (this.#as === 'filter' && type !== 'inner' && type !== 'outer')) {
      throw invalid(`${named(element)} has link-type="${linkType}", which is not understood here`)
    }
    const table = required(element, found, 'name')
    const alias = found.alias ?? this.#newAlias(table)
    return {
      kind: 'link',
      table,
      from: required(element, found, 'from'),
      to: required(element, found, 'to'),
      type,
      alias,
      ...this.#parts(element, alias),
    }
  }

  /** A link within a filter. FetchXML's `all` means: there are such rows, and none meets the conditions. */
  #related(element: Element): Link[] {
    const link = this.#link(element, EXISTENCE)
    if (element.attributes['link-type'] !== 'all') return [link]
    const { filter: _filter, links: _links, columns: _columns, ...bare } = link
    return [{ ...bare, type: 'any', alias: this.#newAlias(link.table) }, link]
  }

  #newAlias(table: string): string {
    for (;;) {
      const alias = `${table}${++this.#generated}`
      if (this.#aliases.has(alias)) continue
      this.#aliases.add(alias)
      return alias
    }
  }
}

const JOINS: Readonly<Record<string, Link['type']>> = { inner: 'inner', outer: 'outer', exists: 'any', in: 'any' }
const EXISTENCE: Readonly<Record<string, Link['type']>> = {
  any: 'any',
  'not all': 'any',
  'not any': 'not-any',
  all: 'not-any',
}

function condition(element: Element): Condition {
  const found = attributesOf(element, ['attribute', 'operator', 'value', 'entityname'])
  const column = required(element, found, 'attribute')
  const written = required(element, found, 'operator')
  const operator = written === 'neq' ? 'ne' : written
  if (!isOperator(operator))
    throw invalid(`<condition attribute="${column}"> has the operator "${written}"`, { column })
  const children = element.children.map((child) => {
    if (child.name !== 'value') throw invalid(`${named(child)} is not understood in <condition attribute="${column}">`)
    if (child.children[0]) throw invalid(`${named(child.children[0])} is not understood in <value>`)
    attributesOf(child, [])
    return child.text
  })
  const values = found.value === undefined ? children : [found.value, ...children]
  const wanted = wrongCount(operator, values.length)
  if (wanted && !(OPERATORS[operator].values === 0 && values.every((value) => value === ''))) {
    throw invalid(`<condition attribute="${column}" operator="${operator}"> takes ${wanted}`, { column })
  }
  return {
    kind: 'condition',
    column,
    operator,
    values: OPERATORS[operator].values === 0 ? [] : values,
    ...(found.entityname === undefined ? {} : { of: found.entityname }),
  }
}

function collectAliases(element: Element, into: Set<string>): void {
  if (element.name === 'link-entity' && element.attributes.alias !== undefined) into.add(element.attributes.alias)
  for (const child of element.children) collectAliases(child, into)
}

function only(parent: Element, name: string): Element {
  for (const child of parent.children) {
    if (child.name !== name) throw invalid(`${named(child)} is not understood in ${named(parent)}`)
  }
  const [found, second] = parent.children
  if (!found || second) throw invalid(`${named(parent)} must contain one <${name}>`)
  return found
}

/** An element's attributes, when all of them are known. */
function attributesOf(element: Element, known: readonly string[]): Record<string, string | undefined> {
  const harmless = HARMLESS[element.name] ?? []
  for (const name of Object.keys(element.attributes)) {
    if (!known.includes(name) && !harmless.includes(name)) throw refused(element, name)
  }
  return element.attributes
}

function required(element: Element, attributes: Record<string, string | undefined>, name: string): string {
  const value = attributes[name]
  if (!value) throw invalid(`${named(element)} has no ${name}`)
  return value
}

function flag(element: Element, attributes: Record<string, string | undefined>, name: string): boolean {
  const value = attributes[name] ?? 'false'
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw invalid(`${named(element)} has ${name}="${value}"; it must be true or false`)
}

function whole(element: Element, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw invalid(`${named(element)} has "${text}" where a whole number belongs`)
  return Number(text)
}

function refused(element: Element, attribute: string) {
  return invalid(`the attribute "${attribute}" of ${named(element)} is not allowed`)
}

function named(element: Element): string {
  return `<${element.name}>`
}
