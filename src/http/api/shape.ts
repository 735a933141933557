import type { Catalogue, ColumnDefinition, Link, Query, Table } from '#records'
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
  /** Navigation properties whose rows are nested in the answer, by name. */
  expanded: readonly { name: string; shape: Shape }[]
  /** Linked tables whose columns stand beside the row's own. */
  flat: readonly Shape[]
}

const VERSION = 'versionnumber'

/**
 * The query to be asked, with what the answer needs besides (version for the etag, ids of what is expanded), and the
 * shape of the answer. Expanded rows are nested (OData); linked rows of FetchXML are flat.
 */
export function shapeOf(query: Query, catalogue: Catalogue, links: 'nested' | 'flat'): { query: Query; shape: Shape } {
  const table = catalogue.table(query.table)
  const shown = linksShown(query.links ?? [])
  const shapes = shown.map((link) => linkShape(link, catalogue, links === 'nested' ? 'own' : 'beside'))
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
      expanded: links === 'nested' ? shapes.map(({ alias, shape }) => ({ name: alias, shape })) : [],
      flat: links === 'flat' ? shapes.map(({ shape }) => shape) : [],
    },
  }
}

/** The names of the properties, as `$select` would say them. */
export function selected({ table, columns }: Shape): string[] {
  return columns.map(({ name }) => propertyName(name, table))
}

function linksShown(links: readonly Link[]): Link[] {
  return links.flatMap((link) => [...(link.columns?.length ? [link] : []), ...linksShown(link.links ?? [])])
}

function linkShape(link: Link, catalogue: Catalogue, place: Shape['place']): { alias: string; shape: Shape } {
  const table = catalogue.table(link.table)
  const { columns = [] } = link
  return {
    alias: link.alias,
    shape: {
      catalogue,
      table,
      prefix: `${link.alias}.`,
      place,
      columns: columnsOf(table, columns === 'all' || place === 'beside' ? columns : [table.id, ...columns]),
      expanded: [],
      flat: [],
    },
  }
}

/** Whether there is a row to nest is told by its id. */
function withId(link: Link, catalogue: Catalogue): Link {
  if (!link.columns || link.columns === 'all') return link
  return { ...link, columns: [...new Set([catalogue.table(link.table).id, ...link.columns])] }
}

function columnsOf(table: Table, names: readonly string[] | 'all'): ColumnDefinition[] {
  if (names === 'all') return table.columns.filter(({ type }) => type !== 'secret')
  const wanted = new Set(names)
  return table.columns.filter(({ name }) => wanted.has(name))
}
