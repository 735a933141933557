import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Processes of one script that are killed and replaced. */
export interface Crew {
  /** Resolves when the process says that it is ready, by its first output. */
  start(): Promise<void>
  /** Kills one of those that are ready with SIGKILL; `pick` is from 0 to below 1. Returns its process id. */
  kill(pick: number): Promise<number>
  close(): Promise<void>
}

/** `script` is a file of this directory; `args` are handed to each process. */
export async function openCrew(script: string, args: readonly string[]): Promise<Crew> {
  const bundle = await bundleOf(script)
  const ready = new Set<ChildProcess>()
  const living = new Set<ChildProcess>()
  const end = async (child: ChildProcess) => {
    ready.delete(child)
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone
  }
  return {
    start() {
      const child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      living.add(child)
      let report = ''
      child.stderr.on('data', (text) => {
        report = `${report}${String(text)}`.slice(-2_000)
      })
      return new Promise((resolve, reject) => {
        child.stdout.once('data', () => {
          ready.add(child)
          resolve()
        })
        child.once('exit', (code) => {
          living.delete(child)
          ready.delete(child)
          reject(new Error(`${script} ended with ${code} before it was ready: ${report}`))
        })
      })
    },
    async kill(pick) {
      const victim = [...ready][Math.floor(pick * ready.size)]
      if (!victim?.pid) throw new Error(`No process of ${script} is ready: they ended by themselves`)
      await end(victim)
      return victim.pid
    },
    async close() {
      await Promise.all([...living].map(end))
      await rm(bundle, { force: true })
    },
  }
}

/** One file with everything in it starts in a fraction of the time that hundreds take. */
async function bundleOf(script: string): Promise<string> {
  const bundle = join(process.cwd(), '.vitest', `${script.replace('.ts', '')}-${process.pid}.mjs`)
  await build({
    entryPoints: [join(import.meta.dirname, script)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Never used by a server, or found by its own path.
    external: ['pg-native', '@electric-sql/pglite'],
    // Packages of the older kind ask for their parts by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile: bundle,
  })
  return bundle
}
