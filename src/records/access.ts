import type { RawBuilder } from 'kysely'
import type { Executor } from '#database'
import type { Aggregated, Aggregation, Each, Page, Query, Row, Value } from './query.ts'

/**
 * On whose behalf something is read or written (law 7). `system` has every privilege. A user in whose name another acts
 * (`by`, who needs prvActOnBehalfOfAnotherUser) may do what both of them may.
 */
export type Principal = { kind: 'system' } | { kind: 'user'; id: string; by?: string }

export const SYSTEM: Principal = { kind: 'system' }

export type Privilege = 'create' | 'read' | 'write' | 'delete' | 'append' | 'appendTo' | 'assign' | 'share'

/** By what a user came in, such as a session. */
export interface Proof {
  /** The same for all whose `holds` differ in the id only. */
  readonly kind: string
  readonly id: string
  /** Whether there still is such a session, as SQL. */
  readonly holds: (id: RawBuilder<unknown>) => RawBuilder<boolean>
}

/** What is known of a user who asks, from when it was last looked up. */
export interface Standing {
  /** Of all security and all declarations (`securityVersion`). */
  readonly version: string
  /** Absent where all of it was looked up for this very request. */
  readonly proof?: Proof
  /** Whether version and proof were seen to hold; the first statement that answers a question looks. */
  confirmed: boolean
}

/** A pointer to one record of one table. */
export interface Reference {
  table: string
  id: string
}

export type Values = Record<string, Value | Reference | undefined>

export interface WriteOptions {
  /** With `false` a record that looks like one that exists is refused (DuplicatesFound); saved without it, as in Dataverse. */
  suppressDuplicateDetection?: boolean
}

export interface ChangeOptions extends WriteOptions {
  /** The change closes an opportunity or a case, and what comes with that is done beside it. */
  closes?: boolean
  /** The `versionnumber` that the row must still have once it is locked, or the rows by their ids; else `VersionMismatch`. */
  ifVersion?: number | ReadonlyMap<string, number>
}

/**
 * The only way to read or write records. Bound to a principal and an executor; security is part of every statement.
 * Lookups are written as `Reference` and read as two entries: `<column>` (the id) and `<column>_table`.
 * @throws RecordError with a stable `code`, naming table, column or privilege.
 */
export interface Access {
  readonly principal: Principal
  /** The same principal within a transaction. */
  in(executor: Executor): Access
  /**
   * The same principal, whose questions are given up by a server after so long (SQLSTATE 57014). The embedded engine
   * cannot give up a statement, and within a transaction its own limits hold. Rights that are known at the version of
   * `standing` are not asked for again: for one request, not for longer. As long as `standing` is not confirmed, each
   * statement asks along whether it holds, and answers nothing when it does not: then this throws, and whoever asks
   * finds out anew who that is.
   */
  limited(milliseconds: number, standing?: Standing): Access
  create(table: string, values: Values, options?: WriteOptions): Promise<string>
  /** One statement per table touched, not per row. Rows may carry their own id. Returns the ids in order. */
  createMany(table: string, rows: readonly Values[], options?: WriteOptions): Promise<string[]>
  update(table: string, id: string, values: Values, options?: ChangeOptions): Promise<void>
  /** Each row names its id under the table's primary id column. */
  updateMany(table: string, rows: readonly Values[], options?: ChangeOptions): Promise<void>
  delete(table: string, id: string, options?: Pick<ChangeOptions, 'ifVersion'>): Promise<void>
  /** All of them or none. */
  deleteMany(table: string, ids: readonly string[], options?: Pick<ChangeOptions, 'ifVersion'>): Promise<void>
  /** The row, or undefined when there is none that the principal may read. */
  retrieve(table: string, id: string, columns?: readonly string[]): Promise<Row | undefined>
  query(query: Query): Promise<Page>
  /**
   * Groups of the rows that the principal may read, and what is counted and summed of them.
   * @throws RecordError `QueryTooComplex` when there are more than 50,000 such rows.
   */
  aggregate(aggregation: Aggregation): Promise<Aggregated>
  /** What belongs to each of several rows, in one statement: a page for every id, by id. */
  queryEach(query: Query, each: Each): Promise<Map<string, Page>>
  /** Whether the principal holds a privilege: on one record, or (without id) on any record of the table. */
  may(privilege: Privilege, table: string, id?: string): Promise<boolean>
  /** Whether a privilege that belongs to no table is held, e.g. `prvApproveRejectEmailAddress`. */
  holds(privilege: string): Promise<boolean>
  /** Whether column security leaves the column open (SE-20…SE-24); writing to one that is closed is an error. */
  mayColumn(right: 'read' | 'create' | 'update', table: string, column: string): Promise<boolean>
  /** Gives a user or team rights on one record, in place of those it was given before, or (`add`) beside them. */
  share(
    record: Reference,
    withPrincipal: Reference,
    rights: readonly Privilege[],
    how?: 'replace' | 'add',
  ): Promise<void>
  unshare(record: Reference, withPrincipal: Reference): Promise<void>
  /** With whom a record is shared, and for what. @throws RecordError `NotFound` where it cannot be read. */
  sharesOf(record: Reference): Promise<Share[]>
  /**
   * What a user or team may do with a record, by whatever way: roles, ownership, sharing, reports. Who asks must be able
   * to read both. @throws RecordError `NotFound`.
   */
  rightsOf(principal: Reference, record: Reference): Promise<Privilege[]>
  /**
   * The records that hold each address in a column of format email, the earliest created first, at most `limit` (101)
   * for each; only those this principal may read (T-62, T-69). One statement.
   */
  resolveAddresses(addresses: readonly string[], limit?: number): Promise<Map<string, AddressMatch[]>>
}

export interface Share {
  with: Reference
  rights: Privilege[]
}

export interface AddressMatch {
  table: string
  id: string
  name: string
  /** Active records only take part in some choices (T-63, T-65). Users: not disabled. */
  active: boolean
  /** Absent for tables without owner (users). */
  owner?: Reference
  createdOn: Date
}

/** Stable codes; the Web API prints them as they are. */
export type RecordErrorCode =
  | 'NotFound'
  | 'PrivilegeDenied'
  | 'ColumnUnknown'
  | 'TableUnknown'
  | 'ValueInvalid'
  | 'ValueRequired'
  | 'ValueTooLong'
  | 'DuplicateKey'
  | 'DuplicateRecordsFound'
  | 'ColumnReadOnly'
  | 'ColumnSecured'
  | 'QueryInvalid'
  | 'QueryTooComplex'
  | 'ValidationFailed'
  | 'Conflict'
  | 'VersionMismatch'
  /** The installation's own code refused it, or failed. */
  | 'IsvAborted'

export class RecordError extends Error {
  readonly code: RecordErrorCode
  readonly table: string | undefined
  readonly column: string | undefined
  /** The missing privilege, when the code is `PrivilegeDenied`. */
  readonly privilege: string | undefined

  constructor(
    code: RecordErrorCode,
    message: string,
    at: { table?: string; column?: string; privilege?: string } = {},
  ) {
    super(message)
    this.name = 'RecordError'
    this.code = code
    this.table = at.table
    this.column = at.column
    this.privilege = at.privilege
  }
}
