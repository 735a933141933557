import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = '/usr/lib'

/** The folder of the broken messages with which Python tests its own parser; undefined where it is not installed. */
export function brokenEmailFolder(): string | undefined {
  return versions()
    .map((version) => join(ROOT, version, 'test/test_email/data'))
    .find((folder) => existsSync(folder))
}

/** The Debian package that holds them, for the Python of this machine. */
export function brokenEmailPackage(): string {
  return `lib${versions()[0] ?? 'python3.11'}-testsuite`
}

/** Every message of the corpus, by the name of its file. */
export function brokenEmail(): Map<string, Buffer> {
  const folder = brokenEmailFolder()
  if (!folder) throw new Error(`Python's broken email is missing. Install the Debian package ${brokenEmailPackage()}.`)
  const names = readdirSync(folder).filter((name) => /^msg_.*\.txt$/.test(name))
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name))]))
}

function versions(): string[] {
  return readdirSync(ROOT)
    .filter((name) => /^python3\.\d+$/.test(name))
    .sort((a, b) => Number(b.slice(8)) - Number(a.slice(8)))
}
