import { cp, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { testDirectory } from './database.ts'

const made = new Map<string, Promise<string>>()

/**
 * A program of the tests as one file with everything in it, which starts in a fraction of the time that hundreds take.
 * @param script path of its TypeScript file; made once for each file of tests that asks.
 */
export function bundleOf(script: string): Promise<string> {
  const bundle = made.get(script) ?? bundled(script)
  made.set(script, bundle)
  return bundle
}

async function bundled(script: string): Promise<string> {
  const directory = await testDirectory()
  const bundle = join(directory, 'main.mjs')
  await build({
    entryPoints: [script],
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Not used with the driver's own protocol; finds its files by its own path.
    external: ['pg-native', '@electric-sql/pglite'],
    // Packages of the older kind ask for their parts by `require`.
    banner: {
      js: "import { createRequire as requirer } from 'node:module'; const require = requirer(import.meta.url);",
    },
    outfile: bundle,
    logLevel: 'error',
  })
  // What a build copies (see src/database/index.ts).
  await cp('src/database/migrations', join(directory, 'migrations'), { recursive: true })
  for (const name of ['worker.mjs', 'create.mjs', 'durable.mjs'])
    await cp(join('src/database/embedded', name), join(directory, name))
  await symlink(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'))
  return bundle
}

/**
 * Options of Node.js for a program that is killed within seconds: while it starts, optimizing the embedded database would
 * cost as much as everything else it does.
 */
export const SHORT_LIVED = ['--liftoff-only', '--max-semi-space-size=64']
