import { createHash, randomUUID } from 'node:crypto'
import { cpSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entriesOf, syncTree } from './disk.ts'

/**
 * Fills an empty directory with what `make` makes, which takes seconds: from the copy that was kept of it at `place`
 * when there is a whole one (0.6 s), else by `make`, whose result is kept there. All of it is on the disk when this
 * resolves. Where nothing can be kept, every directory is made.
 * @throws what `make` throws, or an error of the file system about `directory`.
 */
export async function copyOrMake(
  directory: string,
  { place, make }: { place: string; make: (directory: string) => Promise<void> },
): Promise<void> {
  if (!(await copyKept(place, directory))) {
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory)
    await make(directory)
    await keep(directory, place)
  }
  await syncTree(directory)
}

/** Beside the packages, where tools keep what can be made again; under a name that changes with what makes a cluster. */
export async function placeOfCluster(): Promise<string> {
  // …/node_modules/@electric-sql/pglite/dist/index.cjs
  const engine = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'))
  const makers = [
    join(engine, '..', 'package.json'),
    ...['./create.mjs', './durable.mjs'].map((name) => fileURLToPath(new URL(name, import.meta.url))),
  ]
  const hash = createHash('sha256')
  for (const file of makers) hash.update(await readFile(file))
  return resolve(engine, '../../..', '.cache', 'regarding', `cluster-${hash.digest('hex').slice(0, 16)}`)
}

/** False when nothing is kept, or nothing whole: then it is removed. */
async function copyKept(place: string, directory: string): Promise<boolean> {
  const expected = await readFile(join(place, DIGEST), 'utf8').catch(() => undefined)
  if (expected === undefined) return false
  try {
    cpSync(join(place, FILES), directory, { recursive: true })
    if ((await digestOf(directory)) === expected) return true
  } catch {
    // What cannot be read is made anew; where nothing can be written, `make` says so.
  }
  await discard(place)
  return false
}

const FILES = 'files'
const DIGEST = 'sha256'

/** Appears at `place` at once and whole; another process that is as far at the same moment may be first. */
async function keep(directory: string, place: string): Promise<void> {
  const keeping = `${place}.${randomUUID()}`
  try {
    await mkdir(keeping, { recursive: true })
    cpSync(directory, join(keeping, FILES), { recursive: true })
    await writeFile(join(keeping, DIGEST), await digestOf(join(keeping, FILES)))
    await rename(keeping, place)
  } catch {
    // Nobody needs the copy: the packages may belong to somebody else, lie on a read-only disk or a full one.
    await discard(keeping)
  }
}

/** As far as this process may. */
async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined)
}

/** SHA-256 over every name and content. */
async function digestOf(directory: string): Promise<string> {
  const hash = createHash('sha256')
  for (const entry of entriesOf(directory)) {
    const path = join(entry.parentPath, entry.name)
    hash.update(`${path.slice(directory.length)}\n`)
    if (entry.isFile()) hash.update(await readFile(path))
  }
  return hash.digest('hex')
}
