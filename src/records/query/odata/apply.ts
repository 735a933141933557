import type { Aggregate, Aggregation, Filter, Group } from '../../query.ts'
import { checkLength, checkLimits, invalid } from '../limits.ts'
import type { Catalog } from '../source.ts'
import { readFilter } from './filter.ts'
import { propertyName, tableNamed } from './navigation.ts'
import { Place } from './paths.ts'
import { column } from './select.ts'
import { splitTop } from './split.ts'

const METHODS: ReadonlyMap<string, Aggregate['method']> = new Map([
  ['sum', 'sum'],
  ['average', 'average'],
  ['min', 'min'],
  ['max', 'max'],
  ['countdistinct', 'countdistinct'],
] as const)

const STEP = /^\s*(filter|groupby|aggregate)\s*\(([^]*)\)\s*$/

/**
 * Reads `$apply` (OData Data Aggregation 4.0, as far as Dataverse goes): `filter(…)/groupby((a,b),aggregate(x with sum as
 * total,$count as n))`, with `$orderby` and `$top` on what results. A group along a path is called `<table>_<column>`.
 * @throws RecordError `QueryInvalid`, `QueryTooComplex` or `ColumnUnknown`, naming what is not understood.
 */
export function parseApply(options: URLSearchParams, table: string, catalog: Catalog): Aggregation {
  const place = new Place(tableNamed(table, catalog), catalog)
  const aliases = new Map([...options].filter(([name]) => name.startsWith('@')))
  const filters: Filter[] = []
  const made = new Made(place)
  checkOptions(options)
  const text = options.get('$apply') ?? ''
  checkLength(text, 'the option $apply')
  let done = false
  for (const step of splitTop(text, '/')) {
    const [, name, inside = ''] = STEP.exec(step) ?? []
    if (name === undefined || done) throw invalid(`"${step.trim().slice(0, 100)}" of $apply is not understood`)
    if (name === 'filter') filters.push(readFilter(inside, place, aliases))
    else if (name === 'aggregate') made.aggregates(inside)
    else made.groupBy(inside)
    done = name !== 'filter'
  }
  if (!done) throw invalid('$apply has neither groupby nor aggregate')
  const links = place.links()
  const [only, second] = filters
  const filter: Filter | undefined = second ? { kind: 'filter', type: 'and', items: filters } : only
  const order = parseOrder(options.get('$orderby'))
  const top = options.get('$top')
  if (top !== null && !/^\d{1,6}$/.test(top)) throw invalid(`$top is "${top.slice(0, 50)}"; it takes a whole number`)
  const aggregation: Aggregation = {
    table,
    ...(filter ? { filter } : {}),
    ...(links.length > 0 ? { links } : {}),
    groups: made.groups,
    values: made.values,
    ...(order ? { order } : {}),
    ...(top === null ? {} : { top: Number(top) }),
  }
  checkLimits({ table, ...(filter ? { filter } : {}), links })
  return aggregation
}

function checkOptions(options: URLSearchParams): void {
  for (const name of ['$select', '$filter', '$expand', '$count', '$skiptoken'])
    if (options.has(name)) throw invalid(`${name} does not go with $apply; filter by $apply=filter(…)/…`)
  for (const name of options.keys()) {
    if (!name.startsWith('$')) continue
    if (!['$apply', '$orderby', '$top'].includes(name))
      throw invalid(`the option ${name.slice(0, 50)} is not understood`)
    if (options.getAll(name).length > 1) throw invalid(`the option ${name} is given twice`)
  }
}

class Made {
  readonly groups: Group[] = []
  readonly values: Aggregate[] = []
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  /** `(a,b/c),aggregate(…)` */
  groupBy(inside: string): void {
    const [by = '', then, more] = splitTop(inside, ',').map((part) => part.trim())
    const paths = /^\(([^]*)\)$/.exec(by)?.[1]
    if (paths === undefined || more !== undefined)
      throw invalid(`"groupby(${inside.slice(0, 100)})" of $apply is not understood`)
    for (const path of splitTop(paths, ',')) {
      const { at, name } = this.#column(path.trim())
      const property = propertyName(name, at.table)
      const alias = at.alias === undefined ? property : this.#free(`${at.table.name}_${name}`, at.alias, name)
      this.groups.push({ alias, column: name, ...(at.alias === undefined ? {} : { of: at.alias }) })
    }
    if (then === undefined) return
    const aggregates = /^aggregate\s*\(([^]*)\)$/.exec(then)?.[1]
    if (aggregates === undefined) throw invalid(`"${then.slice(0, 100)}" of $apply is not understood`)
    this.aggregates(aggregates)
  }

  /** `revenue with sum as total,$count as n` */
  aggregates(inside: string): void {
    for (const part of splitTop(inside, ',')) {
      const words = part.trim().split(/\s+/)
      const [path = '', , method = '', , alias = ''] = words
      if (words.length === 3 && path === '$count' && words[1] === 'as') {
        this.values.push({ alias: method, method: 'count' })
        continue
      }
      const found = METHODS.get(method)
      if (words.length !== 5 || words[1] !== 'with' || words[3] !== 'as' || !found)
        throw invalid(`"${part.trim().slice(0, 100)}" of aggregate is not understood`)
      const { at, name } = this.#column(path)
      this.values.push({ alias, method: found, column: name, ...(at.alias === undefined ? {} : { of: at.alias }) })
    }
  }

  #column(path: string): { at: Place; name: string } {
    const names = path.split('/')
    const property = names.pop() ?? ''
    let at = this.#place
    for (const name of names) {
      const next = at.go(name)
      if (!next)
        throw invalid(`${name.slice(0, 100)} of $apply is no navigation property of a lookup of ${at.table.name}`)
      at = next
    }
    return { at, name: column(property, at.table, '$apply') }
  }

  #free(wanted: string, path: string, name: string): string {
    const taken = this.groups.some(({ alias }) => alias === wanted)
    return taken ? `${path.replaceAll('.', '_')}_${name}` : wanted
  }
}

function parseOrder(text: string | null): Aggregation['order'] {
  if (text === null) return undefined
  return text.split(',').map((part) => {
    const [alias = '', direction = 'asc', ...more] = part.trim().split(/\s+/)
    if (more.length > 0 || (direction !== 'asc' && direction !== 'desc'))
      throw invalid(`"${part.trim().slice(0, 100)}" of $orderby is not understood`)
    return { alias, ...(direction === 'desc' ? { descending: true } : {}) }
  })
}
