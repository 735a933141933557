import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, listening } from './ports.ts'

const binary = '/usr/bin/radicale'

/** A private Radicale on 127.0.0.1. Everybody signs in with any password. */
export interface Radicale {
  port: number
  pid: number
  /** Adds a user without calendars and returns the name. */
  newUser(): string
  /** Makes the server forget what it told of a collection. */
  forgetTokens(path: string): Promise<void>
  stop(): Promise<void>
}

/** Starts a Radicale of its own. Runs as root and as anybody else. */
export async function startRadicale(): Promise<Radicale> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing. Install the Debian package radicale.`)
  const directory = await mkdtemp(join(tmpdir(), 'dav-radicale-'))
  const storage = join(directory, 'collections')
  await mkdir(storage)
  const port = await freePort()
  const file = join(directory, 'config')
  const settings = [
    `[server]\nhosts = 127.0.0.1:${port}`,
    '[auth]\ntype = none',
    `[storage]\nfilesystem_folder = ${storage}`,
    '[logging]\nlevel = error',
  ]
  await writeFile(file, `${settings.join('\n')}\n`)
  let complaint = ''
  const child: ChildProcess = spawn(binary, ['--config', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr?.on('data', (text) => {
    complaint += text
  })
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const ready = await listening(port, 20_000, () => {
    if (child.exitCode !== null) throw new Error(`Radicale ended at once: ${complaint}`)
  })
  if (!ready) {
    await stop()
    throw new Error(`Radicale does not listen: ${complaint}`)
  }
  return {
    port,
    pid: child.pid ?? 0,
    newUser: () => `u${randomBytes(6).toString('hex')}`,
    async forgetTokens(path) {
      const cache = join(storage, 'collection-root', path, '.Radicale.cache', 'sync-token')
      for (const name of await readdir(cache)) await rm(join(cache, name), { force: true })
    },
    stop,
  }
}
