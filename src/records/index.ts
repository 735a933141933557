export {
  type Access,
  type AddressMatch,
  type ChangeOptions,
  type Principal,
  type Privilege,
  type Proof,
  RecordError,
  type RecordErrorCode,
  type Reference,
  type Share,
  type Standing,
  SYSTEM,
  type Values,
  type WriteOptions,
} from './access.ts'
export { normalAddress, resolveAddresses } from './addresses/resolve.ts'
export { type AuditDetail, pruneAudit } from './audit/history.ts'
export {
  type Change,
  type ChangePage,
  currentCursor,
  cursorBefore,
  type FeedCursor,
  FeedCursorError,
  pruneChanges,
  readChanges,
} from './changes/read.ts'
export type { ColumnChange, CustomChange } from './customize/change.ts'
export type { Duplicates } from './duplicates/duplicates.ts'
export { DuplicatesFound, type FoundDuplicate } from './duplicates/found.ts'
export type { MergeHook, Merging } from './merge/merge.ts'
export { namesOfRecords } from './names.ts'
export { openRecords, type Records, type RecordsOptions } from './open.ts'
export { type Compiled, compileQuery } from './query/compile.ts'
export { type FetchOptions, parseFetch, parseFetchAggregation } from './query/fetch.ts'
export { printFetch } from './query/fetch-print.ts'
export { LIMITS } from './query/limits.ts'
export { parseApply } from './query/odata/apply.ts'
export type { Expansion, ODataQuery } from './query/odata/expand.ts'
export { type ParsedFilter, parseFilter } from './query/odata/filter.ts'
export { columnNamed, type Navigation, navigationNamed, navigationsOf, propertyName } from './query/odata/navigation.ts'
export { parseODataOptions } from './query/odata/options.ts'
export { printFilter } from './query/odata/print.ts'
export { TokenReader } from './query/odata/reader.ts'
export { splitTop } from './query/odata/split.ts'
export { tokenize } from './query/odata/tokens.ts'
export { OPERATORS, oppositeOf } from './query/operators.ts'
export type { Catalog, Viewpoint } from './query/source.ts'
export type {
  Aggregate,
  Aggregated,
  Aggregation,
  Condition,
  DatePart,
  Each,
  Filter,
  Group,
  Link,
  Operator,
  Order,
  Page,
  Query,
  Row,
  Value,
} from './query.ts'
export { searchedColumns, searchedTables } from './search/columns.ts'
export { removeSearchEntries } from './search/entries.ts'
export { highlight } from './search/highlight.ts'
export { keepSearchIndex, type SearchLag, searchLag } from './search/keep.ts'
export type { Hit, SearchAnswer, SearchQuestion } from './search/search.ts'
export { DEPTH, reachesRecord, type SecurityContext } from './security/context.ts'
export { followShares } from './security/followShares.ts'
export { ROLES, ROOT_BUSINESS_UNIT, SYSTEM_USER } from './security/ids.ts'
export { securityVersion } from './security/load.ts'
export { accessPredicate, idArray, readPredicate } from './security/predicate.ts'
export { VISIBILITY } from './security/visibility.ts'
export { activity, PARTICIPATION, TARGETS } from './tables/activity.ts'
export { type Catalogue, SYSTEM_COLUMNS, type Table } from './tables/catalogue.ts'
export { table as completeTable } from './tables/columns.ts'
export { isSecurable, parseCustomization } from './tables/custom.ts'
export type { CustomColumn, CustomManyToMany, CustomOptionSet, CustomTable } from './tables/custom-file.ts'
export type { ColumnDefinition, ColumnType, OptionSet, TableDefinition } from './tables/definition.ts'
export { EMAIL_STATUS } from './tables/email.ts'
export { manyToManyOf, type Relationship, relationshipsOf } from './tables/relationships.ts'
export { standardTables } from './tables/standard.ts'
export { isId } from './write/values.ts'
export type { ChangeKind, CodeEvent, CodePoints, CodeRow, Reaction, RowsChanged } from './write/write.ts'
