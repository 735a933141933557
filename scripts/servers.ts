// What tests need beside npm packages: servers, each run in a folder of its own, and broken email. Which are missing, and
// how they get here.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { brokenEmailFolder, brokenEmailPackage } from '../test/support/brokenEmail.ts'
import { postgresPrograms } from '../test/support/postgres.ts'

interface Server {
  name: string
  /** Debian package. */
  package: string
  isHere: () => boolean
}

const servers: readonly Server[] = [
  { name: 'Dovecot', package: 'dovecot-imapd', isHere: () => existsSync('/usr/lib/dovecot/imap') },
  { name: 'Postfix', package: 'postfix', isHere: () => !isRoot() || existsSync('/usr/sbin/postfix') },
  { name: 'PostgreSQL 15 or later', package: 'postgresql', isHere: () => postgresPrograms() !== undefined },
  { name: 'OpenSSL', package: 'openssl', isHere: () => spawnSync('openssl', ['version']).status === 0 },
  { name: 'curl', package: 'curl', isHere: () => spawnSync('curl', ['--version']).status === 0 },
  { name: 'DavMail', package: 'davmail-server', isHere: () => existsSync('/usr/share/davmail/davmail.jar') },
  { name: 'Radicale', package: 'radicale', isHere: () => existsSync('/usr/bin/radicale') },
  // Not cyrus-imapd: Debian has it or Dovecot, never both.
  { name: 'Cyrus', package: 'cyrus-caldav', isHere: () => existsSync('/usr/lib/cyrus/bin/httpd') },
  { name: "Python's broken email", package: brokenEmailPackage(), isHere: () => brokenEmailFolder() !== undefined },
]

/** Installs what is missing where that is possible. Returns what people have to do when it is not. */
export function ensureServers(say: (line: string) => void): string | undefined {
  const missing = servers.filter((server) => !server.isHere())
  if (!missing.length) return undefined
  const packages = missing.map((server) => server.package)
  const advice = `The tests need ${missing.map((server) => server.name).join(', ')}: sudo apt-get install ${packages.join(' ')}`
  if (!isRoot() || spawnSync('apt-get', ['--version']).status !== 0) return advice
  say(`Installing ${packages.join(', ')} …`)
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync('apt-get', ['-qq', 'update'], { stdio: 'inherit', env })
    execFileSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...packages], { stdio: 'inherit', env })
  } catch {
    return `${advice} (apt-get failed; its own words stand above)`
  }
  return servers.every((server) => server.isHere()) ? undefined : advice
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
