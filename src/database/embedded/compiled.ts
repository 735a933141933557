import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

declare global {
  // The types of Node.js have its types only.
  namespace WebAssembly {
    function compile(bytes: Uint8Array): Promise<Module>
  }
}

let compiled: Promise<WebAssembly.Module> | undefined

/**
 * The embedded engine's program, compiled once per process: threads share it with all that was optimized while it ran,
 * so that a second database, or one that is started again after its thread died, opens in a third of the time.
 * @throws Error of the file system, or of a file that is no WebAssembly.
 */
export function compiledEngine(): Promise<WebAssembly.Module> {
  compiled ??= compile().catch((error: unknown) => {
    compiled = undefined
    throw error
  })
  return compiled
}

async function compile(): Promise<WebAssembly.Module> {
  // …/node_modules/@electric-sql/pglite/dist/index.cjs
  const program = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), 'pglite.wasm')
  return WebAssembly.compile(await readFile(program))
}
