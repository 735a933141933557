import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { syncDirectory } from './disk.ts'
import { copyOrMake, placeOfCluster } from './prepared.ts'

/** What an embedded database's directory holds, besides `holder.json` and `secret.key`. */
export interface Layout {
  root: string
  meta: string
  cluster: string
  blobs: string
}

export function layoutOf(root: string): Layout {
  return { root, meta: join(root, 'meta.json'), cluster: join(root, 'postgres'), blobs: join(root, 'blobs') }
}

/** The major version of PostgreSQL inside the embedded engine, and of this layout. */
const POSTGRES = 18
const FORMAT = 1

const metaSchema = z.object({ format: z.number().int(), postgres: z.number().int() })

/**
 * Makes the cluster when the directory is new, or checks that it is one that this version can open. A cluster appears
 * under its name only when it is whole, so a crash while making it leaves nothing behind that matters.
 * @throws Error naming the file, the cause and the remedy.
 */
export async function prepareDirectory(layout: Layout): Promise<void> {
  await mkdir(layout.blobs, { recursive: true })
  if (existsSync(layout.cluster)) return checkMeta(layout)
  const making = `${layout.cluster}.new`
  await rm(making, { recursive: true, force: true })
  await mkdir(making)
  await copyOrMake(making, { place: await placeOfCluster(), make: initdb })
  await writeDurably(layout.meta, `${JSON.stringify({ format: FORMAT, postgres: POSTGRES })}\n`)
  await rename(making, layout.cluster)
  await syncDirectory(layout.root)
}

async function initdb(directory: string): Promise<void> {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('./create.mjs', import.meta.url)), directory])
}

async function checkMeta(layout: Layout): Promise<void> {
  const remedy = 'Restore the directory from a backup, or import an export into a new directory'
  let text: string
  try {
    text = await readFile(layout.meta, 'utf8')
  } catch (error) {
    throw new Error(`${layout.meta} cannot be read, so the version of the database beside it is unknown. ${remedy}.`, {
      cause: error,
    })
  }
  const meta = metaSchema.safeParse(parseJson(text))
  if (!meta.success) throw new Error(`${layout.meta} is damaged: it should name "format" and "postgres". ${remedy}.`)
  const actual = (await readFile(join(layout.cluster, 'PG_VERSION'), 'utf8').catch(() => 'missing')).trim()
  if (meta.data.format !== FORMAT || meta.data.postgres !== POSTGRES || actual !== String(POSTGRES)) {
    throw new Error(
      `The database in ${layout.root} was made with PostgreSQL ${actual} (meta.json: ${meta.data.postgres}, format ${meta.data.format}); this version of Regarding opens PostgreSQL ${POSTGRES}, format ${FORMAT}. Export it with the version that made it (regarding export) and import that here.`,
    )
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses undefined with the message that names the file.
    return undefined
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`
  await writeFile(temporary, text, { flush: true })
  await rename(temporary, file)
}
