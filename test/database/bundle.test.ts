import { execFile } from 'node:child_process'
import { cp, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { testDirectory } from '../support/database.ts'

const ROOM = 'src/database'

test('a bundle finds its thread, its initdb and its migrations beside it', async () => {
  const directory = await testDirectory()
  const bundle = join(directory, 'main.js')
  const code = `
    import { sql } from 'kysely'
    import { openDatabase } from '#database'
    const db = await openDatabase({ directory: process.argv[2] })
    const { rows } = await sql\`select count(*) as n from migration\`.execute(db.sql)
    await db.close()
    console.log(rows[0].n > 0 ? 'migrated' : 'empty')`
  await build({
    stdin: { contents: code, resolveDir: process.cwd() },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  // What a build copies (see src/database/index.ts).
  await cp(join(ROOM, 'migrations'), join(directory, 'migrations'), { recursive: true })
  for (const name of ['worker.mjs', 'create.mjs', 'durable.mjs'])
    await cp(join(ROOM, 'embedded', name), join(directory, name))
  await symlink(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'))
  const { stdout } = await promisify(execFile)(process.execPath, [bundle, join(directory, 'data')])
  expect(stdout.trim()).toBe('migrated')
})
