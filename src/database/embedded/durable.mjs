import fs from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/**
 * PGlite on a directory, with every WAL flush reaching the disk. PGlite itself starts PostgreSQL with `-F` (no fsync)
 * and its file layer answers fsync without doing it; both are put right here, and `syncs` counts the real calls so that
 * an upgrade that makes this inert is noticed at start-up.
 *
 * Plain JavaScript because a worker thread and a child process load it without a TypeScript loader.
 */
export class DurableFiles extends NodeFS {
  syncs = 0

  /**
   * @override
   * @type {NodeFS["init"]}
   */
  async init(postgres, options) {
    const result = await super.init(postgres, options)
    const prepare = /** @type {((module: any) => void)[]} */ (result.emscriptenOpts.preRun)
    prepare.push((module) => {
      module.NODEFS.stream_ops.fsync = (/** @type {{ nfd?: number, node: unknown }} */ stream) => {
        this.syncs++
        if (typeof stream.nfd === 'number') {
          fs.fsyncSync(stream.nfd)
          return 0
        }
        const directory = fs.openSync(module.NODEFS.realPath(stream.node), 'r')
        try {
          fs.fsyncSync(directory)
        } finally {
          fs.closeSync(directory)
        }
        return 0
      }
    })
    return result
  }
}

/**
 * Opens the cluster in `directory`, making it when the directory is empty.
 * @param {string} directory
 * @param {WebAssembly.Module} [engine] PostgreSQL itself, where it is compiled already
 */
export async function openCluster(directory, engine) {
  const files = new DurableFiles(directory)
  const postgres = await PGlite.create({
    fs: files,
    extensions: { pg_trgm },
    ...(engine && { pgliteWasmModule: engine }),
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
      // fdatasync is compiled to nothing: WAL must be flushed by fsync.
      '-c',
      'wal_sync_method=fsync',
      '-c',
      'shared_buffers=32MB',
      '-c',
      'timezone=UTC',
    ],
  })
  return { postgres, files }
}

/**
 * One commit must reach the disk, else nothing that this database acknowledges is safe.
 * @param {import('@electric-sql/pglite').PGlite} postgres
 * @param {{ syncs: number }} files
 */
export async function checkDurability(postgres, files) {
  const before = files.syncs
  await postgres.exec('begin; select pg_current_xact_id(); commit')
  await postgres.exec('checkpoint')
  if (files.syncs === before) {
    throw new Error(
      'The embedded database does not flush its log to the disk (its file layer changed). Refusing to run: install the version of @electric-sql/pglite that package.json names, or use PostgreSQL (REGARDING_DATABASE_URL).',
    )
  }
}
