import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PASSWORD } from './accounts.ts'
import type { DavPlace } from './davServer.ts'

const run = promisify(execFile)
const BINARY = '/usr/bin/vdirsyncer'

/**
 * Seconds that vdirsyncer takes to make a folder and a place on a server the same, one of them empty: `up` from the files
 * of `source`, `down` into a folder of its own.
 * @throws Error naming the Debian package when it is missing
 */
export async function secondsToSync(
  place: DavPlace,
  { below, source, items }: { below: string; source?: string; items: number },
): Promise<number> {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing. Install the Debian package vdirsyncer.`)
  const directory = await mkdtemp(join(below, 'vdirsyncer-'))
  const local = join(directory, 'local')
  try {
    await mkdir(join(local, 'calendar'), { recursive: true })
    await mkdir(join(local, 'contacts'), { recursive: true })
    if (source !== undefined) await cp(source, local, { recursive: true })
    const file = join(directory, 'config')
    await writeFile(file, configurationOf(place, directory, local))
    const env = { ...process.env, HOME: directory, VDIRSYNCER_CONFIG: file }
    await run(BINARY, ['discover'], { env, maxBuffer: 1e8 })
    const start = performance.now()
    await run(BINARY, ['sync'], { env, maxBuffer: 1e8 })
    const seconds = (performance.now() - start) / 1000
    const there = (await readdir(local, { recursive: true })).filter((name) => /\.(?:ics|vcf)$/.test(name)).length
    if (there !== items) throw new Error(`vdirsyncer left ${there} of ${items} items.`)
    return seconds
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Collections by their whole address: the server need not be asked where they are. */
function configurationOf({ url, user, calendar, contacts }: DavPlace, directory: string, local: string): string {
  const pair = (name: string, type: string, path: string, extension: string) => [
    `[pair ${name}]`,
    `a = "${name}_here"`,
    `b = "${name}_there"`,
    'collections = null',
    `[storage ${name}_here]`,
    'type = "filesystem"',
    `path = "${join(local, name)}"`,
    `fileext = "${extension}"`,
    `[storage ${name}_there]`,
    `type = "${type}"`,
    `url = "${new URL(path, url).href}"`,
    `username = "${user}"`,
    `password = "${PASSWORD}"`,
  ]
  return [
    '[general]',
    `status_path = "${join(directory, 'status')}"`,
    ...pair('calendar', 'caldav', calendar, '.ics'),
    ...pair('contacts', 'carddav', contacts, '.vcf'),
    '',
  ].join('\n')
}
