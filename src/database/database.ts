import type { Readable } from 'node:stream'
import type { Kysely, Transaction as KyselyTransaction } from 'kysely'

/**
 * Where SQL runs: the database itself or one transaction. SQL is written with Kysely's `sql` tag, which makes every
 * value a parameter and every name an identifier, and run with `.execute(executor)`. One dialect: what PostgreSQL 15
 * and PGlite both understand, with the same JavaScript values from both (see `values.ts`). The engines' own order of
 * text differs: where it matters say `collate "C"` (bytes) or `collate "und-x-icu"` (for people).
 */
export type Executor = Kysely<unknown>
export type Transaction = KyselyTransaction<unknown>

export interface Database {
  /** `embedded`: PGlite in this process's own directory. `server`: PostgreSQL, shared by many processes. */
  readonly kind: 'embedded' | 'server'
  readonly sql: Executor
  /**
   * For what people ask: a server gives up each statement that takes longer, with SQLSTATE 57014 (the embedded engine
   * cannot). Its connections are apart, as many as those of `sql`, and are opened when they are first needed.
   */
  limited(milliseconds: number): Executor
  /**
   * Runs `work` in one transaction: READ COMMITTED, or what its first statement sets. It is run again from its start,
   * at most five times, after a serialization failure, a deadlock, or when it throws `Retry`; so it changes nothing but
   * the database. Within `work` only `tx` may be used: `sql` or another transaction is refused there (the embedded
   * engine has one session, and would wait for itself). Elsewhere both may be used at any time: on the embedded engine
   * they wait their turn, so a transaction never waits for a mail server or a person.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Wakes listeners in every process; from within a transaction, once it is committed. A wake-up carries no state: whoever wakes reads the database. */
  notify(channel: string, payload?: string): Promise<void>
  listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>>
  readonly blobs: Blobs
  readonly secrets: Secrets
  readonly jobs: Jobs
  /**
   * Removes dead rows and renews the planner's statistics, which the embedded engine does not do by itself (run it
   * every few minutes while there is work); a server does, so there it does nothing. Waits for transactions, table by
   * table.
   */
  maintain(): Promise<void>
  /**
   * Renews the planner's statistics of those of the tables that have grown by more than half since they were last looked
   * at: whoever fills tables by thousands of rows would have their statements planned for empty ones, until the engine
   * looks by itself. Not within a transaction.
   */
  lookAgain(tables: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Content by its SHA-256, stored once however often it is used (B-61). */
export interface Blobs {
  /** Stores contents within a transaction, in one statement; returns their hashes (hex) in the same order. */
  put(tx: Executor, contents: readonly Uint8Array[]): Promise<string[]>
  get(executor: Executor, hash: string): Promise<Uint8Array | undefined>
  /** Stores content of any length (up to 1 GB) without holding it in memory. */
  putStream(tx: Executor, source: Readable): Promise<{ hash: string; size: number }>
  /** The content piece by piece; read it before the executor's transaction ends. */
  stream(executor: Executor, hash: string): Promise<Readable | undefined>
  /** Declares a column (text) that holds hashes. Every such column is declared at start-up, before the first sweep. */
  register(table: string, column: string): void
  /**
   * Removes contents which no registered column holds and which were put more than `graceHours` (24 without it, at
   * least 1) ago. Returns how many.
   */
  sweep(graceHours?: number): Promise<number>
}

/** Encryption at rest: AES-256-GCM under a named key, so that keys can be rotated (MB-20). */
export interface Secrets {
  /** `context` is bound to the ciphertext: what was encrypted for one place cannot be moved to another. */
  seal(plain: string, context: string): string
  /** @throws Error naming the context when the key is missing or the text was altered. */
  open(sealed: string, context: string): string
  /** Declares a column that holds sealed texts, so that rotation finds them. */
  register(column: SecretColumn): void
  /**
   * Seals everything in registered columns anew, in batches, under a new key (made here without one), which is the
   * active key from the start; the old ones stay readable until all is done. A key file is rewritten; a key from the
   * environment must be given to every process as `new,old` before, and as `new` afterwards.
   * @returns how many secrets were sealed anew. Can be run again after a crash.
   */
  rotate(newKey?: string): Promise<number>
}

export interface SecretColumn {
  table: string
  /** The column by which a row is known. */
  id: string
  column: string
  /** The context with which a row's secret was sealed; the id as text. */
  context: (id: string) => string
}

/** One-off jobs (pg-boss): retried, at least once. Mailbox cycles are not jobs; see sync/schedule. */
export interface Jobs {
  send(
    tx: Executor | undefined,
    name: string,
    data: object,
    options?: { key?: string; after?: Date; retries?: number },
  ): Promise<void>
  work(name: string, handler: (data: unknown) => Promise<void>): Promise<void>
  stop(): Promise<void>
}
