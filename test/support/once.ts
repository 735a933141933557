import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Makes `path` once, however many threads and processes ask at the same time: `make` fills a new directory, which then
 * gets its name. A maker that died is replaced.
 */
export async function makeOnce(path: string, make: (directory: string) => Promise<void>): Promise<void> {
  const lock = `${path}.lock`
  await mkdir(dirname(path), { recursive: true })
  while (!existsSync(path)) {
    if (!(await take(lock))) {
      await sleep(50)
      continue
    }
    try {
      if (existsSync(path)) return
      const making = `${path}.${process.pid}`
      await rm(making, { recursive: true, force: true })
      await mkdir(making)
      await make(making)
      await rename(making, path)
    } finally {
      await rm(lock, { force: true })
    }
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    // Somebody has it. Is that somebody alive?
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''))
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true })
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
