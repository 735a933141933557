import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import { freePort, listening } from './ports.ts'

const programs = '/usr/lib/cyrus/bin'
const DOMAIN = 'example.org'

/** A private Cyrus on 127.0.0.1 with calendars and contacts. Everybody signs in with any password. */
export interface Cyrus {
  /** HTTP: CalDAV and CardDAV. */
  port: number
  /** Of the process that starts all others. */
  pid: number
  /** Adds a user and returns her name; her address is it at `example.org`. */
  newUser(): Promise<{ user: string; address: string }>
  stop(): Promise<void>
}

/**
 * Starts a Cyrus of its own: as its own user when root starts it, else as whoever does.
 * @param smtpPort where it sends invitations to people elsewhere; without one it tries `sendmail`
 * @param below the directory in which its own is made
 */
export async function startCyrus(smtpPort?: number, below = tmpdir()): Promise<Cyrus> {
  if (!existsSync(join(programs, 'httpd'))) {
    throw new Error(`${programs}/httpd is missing. Install the Debian package cyrus-caldav.`)
  }
  const directory = await mkdtemp(join(below, 'dav-cyrus-'))
  const [port, lmtpPort] = [await freePort(), await freePort()]
  const owner = ownerOfServer()
  await configure(directory, { port, lmtpPort, smtpPort }, owner)
  const as = { uid: owner.uid, gid: owner.gid }
  const config = join(directory, 'imapd.conf')
  execFileSync(join(programs, 'ctl_cyrusdb'), ['-C', config, '-r'], { ...as, stdio: 'ignore' })
  const parts = ['-D', '-C', config, '-M', join(directory, 'cyrus.conf'), '-p', join(directory, 'master.pid')]
  // A group of processes of its own: it is ended whole.
  const child: ChildProcess = spawn(join(programs, 'master'), parts, {
    ...as,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr?.on('data', (text) => {
    complaint += text
  })
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL')
      await ended
    }
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const ended = () => {
    if (child.exitCode !== null) throw new Error(`Cyrus ended at once: ${complaint}`)
  }
  const ready = (await listening(port, 20_000, ended)) && (await listening(lmtpPort, 20_000, ended))
  if (!ready) {
    await stop()
    throw new Error(`Cyrus does not listen: ${complaint}`)
  }
  return {
    port,
    pid: child.pid ?? 0,
    async newUser() {
      const user = `u${randomBytes(6).toString('hex')}`
      await deliver(lmtpPort, user)
      return { user, address: `${user}@${DOMAIN}` }
    },
    stop,
  }
}

interface Owner {
  name: string
  uid: number
  gid: number
}

function ownerOfServer(): Owner {
  const { username, uid, gid } = userInfo()
  if (uid !== 0) return { name: username, uid, gid }
  return { name: 'cyrus', uid: idOf('-u'), gid: idOf('-g') }
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'cyrus'], { encoding: 'utf8' }))
}

interface Ports {
  port: number
  lmtpPort: number
  smtpPort: number | undefined
}

async function configure(
  directory: string,
  { port, lmtpPort, smtpPort }: Ports,
  { name, uid, gid }: Owner,
): Promise<void> {
  const folders = [
    'conf',
    'spool',
    ...['socket', 'proc', 'log', 'db', 'lock', 'user', 'quota'].map((one) => `conf/${one}`),
  ]
  const settings = [
    `configdirectory: ${directory}/conf`,
    `partition-default: ${directory}/spool`,
    'defaultpartition: default',
    `cyrus_user: ${name}`,
    'admins: admin',
    'unixhierarchysep: yes',
    'altnamespace: yes',
    'httpmodules: caldav carddav',
    'sasl_pwcheck_method: alwaystrue',
    'sasl_mech_list: PLAIN',
    'allowplaintext: yes',
    'autocreate_quota: 0',
    'autocreate_post: yes',
    `duplicate_db_path: ${directory}/conf/deliver.db`,
    `idlesocket: ${directory}/conf/socket/idle`,
    `notifysocket: ${directory}/conf/socket/notify`,
    `lmtpsocket: ${directory}/conf/socket/lmtp`,
    `calendar_user_address_set: ${DOMAIN}`,
    'caldav_allowattach: on',
    // Else nobody is told of meetings of the past.
    'caldav_historical_age: -1',
    // Nothing is to survive a power cut.
    'skiplist_unsafe: yes',
    ...(smtpPort === undefined ? [] : ['smtp_backend: host', `smtp_host: 127.0.0.1:${smtpPort}/noauth`]),
  ]
  const service = (program: string, at: number, ready: number) =>
    `  s${at} cmd="${programs}/${program} -C ${directory}/imapd.conf" listen="127.0.0.1:${at}" prefork=${ready}`
  const services = [service('httpd', port, 1), service('lmtpd -a', lmtpPort, 0)]
  await chmod(directory, 0o755)
  await chown(directory, uid, gid)
  for (const folder of folders) {
    await mkdir(join(directory, folder))
    await chown(join(directory, folder), uid, gid)
  }
  await writeFile(join(directory, 'imapd.conf'), `${settings.join('\n')}\n`)
  await writeFile(
    join(directory, 'cyrus.conf'),
    `START {\n}\nSERVICES {\n${services.join('\n')}\n}\nEVENTS {\n}\nDAEMON {\n}\n`,
  )
}

/** The first letter to a user gives her a mailbox. */
async function deliver(port: number, user: string): Promise<void> {
  const smtp = createTransport({ host: '127.0.0.1', port, lmtp: true, ignoreTLS: true })
  await smtp.sendMail({ envelope: { from: '', to: [user] }, raw: 'Subject: Welcome\r\n\r\n' })
  smtp.close()
}
