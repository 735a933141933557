import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface ImapAccount {
  host: string
  port: number
  user: string
}

/** A program that copies a mailbox to a Maildir, to be measured against. */
export interface Peer {
  name: 'mbsync' | 'offlineimap'
  binary: string
  package: string
  configure(account: ImapAccount, directory: string): { arguments: string[]; configuration: string; mail: string }
}

export const MBSYNC: Peer = {
  name: 'mbsync',
  binary: '/usr/bin/mbsync',
  package: 'isync',
  configure: ({ host, port, user }, directory) => ({
    arguments: ['--config', join(directory, 'configuration'), '--quiet', 'copy'],
    mail: join(directory, 'mail', 'INBOX'),
    configuration: [
      // Without syncing each message it is the nearest thing to what the disk, the network and Dovecot can do.
      'FSync no',
      '',
      'IMAPStore remote',
      `Host ${host}`,
      `Port ${port}`,
      `User ${user}`,
      'Pass secret',
      'SSLType None',
      'AuthMechs LOGIN',
      '',
      'MaildirStore local',
      `Path ${join(directory, 'mail')}/`,
      `Inbox ${join(directory, 'mail', 'INBOX')}`,
      '',
      'Channel copy',
      'Far :remote:INBOX',
      'Near :local:INBOX',
      'Create Near',
      'Sync Pull',
      'Expunge None',
      `SyncState ${directory}/`,
    ].join('\n'),
  }),
}

export const OFFLINEIMAP: Peer = {
  name: 'offlineimap',
  binary: '/usr/bin/offlineimap',
  package: 'offlineimap3',
  configure: ({ host, port, user }, directory) => ({
    arguments: ['-c', join(directory, 'configuration'), '-o', '-u', 'quiet'],
    mail: join(directory, 'mail', 'INBOX'),
    configuration: [
      '[general]',
      'accounts = copy',
      `metadata = ${join(directory, 'metadata')}`,
      '[Account copy]',
      'localrepository = near',
      'remoterepository = far',
      '[Repository near]',
      'type = Maildir',
      `localfolders = ${join(directory, 'mail')}`,
      '[Repository far]',
      'type = IMAP',
      `remotehost = ${host}`,
      `remoteport = ${port}`,
      `remoteuser = ${user}`,
      'remotepass = secret',
      'ssl = no',
      'starttls = no',
      'auth_mechanisms = PLAIN',
      'readonly = True',
      "folderfilter = lambda name: name == 'INBOX'",
    ].join('\n'),
  }),
}

/** Seconds that a peer takes to copy the INBOX. @throws Error naming the Debian package of a missing program. */
export async function secondsToCopy(
  peer: Peer,
  account: ImapAccount,
  below: string,
  messages: number,
): Promise<number> {
  if (!existsSync(peer.binary)) {
    throw new Error(`${peer.binary} is missing. Install the Debian package ${peer.package}.`)
  }
  const directory = await mkdtemp(join(below, `${peer.name}-`))
  try {
    await mkdir(join(directory, 'mail'))
    const { arguments: given, configuration, mail } = peer.configure(account, directory)
    await writeFile(join(directory, 'configuration'), configuration)
    const start = performance.now()
    await run(peer.binary, given, { env: { ...process.env, HOME: directory } })
    const seconds = (performance.now() - start) / 1000
    const copied = await filesBelow(mail)
    if (copied !== messages) throw new Error(`${peer.name} copied ${copied} of ${messages} messages.`)
    return seconds
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function filesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && entry.name.includes(',')).length
}
