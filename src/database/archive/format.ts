import { z } from 'zod'

/**
 * An archive is lines of JSON, compressed by gzip: a header, the schema, the tables with their rows, the blobs, the
 * waiting jobs, and an end that holds the SHA-256 of every line before it. Values are PostgreSQL's own texts, with the
 * session's time zone UTC, so an archive moves between engines and versions unchanged.
 */
export const FORMAT = 'regarding-archive'
export const VERSION = 1

export const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  created: z.string(),
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })),
})
export type Header = z.infer<typeof headerSchema>

/** DDL before the rows (types, functions, sequences, tables) and after them (constraints, indexes, views, triggers). */
const schemaSchema = z.object({ before: z.array(z.string()), after: z.array(z.string()) })
export type Schema = z.infer<typeof schemaSchema>

const columnSchema = z.object({ name: z.string(), type: z.string() })

export const lineSchema = z.union([
  z.object({ schema: schemaSchema }),
  z.object({ table: z.string(), columns: z.array(columnSchema) }),
  z.object({ rows: z.array(z.array(z.string().nullable())) }),
  z.object({ sequence: z.string(), value: z.string(), called: z.boolean() }),
  z.object({ blob: z.string(), size: z.number() }),
  z.object({ part: z.base64() }),
  z.object({
    job: z.string(),
    data: z.record(z.string(), z.unknown()),
    key: z.string().nullable(),
    after: z.string(),
    retries: z.number(),
  }),
  z.object({ end: z.literal(true), rows: z.number(), blobs: z.number(), checksum: z.string() }),
])
export type Line = z.infer<typeof lineSchema>
