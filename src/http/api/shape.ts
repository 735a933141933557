import type { Catalogue, ColumnDefinition, Expansion, Link, ODataQuery, Table } from '#records'
import { propertyName } from '#records'

/** Which columns of a row of a query's result go where in the answer. */
export interface Shape {
  catalogue: Catalogue
  table: Table
  /** Before the names of its columns in the row, e.g. `primarycontactid.`. */
  prefix: string
  /** An object of its own, or beside the columns of another as `alias.column`. */
  place: 'own' | 'beside'
  columns: readonly ColumnDefinition[]
  /** Navigation properties of lookups whose rows are nested in the answer. */
  expanded: readonly Nested[]
  /** Collections that are read beside its rows. */
  collections: readonly Expansion[]
  /** Linked tables whose columns stand beside the row's own. */
  flat: readonly Shape[]
}

interface Nested {
  name: string
  /** Only its address. */
  ref: boolean
  shape: Shape
}

const VERSION = 'versionnumber'

/**
 * The query to be asked, with what the answer needs besides (version for the etag, ids of what is expanded), and the
 * shape of the answer. Expanded rows are nested (OData); linked rows of FetchXML are flat.
 */
export function shapeOf(
  query: ODataQuery,
  catalogue: Catalogue,
  links: 'nested' | 'flat',
): { query: ODataQuery; shape: Shape } {
  const table = catalogue.table(query.table)
  return {
    query: {
      ...query,
      ...(query.columns && table.byName.has(VERSION) ? { columns: [...new Set([...query.columns, VERSION])] } : {}),
      ...(query.links && links === 'nested' ? { links: query.links.map((link) => withId(link, catalogue)) } : {}),
    },
    shape: {
      catalogue,
      table,
      prefix: '',
      place: 'own',
      columns: columnsOf(table, query.columns ? [table.id, ...query.columns] : 'all'),
      ...below(query.expand ?? [], catalogue),
      flat: links === 'flat' ? linksShown(query.links ?? []).map((link) => linkShape(link, catalogue)) : [],
    },
  }
}

/** The shape itself and all that come from the same row of the result. */
export function shapesWithin(shape: Shape): Shape[] {
  return [shape, ...shape.flat, ...shape.expanded.flatMap((nested) => shapesWithin(nested.shape))]
}

/** The names of the properties, as `$select` would say them. */
export function selected({ table, columns }: Shape): string[] {
  return columns.map(({ name }) => propertyName(name, table))
}

function below(expand: readonly Expansion[], catalogue: Catalogue): Pick<Shape, 'expanded' | 'collections'> {
  return {
    expanded: expand
      .filter(({ navigation }) => navigation.kind === 'one')
      .map((each) => ({ name: each.name, ref: each.ref, shape: nestedShape(each, catalogue) })),
    collections: expand.filter(({ navigation }) => navigation.kind === 'many'),
  }
}

function nestedShape({ navigation, alias, columns, expand }: Expansion, catalogue: Catalogue): Shape {
  const table = catalogue.table(navigation.table)
  return {
    catalogue,
    table,
    prefix: `${alias ?? ''}.`,
    place: 'own',
    columns: columnsOf(table, columns === 'all' ? columns : [table.id, ...columns]),
    ...below(expand, catalogue),
    flat: [],
  }
}

function linksShown(links: readonly Link[]): Link[] {
  return links.flatMap((link) => [...(link.columns?.length ? [link] : []), ...linksShown(link.links ?? [])])
}

function linkShape(link: Link, catalogue: Catalogue): Shape {
  const table = catalogue.table(link.table)
  return {
    catalogue,
    table,
    prefix: `${link.alias}.`,
    place: 'beside',
    columns: columnsOf(table, link.columns ?? []),
    expanded: [],
    collections: [],
    flat: [],
  }
}

/** Whether there is a row to nest is told by its id. */
function withId(link: Link, catalogue: Catalogue): Link {
  const links = link.links ? { links: link.links.map((each) => withId(each, catalogue)) } : {}
  if (!link.columns || link.columns === 'all') return { ...link, ...links }
  return { ...link, ...links, columns: [...new Set([catalogue.table(link.table).id, ...link.columns])] }
}

function columnsOf(table: Table, names: readonly string[] | 'all'): ColumnDefinition[] {
  if (names === 'all') return table.columns.filter(({ type }) => type !== 'secret')
  const wanted = new Set(names)
  return table.columns.filter(({ name }) => wanted.has(name))
}
