import { sql } from 'kysely'
import type { Executor } from '#database'
import { type CustomFile, NOTHING_CUSTOM, readCustomFile } from '../tables/custom-file.ts'

/** What the API has declared, in the form of the file, and which state of it this is. */
export interface Kept {
  version: number
  file: CustomFile
}

/** @throws Error when the database holds what this version does not understand. */
export async function keptCustomization(executor: Executor): Promise<Kept> {
  const { rows } = await sql<{ version: string; declarations: unknown }>`
    select version::text as version, declarations from customization`.execute(executor)
  const [row] = rows
  if (!row) return { version: 0, file: NOTHING_CUSTOM }
  const read = readCustomFile(row.declarations)
  if ('file' in read) return { version: Number(row.version), file: read.file }
  throw new Error(
    `The custom tables and columns in the database are not understood by this version: ${read.faults.join('; ')}. ` +
      'Use the version that made them, or a newer one.',
  )
}

export async function keepCustomization(tx: Executor, { version, file }: Kept): Promise<void> {
  await sql`update customization set version = ${version}, declarations = ${JSON.stringify(file)}::text::jsonb`.execute(
    tx,
  )
}
