export {
  type Access,
  type AddressMatch,
  type Principal,
  type Privilege,
  RecordError,
  type RecordErrorCode,
  type Reference,
  SYSTEM,
  type Values,
} from './access.ts'
export { type Compiled, compileQuery } from './query/compile.ts'
export { type FetchOptions, parseFetch } from './query/fetch.ts'
export { printFetch } from './query/fetch-print.ts'
export { LIMITS } from './query/limits.ts'
export { OPERATORS, oppositeOf } from './query/operators.ts'
export type { Catalog, Viewpoint } from './query/source.ts'
export type { Condition, Filter, Link, Operator, Order, Page, Query, Row, Value } from './query.ts'
export type { ColumnDefinition, ColumnType, TableDefinition } from './tables/definition.ts'
