import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '#time'

/** Who has a directory open, as written beside the lock for whoever is refused. */
interface Holder {
  pid: number
  since: string
  host: string
  /** When the process began, as the system tells it: a pid alone may have been given to another process. */
  started: string
}

export interface DirectoryLock {
  release(): Promise<void>
}

/**
 * Makes this process the only one to open `directory`. The lock is a socket name that the system frees when the
 * process dies, however it dies; where there is none (macOS), a file naming a living process.
 * @throws Error naming the holder, when there is one.
 */
export async function lockDirectory(directory: string, clock: Clock): Promise<DirectoryLock> {
  const file = join(directory, 'holder.json')
  const name = socketName(realpathSync(directory))
  const server = name === undefined ? undefined : await listen(name)
  if (name === undefined ? livingHolder(file) : !server) throw new Error(refusal(directory, readHolder(file)))
  const holder: Holder = {
    pid: process.pid,
    since: clock.now().toISOString(),
    host: hostname(),
    started: processStart(process.pid),
  }
  writeFileSync(file, `${JSON.stringify(holder)}\n`)
  return {
    release: async () => {
      rmSync(file, { force: true })
      if (server) await new Promise((resolve) => server.close(resolve))
    },
  }
}

function socketName(path: string): string | undefined {
  const hash = createHash('sha256').update(path).digest('hex')
  if (process.platform === 'linux') return `\0regarding:${hash}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\regarding-${hash}`
  return undefined
}

/** Undefined when another process (or another part of this one) has the name. */
function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy())
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(name, () => resolve(server.unref()))
  })
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    // Absent, or being written at this moment: the refusal then does without the name.
    return undefined
  }
}

function livingHolder(file: string): boolean {
  const holder = readHolder(file)
  return holder !== undefined && holder.started !== '' && processStart(holder.pid) === holder.started
}

function processStart(pid: number): string {
  if (process.platform === 'win32' || process.platform === 'linux') return ''
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    // ps exits with 1 when there is no such process.
    return ''
  }
}

function refusal(directory: string, holder: Holder | undefined): string {
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : 'another process'
  return `The database in ${directory} is already open: ${who}. Stop that process, or let it do the work: only one process may have the directory open.`
}
