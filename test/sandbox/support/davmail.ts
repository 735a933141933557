import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, listening } from '../../support/ports.ts'

const PROGRAM = '/usr/share/davmail/davmail.jar'

/** A DavMail of its own: doors for IMAP, SMTP and CalDAV/CardDAV on 127.0.0.1, EWS behind them. */
export interface DavMail {
  imapPort: number
  smtpPort: number
  davUrl: string
  log(): Promise<string>
  stop(): Promise<void>
}

/** Starts DavMail, a gateway nobody here wrote, on an EWS server. Takes two to three seconds. */
export async function startDavMail(ewsUrl: string): Promise<DavMail> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing. Install the Debian package davmail-server.`)
  const directory = await mkdtemp(join(tmpdir(), 'davmail-'))
  const [imapPort, smtpPort, davPort] = [await freePort(), await freePort(), await freePort()]
  const logFile = join(directory, 'davmail.log')
  const properties = {
    'davmail.server': true,
    'davmail.mode': 'EWS',
    'davmail.url': ewsUrl,
    'davmail.bindAddress': '127.0.0.1',
    'davmail.allowRemote': false,
    'davmail.imapPort': imapPort,
    'davmail.smtpPort': smtpPort,
    'davmail.caldavPort': davPort,
    'davmail.popPort': '',
    'davmail.ldapPort': '',
    'davmail.disableUpdateCheck': true,
    'davmail.enableKerberos': false,
    'davmail.enableProxy': false,
    'davmail.useSystemProxies': false,
    'davmail.caldavPastDelay': 0,
    'davmail.logFilePath': logFile,
    'log4j.rootLogger': 'WARN',
    'log4j.logger.davmail': process.env['DAVMAIL_LOG'] ?? 'WARN',
    'log4j.logger.httpclient': 'WARN',
    'log4j.logger.httpclient.wire': 'WARN',
  }
  const file = join(directory, 'davmail.properties')
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(file, lines.join(''))
  const options = ['-Xmx192m', '-Djava.awt.headless=true', `-Duser.home=${directory}`]
  const child: ChildProcess = spawn('java', [...options, '-jar', PROGRAM, '-server', file], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaint = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      complaint += text
    })
  const log = async () => complaint + (await readFile(logFile, 'utf8').catch(() => ''))
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    await rm(directory, { recursive: true, force: true })
  }
  for (const port of [imapPort, smtpPort, davPort])
    if (!(await listening(port, 30_000, () => undefined))) {
      const said = await log()
      await stop()
      throw new Error(`DavMail does not listen: ${said}`)
    }
  return { imapPort, smtpPort, davUrl: `http://127.0.0.1:${davPort}`, log, stop }
}
