import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { type Access, type Principal, RecordError, type Table, type Values } from '#records'
import type { Regarding } from '../regarding.ts'
import { rehearse } from '../rehearse.ts'
import { harmless } from './cells.ts'
import { decodeTable } from './decode.ts'
import { ERROR_COLUMN, type Mapping, mappingFor } from './mapping.ts'
import { ImportedValues } from './values.ts'

export interface ImportOptions {
  table: string
  file: Uint8Array
  /** Chosen columns by heading; the others by name and label. */
  mapping?: Mapping
  /** Tells what would become of the rows, and leaves everything as it is. */
  preview?: boolean
  /** Also rows that look like records that exist. */
  allowDuplicates?: boolean
  onProgress?: (done: number, total: number) => void
}

export interface ImportResult {
  mapping: Mapping
  rows: number
  created: number
  updated: number
  failed: number
  /** The rows that failed with the reason, as a file that can be corrected and imported again; absent without any. */
  errors?: string
}

const CHUNK = 100
const MOST_BYTES = 20 * 1024 * 1024
const MOST_ROWS = 100_000

interface Line {
  raw: Record<string, string>
  values?: Values
  error?: string
}

/**
 * Imports rows as the principal: those with the id of a record change it, the others make one. Rows that fail leave the
 * others alone.
 * @throws RecordError `ValidationFailed` for a file that is too large, has no headings, or fits no column of the table.
 */
export async function importRecords(
  { records, database }: Regarding,
  principal: Principal,
  options: ImportOptions,
): Promise<ImportResult> {
  const access = records.as(principal)
  const table = records.catalogue.table(options.table)
  const raw = parseFile(options.file)
  const mapping = mappingFor(table, Object.keys(raw[0] ?? {}), options.mapping)
  if (!Object.values(mapping).some((name) => name !== null && name !== table.id))
    throw refused(`No heading of the file is a column of “${table.name}”.`)
  const read = new ImportedValues(records.catalogue, access)
  const lines: Line[] = []
  for (const one of raw) lines.push(await lineOf(table, mapping, one, read))
  const ready = lines.filter(({ error }) => error === undefined)
  const isNew = ({ values }: Line) => !values?.[table.id]
  const fresh = ready.filter(isNew)
  const known = ready.filter((line) => !isNew(line))
  const how = { suppressDuplicateDetection: options.allowDuplicates === true }
  const report = (done: number) => options.onProgress?.(done, ready.length)
  const carryOut = (write: (by: Access) => Promise<unknown>) =>
    options.preview ? rehearse(database, (tx) => write(access.in(tx))) : write(access)
  await inChunks(fresh, (values) => carryOut((by) => by.createMany(table.name, values, how)), report)
  await inChunks(
    known,
    (values) => carryOut((by) => by.updateMany(table.name, values, how)),
    (done) => report(fresh.length + done),
  )
  const failed = lines.filter(({ error }) => error !== undefined)
  return {
    mapping,
    rows: lines.length,
    created: fresh.filter(({ error }) => error === undefined).length,
    updated: known.filter(({ error }) => error === undefined).length,
    failed: failed.length,
    ...(failed.length > 0 ? { errors: errorFile(failed) } : {}),
  }
}

function parseFile(file: Uint8Array): Record<string, string>[] {
  if (file.byteLength > MOST_BYTES) throw refused(`A file has at most ${MOST_BYTES / 1024 / 1024} MB; divide it.`)
  const text = decodeTable(file)
  try {
    const rows = parse(text, {
      columns: (headings: string[]) => headings.map((heading) => heading.trim()),
      delimiter: delimiterOf(text),
      skip_empty_lines: true,
      relax_column_count_less: true,
      to: MOST_ROWS + 1,
    }) as Record<string, string>[]
    if (rows.length > MOST_ROWS) throw refused(`A file has at most ${MOST_ROWS} rows; divide it.`)
    if (rows.length === 0) throw refused('The file has no rows below its headings.')
    return rows
  } catch (error) {
    if (error instanceof RecordError) throw error
    throw refused(`The file is no CSV: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** What the headings are divided by most often. */
function delimiterOf(text: string): string {
  const [first = ''] = text.split(/\r?\n/, 1)
  const count = (delimiter: string) => first.split(delimiter).length
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best))
}

async function lineOf(
  table: Table,
  mapping: Mapping,
  raw: Record<string, string>,
  read: ImportedValues,
): Promise<Line> {
  try {
    const values: Values = {}
    for (const [heading, name] of Object.entries(mapping)) {
      const column = name === null ? undefined : table.byName.get(name)
      if (!column || raw[heading] === undefined || isSetBySystem(table, column.name)) continue
      if (column.readOnly && column.name !== table.id) continue
      const value = await read.of(column, raw[heading])
      if (value !== null || raw[table.id]) values[column.name] = value
    }
    return { raw, values }
  } catch (error) {
    return { raw, error: reasonOf(error) }
  }
}

const isSetBySystem = (table: Table, name: string) => name !== table.id && table.byName.get(name)?.joins !== undefined

/** All of a chunk at once; when that fails, one by one, so that each bad row fails alone. */
async function inChunks(
  lines: readonly Line[],
  write: (rows: Values[]) => Promise<unknown>,
  report: (done: number) => void,
): Promise<void> {
  for (let at = 0; at < lines.length; at += CHUNK) {
    const chunk = lines.slice(at, at + CHUNK)
    try {
      await write(chunk.map(({ values }) => values ?? {}))
    } catch (error) {
      if (!(error instanceof RecordError)) throw error
      for (const line of chunk)
        await write([line.values ?? {}]).catch((why: unknown) => {
          line.error = reasonOf(why)
        })
    }
    report(at + chunk.length)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RecordError) return error.message
  throw error
}

function errorFile(failed: readonly Line[]): string {
  const headings = [...Object.keys(failed[0]?.raw ?? {}).filter((name) => name !== ERROR_COLUMN), ERROR_COLUMN]
  const rows = failed.map(({ raw, error }) =>
    headings.map((name) => (name === ERROR_COLUMN ? harmless(error ?? '') : (raw[name] ?? ''))),
  )
  return `\uFEFF${stringify([headings, ...rows], { record_delimiter: '\r\n' })}`
}

const refused = (message: string) => new RecordError('ValidationFailed', message)
