import { sql } from 'kysely'
import type { Clock } from '#time'
import type { Executor } from '../database.ts'
import type { BlobFiles } from './files.ts'

/** A column that holds hashes of blobs. */
export interface References {
  table: string
  column: string
}

const BATCH = 1000
/** Longer than the time within which `put` renews what it finds stored. */
const LEAST_GRACE = 1

/**
 * Removes content to which no column refers and which was stored (or put again) more than `graceHours` ago. Content is
 * put before what refers to it is committed: the grace covers the longest transaction.
 * @returns how many contents were removed.
 */
export async function sweep(options: {
  transaction: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>
  references: readonly References[]
  files: BlobFiles | undefined
  clock: Clock
  graceHours: number
}): Promise<number> {
  const { transaction, references, files, clock } = options
  if (references.length === 0) throw new Error('No column is known to refer to blobs: a sweep would remove them all.')
  if (options.graceHours < LEAST_GRACE) throw new Error(`The grace of a sweep is at least ${LEAST_GRACE} hour.`)
  const before = new Date(clock.now().getTime() - options.graceHours * 3_600_000)
  const unused = sql.join(
    references.map(
      ({ table, column }) =>
        sql`not exists (select from ${sql.table(table)} as r where ${sql.ref(`r.${column}`)} = b.hash)`,
    ),
    sql` and `,
  )
  let removed = 0
  for (;;) {
    const { numAffectedRows = 0n } = await transaction((tx) =>
      sql`delete from blob where stored < ${before} and hash in (
        select hash from blob as b where stored < ${before} and ${unused} limit ${BATCH})`.execute(tx),
    )
    removed += Number(numAffectedRows)
    if (Number(numAffectedRows) < BATCH) break
  }
  if (files) await sweepFiles(files, before, transaction)
  return removed
}

/** Removes files without a row: of contents just removed, and of transactions that were rolled back. */
async function sweepFiles(
  files: BlobFiles,
  before: Date,
  transaction: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>,
): Promise<void> {
  for await (const hashes of files.untouchedSince(before)) {
    if (hashes.length === 0) continue
    const { rows } = await transaction((tx) =>
      sql<{ hash: string }>`select hash from blob where hash = any(${hashes})`.execute(tx),
    )
    const kept = new Set(rows.map((row) => row.hash))
    for (const hash of hashes) if (!kept.has(hash)) files.removeIfUntouched(hash, before)
  }
}
