/**
 * The database room. In a bundle, the files of `embedded/*.mjs` and the folder `migrations/` are copied beside the
 * bundle: they are found relative to the module that needs them.
 */

export { type ArchiveOptions, exportDatabase } from './archive/export.ts'
export { type ImportOptions, importDatabase } from './archive/import.ts'
export { textArray } from './array-parameter.ts'
export type { Blobs, Database, Executor, Jobs, SecretColumn, Secrets, Transaction } from './database.ts'
export { pipelined, runCompiled } from './dialect.ts'
export { type OpenOptions, openDatabase, type Target } from './open.ts'
export { type RowsetColumn, rowset } from './rowset.ts'
export type { KeySource } from './secrets/ring.ts'
export { Retry } from './transaction.ts'
