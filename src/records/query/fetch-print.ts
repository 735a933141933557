import type { Condition, Filter, Link, Query, Value } from '../query.ts'
import { invalid } from './limits.ts'
import { OPERATORS } from './operators.ts'
import { escapeXml } from './xml.ts'

/**
 * Writes a query as FetchXML, which `parseFetch` reads back to the same query (with values as text).
 * @throws RecordError `QueryInvalid` for what FetchXML cannot say: negated groups, parts of pages left out, "every such row", null as a value.
 */
export function printFetch(query: Query): string {
  const columns = query.columns ?? 'all'
  if (columns.length === 0) throw invalid('FetchXML cannot ask for no columns')
  const attributes = printAttributes({
    ...printPage(query),
    'paging-cookie': query.after,
    distinct: query.distinct || undefined,
    returntotalrecordcount: query.count || undefined,
  })
  const body = [
    printColumns(columns),
    query.filter ? printFilter(query.filter) : '',
    (query.links ?? []).map((link) => printLink(link, JOINS)).join(''),
    (query.order ?? [])
      .map(({ column, descending, of }) => {
        return `<order${printAttributes({ attribute: column, descending: descending || undefined, entityname: of })}/>`
      })
      .join(''),
  ]
  return `<fetch${attributes}>${element('entity', { name: query.table }, body.join(''))}</fetch>`
}

/** Rows are left out by number only as whole pages. */
function printPage({ top, skip = 0 }: Query): Record<string, Printable> {
  if (skip === 0) return { top }
  if (!top || skip % top !== 0) throw invalid('FetchXML can leave out whole pages only')
  return { count: top, page: skip / top + 1 }
}

const JOINS: Readonly<Record<Link['type'], string | undefined>> = {
  inner: 'inner',
  outer: 'outer',
  any: 'exists',
  'not-any': undefined,
  all: undefined,
}
const EXISTENCE: Readonly<Record<Link['type'], string | undefined>> = {
  inner: undefined,
  outer: undefined,
  any: 'any',
  'not-any': 'not any',
  all: undefined,
}

function printLink(link: Link, types: Readonly<Record<Link['type'], string | undefined>>): string {
  const type = types[link.type]
  if (!type) throw invalid(`FetchXML has no link of type ${link.type} at the place of ${link.alias}`)
  const body = [
    printColumns(link.columns ?? []),
    link.filter ? printFilter(link.filter) : '',
    (link.links ?? []).map((nested) => printLink(nested, JOINS)).join(''),
  ]
  const { table: name, from, to, alias } = link
  return element('link-entity', { name, from, to, alias, 'link-type': type }, body.join(''))
}

function printFilter(filter: Filter): string {
  if (filter.not) throw invalid('FetchXML has no negated group')
  const items = filter.items.map((item) => {
    if (item.kind === 'condition') return printCondition(item)
    return item.kind === 'filter' ? printFilter(item) : printLink(item, EXISTENCE)
  })
  return element('filter', { type: filter.type }, items.join(''))
}

function printCondition({ column, operator, values, of }: Condition): string {
  const attributes = { attribute: column, operator, entityname: of }
  const texts = values.map((value) => printValue(value, column))
  if (OPERATORS[operator].values === 1) return element('condition', { ...attributes, value: texts[0] }, '')
  return element('condition', attributes, texts.map((text) => `<value>${escapeXml(text)}</value>`).join(''))
}

function printValue(value: Value, column: string): string {
  if (value === null) throw invalid(`FetchXML has no null as a value; use the operator null`, { column })
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'boolean') return value ? '1' : '0'
  return String(value)
}

function printColumns(columns: readonly string[] | 'all'): string {
  if (columns === 'all') return '<all-attributes/>'
  return columns.map((name) => `<attribute${printAttributes({ name })}/>`).join('')
}

function element(name: string, attributes: Record<string, Printable>, body: string): string {
  const open = `<${name}${printAttributes(attributes)}`
  return body ? `${open}>${body}</${name}>` : `${open}/>`
}

type Printable = string | number | boolean | undefined

function printAttributes(attributes: Record<string, Printable>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeXml(String(value))}"`))
    .join('')
}
