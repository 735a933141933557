import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificate } from './certificate.ts'
import { freePort, listening } from './ports.ts'

const binary = '/usr/sbin/postfix'
const daemons = '/usr/lib/postfix/sbin'

/** A private Postfix on 127.0.0.1 that takes mail for some users of `test.example` into Maildirs, after STARTTLS. */
export interface Postfix {
  host: string
  port: number
  ca: string
  /** The messages delivered to `user@test.example`, when there are `count` of them. */
  delivered(user: string, count: number): Promise<string[]>
  stop(): Promise<void>
}

/**
 * Starts a Postfix of its own, with everything below a temporary directory. Postfix runs as root only.
 * @param options.mail where it delivers to: the mail of a Dovecot, so that people read there what comes
 */
export async function startPostfix(users: readonly string[], options: { mail?: string } = {}): Promise<Postfix> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing. Install the Debian package postfix.`)
  if (process.getuid?.() !== 0) throw new Error('Postfix can only be started as root. Run the tests of SMTP as root.')
  const directory = await mkdtemp(join(tmpdir(), 'imap-postfix-'))
  await chmod(directory, 0o755)
  const port = await freePort()
  const certificate = makeCertificate(directory)
  const [config, queue, data] = ['config', 'queue', 'data'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const mail = options.mail ?? join(directory, 'mail')
  for (const path of [config, queue, data, mail]) await mkdir(path, { recursive: true })
  const [postfix, nobody] = [numbersOf('postfix'), numbersOf('nobody')]
  await chown(data, postfix.uid, postfix.gid)
  await chown(mail, nobody.uid, nobody.gid)
  await writeFile(join(config, 'main.cf'), mainSettings({ directory, queue, data, mail, nobody, certificate }))
  await writeFile(join(config, 'master.cf'), services(port))
  const mailboxes = users.map((user) => `${user}@test.example ${user}/Maildir/\n`)
  await writeFile(join(config, 'mailboxes'), mailboxes.join(''))
  const child: ChildProcess = spawn(binary, ['-c', config, 'start-fg'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr?.on('data', (text) => {
    complaint += text
  })
  const log = () => readFile(join(directory, 'postfix.log'), 'utf8').catch(() => '')
  const stop = async () => {
    if (child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      execFileSync(binary, ['-c', config, 'stop'], { stdio: 'ignore' })
      await gone
    }
    await rm(directory, { recursive: true, force: true })
  }
  const ended = () => {
    if (child.exitCode !== null) throw new Error(`Postfix ended at once: ${complaint}`)
  }
  try {
    if (!(await listening(port, 10_000, ended))) throw new Error(`Postfix does not listen: ${complaint}${await log()}`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    host: '127.0.0.1',
    port,
    ca: certificate.ca,
    async delivered(user, count) {
      const inbox = join(mail, user, 'Maildir', 'new')
      for (let attempt = 0; attempt < 500; attempt++) {
        const names = existsSync(inbox) ? await readdir(inbox) : []
        if (names.length >= count) return Promise.all(names.map((name) => readFile(join(inbox, name), 'latin1')))
        await sleep(20)
      }
      throw new Error(`${user} did not get ${count} messages: ${await log()}`)
    },
    stop,
  }
}

function mainSettings(from: {
  directory: string
  queue: string
  data: string
  mail: string
  nobody: { uid: number; gid: number }
  certificate: { certFile: string; keyFile: string }
}): string {
  return `compatibility_level = 3.6
queue_directory = ${from.queue}
data_directory = ${from.data}
daemon_directory = ${daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${from.directory}/postfix.log
maillog_file_prefixes = ${from.directory}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.test.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = test.example
virtual_mailbox_base = ${from.mail}
virtual_mailbox_maps = texthash:${from.directory}/config/mailboxes
virtual_uid_maps = static:${from.nobody.uid}
virtual_gid_maps = static:${from.nobody.gid}
virtual_minimum_uid = 1
default_transport = error:5.1.2 only test.example is served here
message_size_limit = 1000000
virtual_mailbox_limit = 0
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_cert_file = ${from.certificate.certFile}
smtpd_tls_key_file = ${from.certificate.keyFile}
smtpd_tls_security_level = encrypt
smtpd_tls_session_cache_database =
`
}

function services(port: number): string {
  const rows = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'virtual unix - n n - - virtual',
    'anvil unix - - n - 1 anvil',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'proxymap unix - - n - - proxymap',
    'postlog unix-dgram n - n - 1 postlogd',
  ]
  return `${rows.join('\n')}\n`
}

function numbersOf(user: string): { uid: number; gid: number } {
  const number = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: number('-u'), gid: number('-g') }
}
