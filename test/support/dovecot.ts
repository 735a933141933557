import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificate } from './certificate.ts'
import { configureDovecot } from './dovecotConfiguration.ts'
import { freePort, listening } from './ports.ts'

const binary = '/usr/sbin/dovecot'
/** EX_NOPERM: what dovecot-lda says, with `-e`, of a message that it does not take. */
const REJECTED = 77

export interface DovecotOptions {
  /** Capabilities to announce, in place of Dovecot's own. Dovecot still carries out what it does not announce. */
  capabilities?: string
  /** Offer STARTTLS and a port with TLS, under a certificate of a private authority. */
  tls?: boolean
  /** Storage per user, e.g. `100K`. */
  quota?: string
  /** Announce special uses for Sent, Drafts, Junk, Trash and Archive. Default true. */
  specialUse?: boolean
  /** Connections per user, default 50. */
  maxConnections?: number
  /** Processes that serve mailboxes, one for each connection, default 200. */
  processes?: number
  /** Where the mailboxes lie, when not in a directory of its own; anybody may write there. */
  mail?: string
  /** The name users' personal folders lie under, e.g. `INBOX.` */
  prefix?: string
}

/** A private Dovecot on 127.0.0.1. Every user that `newUser` named has the password `secret` until it is changed. */
export interface Dovecot {
  /** The process that all others of it descend from. */
  readonly pid: number
  host: string
  port: number
  /** Port with TLS from the start; 0 without `tls`. */
  tlsPort: number
  /** PEM of the authority that signed the server's certificate, with `tls`. */
  ca?: string
  /** Adds a user with an empty mailbox and returns the name. */
  newUser(): string
  /**
   * As a delivery agent hands a message over (dovecot-lda). With `false` the mailbox was full, and the message would go
   * back to its sender.
   */
  deliver(user: string, source: Uint8Array): boolean
  /** Another limit for all users, of whom everybody who signs in from now on has it. With `quota` only. */
  setQuota(limit: string): Promise<void>
  /** Takes a second: Dovecot looks at most so often. */
  setPassword(user: string, password: string): Promise<void>
  /** The folder that holds the user's Maildir. */
  maildir(user: string): string
  /** Gives a folder another UIDVALIDITY, as a server does that lost its records. */
  changeUidValidity(user: string, folder: string): void
  /** Kills the server and cuts all its connections, as a crash does. */
  kill(): Promise<void>
  /** Starts it again on the same ports. */
  start(): Promise<void>
  /** Ends it for good and removes its files. */
  stop(): Promise<void>
  log(): Promise<string>
}

/** Starts a Dovecot of its own, ready in less than a second. Runs as root and as anybody else. */
export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  if (!existsSync(binary)) {
    throw new Error(`${binary} is missing. Install the Debian packages dovecot-core and dovecot-imapd.`)
  }
  const directory = await mkdtemp(join(tmpdir(), 'imap-dovecot-'))
  await chmod(directory, 0o755)
  const mail = options.mail ?? join(directory, 'mail')
  await mkdir(mail, { recursive: true })
  await chmod(mail, 0o777)
  await mkdir(join(directory, 'passwd'))
  const port = await freePort()
  const tlsPort = options.tls ? await freePort() : 0
  const certificate = options.tls ? makeCertificate(directory) : undefined
  const file = join(directory, 'dovecot.conf')
  const configure = (quota?: string) =>
    writeFile(
      file,
      configureDovecot(directory, {
        ...options,
        mail,
        port,
        tlsPort,
        ...(certificate && { certificate }),
        ...(quota && { quota }),
      }),
    )
  await configure(options.quota)
  const writePassword = (user: string, password: string) =>
    writeFileSync(join(directory, 'passwd', user), `${user}:{PLAIN}${password}::::::\n`)
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    let complaint = ''
    const started = spawn(binary, ['-F', '-c', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    started.stderr.on('data', (text) => {
      complaint += text
    })
    child = started
    const ready = await listening(port, 10_000, () => {
      if (started.exitCode !== null) throw new Error(`Dovecot ended at once: ${complaint}`)
    })
    if (!ready) throw new Error(`Dovecot does not listen: ${complaint}${await log()}`)
  }

  async function kill(): Promise<void> {
    const running = child
    child = undefined
    if (!running?.pid || running.exitCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    const family = [running.pid, ...descendants(running.pid)]
    for (const pid of family) killProcess(pid)
    await ended
    await rm(join(directory, 'run'), { recursive: true, force: true })
  }

  const log = () => readFile(join(directory, 'dovecot.log'), 'utf8').catch(() => '')
  const stop = async () => {
    await kill()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    get pid() {
      return child?.pid ?? 0
    },
    host: '127.0.0.1',
    port,
    tlsPort,
    ...(certificate && { ca: certificate.ca }),
    newUser() {
      const user = `u${randomBytes(6).toString('hex')}`
      writePassword(user, 'secret')
      return user
    },
    deliver(user, source) {
      const agent = spawnSync('/usr/lib/dovecot/dovecot-lda', ['-c', file, '-d', user, '-e'], { input: source })
      if (agent.status !== 0 && agent.status !== REJECTED) throw new Error(`dovecot-lda: ${String(agent.stderr)}`)
      return agent.status === 0
    },
    async setQuota(limit) {
      await configure(limit)
      execFileSync('/usr/bin/doveadm', ['-c', file, 'reload'])
    },
    async setPassword(user, password) {
      writePassword(user, password)
      await sleep(1_100)
      writePassword(user, password)
    },
    maildir: (user) => join(mail, user, 'Maildir'),
    changeUidValidity(user, folder) {
      const value = String(2_000_000_000 + Math.floor(Math.random() * 1_000_000_000))
      const deed = ['mailbox', 'update', '-u', user, '--uid-validity', value, folder]
      execFileSync('/usr/bin/doveadm', ['-c', file, ...deed], { stdio: 'pipe' })
    },
    kill,
    start,
    stop,
    log,
  }
}

/** Every process below `parent`, from /proc. */
function descendants(parent: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const owner = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      children.set(owner, [...(children.get(owner) ?? []), Number(name)])
    } catch {
      // It ended while we looked.
    }
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)])
  return below(parent)
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
