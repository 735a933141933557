import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { makeOnce } from './once.ts'

const NEEDED = 'PostgreSQL is needed for the tests: apt-get install postgresql (Debian package "postgresql").'

/**
 * The URL of the run's own PostgreSQL cluster (database `postgres`), which the first caller makes and starts. It keeps
 * nothing through a power cut unless `durable`, with which it runs as PostgreSQL is shipped.
 */
export async function startPostgres(runDirectory: string, { durable = false } = {}): Promise<string> {
  const home = join(runDirectory, 'postgres')
  await makeOnce(home, async (directory) => {
    const bin = binaries()
    // Not within `directory`, which is renamed: a running server must find its data where they were.
    const data = join(runDirectory, 'cluster')
    chmodSync(runDirectory, 0o755)
    rmSync(data, { recursive: true, force: true })
    mkdirSync(data, { mode: 0o700 })
    if (asRoot()) {
      const { uid, gid } = owner()
      chownSync(data, uid, gid)
    }
    run(bin, 'initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'])
    const port = await freePort()
    const fast = '-F -c shared_buffers=64MB -c synchronous_commit=off -c full_page_writes=off'
    const settings = `-p ${port} -h 127.0.0.1 -k ${data} -c max_connections=200 ${durable ? '' : fast}`
    run(bin, 'pg_ctl', ['-D', data, '-w', '-l', join(data, 'log'), '-o', settings, 'start'])
    writeFileSync(join(directory, 'url'), `postgres://postgres@127.0.0.1:${port}/postgres?host=${data}`)
  })
  return readFileSync(join(home, 'url'), 'utf8')
}

/** The process that all others of the cluster descend from. */
export function postgresPid(runDirectory: string): number {
  return Number(readFileSync(join(runDirectory, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0])
}

export function stopPostgres(runDirectory: string): void {
  const data = join(runDirectory, 'cluster')
  if (existsSync(join(data, 'postmaster.pid'))) run(binaries(), 'pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop'])
}

function binaries(): string {
  const programs = postgresPrograms()
  if (!programs) throw new Error(NEEDED)
  return programs
}

/** The folder of PostgreSQL's own programs, version 15 or later; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  const roots = ['/usr/lib/postgresql', '/usr/local/lib/postgresql']
  for (const root of roots.filter((root) => existsSync(root))) {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a))
    const version = versions.find((name) => Number(name) >= 15 && existsSync(join(root, name, 'bin', 'initdb')))
    if (version) return join(root, version, 'bin')
  }
  return (process.env['PATH'] ?? '').split(':').find((folder) => existsSync(join(folder, 'initdb')))
}

/** PostgreSQL refuses to run as root: there it runs as the user that the package made. */
function run(bin: string, program: string, args: string[]): void {
  const command = [join(bin, program), ...args]
  const whole = asRoot() ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command] : command
  execFileSync(whole[0] as string, whole.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
}

function asRoot(): boolean {
  return process.getuid?.() === 0
}

function owner(): { uid: number; gid: number } {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })))
  return { uid: uid as number, gid: gid as number }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
