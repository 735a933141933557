import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#time'
import { unlessMissing } from '../files.ts'
import type { Watch } from '../port.ts'

/** Milliseconds between looks where the file system tells nothing. */
const POLL = 5_000

/**
 * Calls `onChange` when something happens in `new` or `cur` of a folder: told by the file system, or, where that cannot
 * watch (network file systems, too many watches), found by looking at the directories' times.
 */
export async function watchFolder(
  folder: string,
  clock: Clock,
  onChange: () => void,
  start: typeof watch = watch,
): Promise<Watch> {
  const directories = ['new', 'cur'].map((name) => join(folder, name))
  const stop = new AbortController()
  const watchers: FSWatcher[] = []
  let polling: Promise<void> | undefined
  const poll = () => {
    for (const watcher of watchers.splice(0)) watcher.close()
    polling ??= pollDirectories(directories, clock, onChange, stop.signal)
  }
  try {
    for (const directory of directories) {
      const watcher = start(directory, { persistent: false }, () => {
        if (!stop.signal.aborted) onChange()
      })
      watchers.push(watcher)
      watcher.on('error', poll)
    }
  } catch {
    // Not a failure of the mailbox: the same is found by looking.
    poll()
  }
  const close = async () => {
    stop.abort()
    for (const watcher of watchers.splice(0)) watcher.close()
    await polling
  }
  return { close }
}

async function pollDirectories(
  directories: readonly string[],
  clock: Clock,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  let before = await timesOf(directories)
  while (await slept(clock, signal)) {
    const now = await timesOf(directories)
    if (now !== before) onChange()
    before = now
  }
}

/** False when the wait was ended by the signal. */
async function slept(clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(POLL, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

async function timesOf(directories: readonly string[]): Promise<string> {
  const found = await Promise.all(directories.map((directory) => unlessMissing(stat(directory, { bigint: true }))))
  return found.map((directory) => String(directory?.mtimeNs)).join()
}
