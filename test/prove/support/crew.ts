import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { bundleOf, SHORT_LIVED } from '../../support/bundle.ts'

/** Processes of one script that are killed and replaced. */
export interface Crew {
  /**
   * Resolves with what the process says first, when it is ready, or with nothing when it is killed before.
   * @throws Error with its report when it ends by itself before it is ready.
   */
  start(...more: string[]): Promise<string>
  /** The process started last, as long as it lives; else 0. */
  readonly youngest: number
  /** Kills one of those that live with SIGKILL; `pick` is from 0, the oldest, to below 1. Returns its process id. */
  kill(pick: number): Promise<number>
  close(): Promise<void>
}

/** `script` is a file of this directory; `args` are handed to each process. */
export async function openCrew(script: string, args: readonly string[]): Promise<Crew> {
  const bundle = await bundleOf(join(import.meta.dirname, script))
  const living = new Set<ChildProcess>()
  const end = async (child: ChildProcess) => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (living.has(child) && child.kill('SIGKILL')) await gone
  }
  return {
    start(...more) {
      const child = spawn(process.execPath, [...SHORT_LIVED, bundle, ...args, ...more], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      living.add(child)
      let report = ''
      child.stderr.on('data', (text) => {
        report = `${report}${String(text)}`.slice(-2_000)
      })
      return new Promise((resolve, reject) => {
        child.stdout.once('data', (said) => resolve(String(said).trim()))
        child.once('exit', (code) => {
          living.delete(child)
          if (child.killed) resolve('')
          else reject(new Error(`${script} ended by itself with ${code}: ${report}`))
        })
      })
    },
    get youngest() {
      return [...living].at(-1)?.pid ?? 0
    },
    async kill(pick) {
      const victim = [...living][Math.floor(pick * living.size)]
      if (!victim?.pid) throw new Error(`No process of ${script} is left to kill: they ended by themselves`)
      await end(victim)
      return victim.pid
    },
    async close() {
      await Promise.all([...living].map(end))
    },
  }
}
