/**
 * The declaration of a table, from which everything else follows: DDL, metadata, query compilation, field security,
 * pickers, the offline copy, the eraser's catalogue. Names are the logical names of the field.
 */
export interface TableDefinition {
  /** Logical name, e.g. `contact`; also the SQL table's name. */
  name: string
  /** Entity set name of the Web API, e.g. `contacts`. */
  set: string
  label: string
  /** Primary id column, e.g. `contactid`. Declared in `columns` by the helper functions. */
  id: string
  /** The column shown as a record's name, e.g. `fullname`. */
  primaryName: string
  /**
   * `user`: owned by a user or team (`ownerid`, `owninguser`, `owningteam`, `owningbusinessunit`); `business`: belongs to
   * the business unit in `businessunitid` (users, teams, roles); `organization`: no owner; `child`: rights follow the
   * record named by the lookup `parent` (parties, attachments).
   */
  ownership: 'user' | 'business' | 'organization' | 'child'
  parent?: string
  /** The table's name within privileges, e.g. `Activity` in `prvReadActivity`; the logical name without it. */
  privilege?: string
  /** A read-only view over other tables (activitypointer). */
  view?: boolean
  /** An activity: has the columns of activitypointer and can be regarding something. */
  activity?: boolean
  /** May be the regarding of an activity (FT-16). */
  hasActivities?: boolean
  /** Comes from a file of the installation or from the API. */
  custom?: boolean
  /** The name with capitals, as the API was given it. */
  schema?: string
  /** What several of its rows are called; made of the label without it. */
  several?: string
  description?: string
  /** Its rows do nothing but tie rows of two tables: the relationship's name, and the two lookups. */
  intersect?: { name: string; first: string; second: string }
  availableOffline?: boolean
  /**
   * Whose changes are audited (B-83): everybody's, people's only, nobody's; without it people's for activities and what
   * belongs to them, everybody's for other tables.
   */
  audit?: 'all' | 'people' | 'none'
  /** Found by search; without it, tables with activities, activities and custom tables are. */
  search?: boolean
  columns: readonly ColumnDefinition[]
  /** Alternate keys (each unique where all its columns are not null). */
  keys?: readonly { name: string; columns: readonly string[] }[]
  /** Further indexes for the queries that people and the engine make. */
  indexes?: readonly (readonly string[])[]
}

export type ColumnType =
  | 'text'
  | 'memo'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'money'
  | 'boolean'
  | 'datetime'
  | 'date'
  | 'choice'
  | 'choices'
  | 'lookup'
  | 'id'
  | 'json'
  /** Encrypted at rest and never read back (MB-20). */
  | 'secret'

export interface ColumnDefinition {
  name: string
  type: ColumnType
  label?: string
  /** Characters, for `text` and `memo`. */
  max?: number
  /** `email` makes the column take part in address resolution (T-62). */
  format?: 'email' | 'phone' | 'url'
  /** Tables a lookup may point to; more than one makes it polymorphic (`<name>_table` says which). */
  targets?: readonly string[]
  /** Choice values by number. */
  options?: Readonly<Record<number, string>>
  /** For `statuscode`: the state that each status reason belongs to; the lowest code of a state is its default. */
  states?: Readonly<Record<number, number>>
  /** The column is made by the database: these columns joined by spaces (`fullname`). */
  joins?: readonly string[]
  /** Numbered by the database from 1 in the order of creation (the ordinal of a user, T-51). */
  numbered?: boolean
  required?: boolean
  /** The row goes with the record that this lookup points to, where a lookup that is not required is emptied. */
  goesAlong?: boolean
  default?: string | number | boolean
  min?: number
  maxValue?: number
  /** Guarded by column security profiles. */
  secured?: boolean
  /** Set by the system only. */
  readOnly?: boolean
  /** Holds personal data: the eraser must know it (B-82). */
  personal?: boolean
  /** With `false`, search leaves it out: it is text, but not for people. */
  search?: boolean
  custom?: boolean
  /** The name with capitals, as the API was given it; a lookup is followed by it. */
  schema?: string
  description?: string
  /** The name of the relationship of a lookup that points to one table, and of the way back. */
  relationship?: string
  /** The shared choices that `options` are taken from. */
  optionSet?: string
  /** The order in which options are shown; those that are not in it follow by number. */
  order?: readonly number[]
  /** How urgently forms ask people for a value; programs need not give one, as in Dataverse. */
  asked?: 'required' | 'recommended'
  /** A record stays as long as a row points to it by this lookup. */
  restricts?: boolean
}

/** Choices that several columns share. */
export interface OptionSet {
  name: string
  label: string
  description?: string | undefined
  options: Readonly<Record<number, string>>
  order?: readonly number[]
}
