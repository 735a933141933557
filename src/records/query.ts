import type { ColumnDefinition, ColumnType } from './tables/definition.ts'

/** A value of a column: dates as `Date`, ids as lower-case UUID text, choices as their number. */
export type Value = string | number | boolean | Date | null

/** The operators of SF-33, by their FetchXML names. */
export type Operator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'like'
  | 'not-like'
  | 'in'
  | 'not-in'
  | 'between'
  | 'not-between'
  | 'null'
  | 'not-null'
  | 'begins-with'
  | 'not-begin-with'
  | 'ends-with'
  | 'not-end-with'
  | 'contain-values'
  | 'not-contain-values'
  | 'eq-userid'
  | 'ne-userid'
  | 'eq-userteams'
  | 'eq-useroruserteams'
  | 'eq-businessid'
  | 'ne-businessid'
  | 'on'
  | 'on-or-before'
  | 'on-or-after'
  | 'yesterday'
  | 'today'
  | 'tomorrow'
  | 'last-seven-days'
  | 'next-seven-days'
  | 'last-week'
  | 'this-week'
  | 'next-week'
  | 'last-month'
  | 'this-month'
  | 'next-month'
  | 'last-year'
  | 'this-year'
  | 'next-year'
  | 'last-x-hours'
  | 'next-x-hours'
  | 'last-x-days'
  | 'next-x-days'
  | 'last-x-weeks'
  | 'next-x-weeks'
  | 'last-x-months'
  | 'next-x-months'
  | 'last-x-years'
  | 'next-x-years'
  | 'olderthan-x-months'

export interface Condition {
  kind: 'condition'
  column: string
  operator: Operator
  values: readonly Value[]
  /** The alias of the link whose column it is; the query's own table without it. */
  of?: string
}

export interface Filter {
  kind: 'filter'
  type: 'and' | 'or'
  /** True inverts the whole group (OData `not`; FetchXML has none). */
  not?: boolean
  items: readonly (Condition | Filter | Link)[]
}

/**
 * Another table reached from this one. As an item of a filter it means "such a row exists" (`any`) or "every such row"
 * (`all`, with the filter as what must hold).
 */
export interface Link {
  kind: 'link'
  table: string
  /** The column of the linked table. */
  from: string
  /** The column of the table it is linked to. */
  to: string
  type: 'inner' | 'outer' | 'any' | 'not-any' | 'all'
  alias: string
  /** Read as `<alias>.<column>`; none without it. Only of `inner` and `outer` links outside filters. */
  columns?: readonly string[] | 'all'
  filter?: Filter
  links?: readonly Link[]
  /** Within a filter: the alias of the link to whose row it belongs; the row that is filtered without it. */
  of?: string
}

export interface Order {
  column: string
  descending?: boolean
  of?: string
}

/** The one description of a question: OData, FetchXML and the filter editor make it, and only it becomes SQL. */
export interface Query {
  table: string
  /** All readable columns without it. */
  columns?: readonly string[]
  filter?: Filter
  links?: readonly Link[]
  order?: readonly Order[]
  /** At most this many rows; with more, `Page.next` continues. */
  top?: number
  /** `Page.next` of the page before. */
  after?: string
  /** Rows to be left out, from where the page begins; a position is cheaper. */
  skip?: number
  /** Asks for `Page.count`. */
  count?: boolean
  /** Rows that links multiply come once, as long as no column of such a link is asked for. */
  distinct?: boolean
  /** IANA name of the zone in which its days and relative dates are meant (SF-35); the reader's own without it. */
  timeZone?: string
}

/** The parts of a date by which rows are grouped, as numbers; weeks begin on Sunday, the first is that of January 1st. */
export type DatePart = 'day' | 'week' | 'month' | 'quarter' | 'year'

export interface Group {
  /** The name in the result. */
  alias: string
  column: string
  of?: string
  by?: DatePart
}

export interface Aggregate {
  alias: string
  /** `count` counts rows, `countcolumn` those that have a value, `countdistinct` the different values. */
  method: 'sum' | 'average' | 'min' | 'max' | 'count' | 'countcolumn' | 'countdistinct'
  /** None for `count`. */
  column?: string
  of?: string
}

/** A question about groups of rows: OData's `$apply` and the aggregates of FetchXML make it. */
export interface Aggregation extends Pick<Query, 'table' | 'filter' | 'links' | 'timeZone'> {
  /** All rows are one group without any. */
  groups: readonly Group[]
  values: readonly Aggregate[]
  /** By what stands in the result. */
  order?: readonly { alias: string; descending?: boolean }[]
  top?: number
  skip?: number
}

/** What belongs to each of several rows: the rows whose column holds its id, or that a third table ties to it. */
export interface Each {
  /** The column that holds the id; with `via`, of the tying table. */
  column: string
  ids: readonly string[]
  /** The table of the ids, where the column may point to several. */
  target?: string
  /** The tying table, and its lookup to the rows. */
  via?: { table: string; far: string }
}

export type Row = Record<string, Value>

export interface Page {
  rows: Row[]
  next?: string
  /** Of all pages, when asked for. */
  count?: number
}

/** What an aggregation found. */
export interface Aggregated {
  /** By alias; of a lookup also its table, as `<alias>_table`. */
  rows: Row[]
  columns: readonly AggregatedColumn[]
}

export interface AggregatedColumn {
  alias: string
  type: ColumnType
  /** The column whose values these are: of a group, and of the least and greatest. */
  source?: ColumnDefinition
}
