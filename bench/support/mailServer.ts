import { execFile } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Dovecot, startDovecot } from '../../test/support/dovecot.ts'
import { type Corpus, type CorpusOptions, corpusFiles, writeCorpus } from './corpus.ts'
import type { ImapAccount } from './peers.ts'

const run = promisify(execFile)

/** A private Dovecot with accounts that all hold the same mail, each untouched by what was done to the others. */
export interface MailServer {
  corpus: Corpus
  readonly pid: number
  /** A new account with the whole mail in its INBOX, indexed as on a server that has known it for a while. */
  account(): Promise<ImapAccount>
  stop(): Promise<void>
}

export async function startMailServer(options: CorpusOptions): Promise<MailServer> {
  const dovecot = await startDovecot({ maxConnections: 2_000 })
  try {
    const original = dovecot.maildir('original')
    const corpus = writeCorpus(original, options)
    const files = corpusFiles(original)
    return {
      corpus,
      pid: dovecot.pid,
      account: () => makeAccount(dovecot, original, files),
      stop: () => dovecot.stop(),
    }
  } catch (error) {
    await dovecot.stop()
    throw error
  }
}

/** Hard links cost no room and keep the hour of arrival; what a server changes is the name. */
async function makeAccount(dovecot: Dovecot, original: string, files: readonly string[]): Promise<ImapAccount> {
  const user = dovecot.newUser()
  const maildir = dovecot.maildir(user)
  for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, name), { recursive: true })
  for (const name of files) linkSync(join(original, 'cur', name), join(maildir, 'cur', name))
  rmSync(join(maildir, 'dovecot.index.log'), { force: true })
  await giveAway(join(maildir, '..'))
  const account = { host: dovecot.host, port: dovecot.port, user }
  return account
}

/** Dovecot reads mail as the user `nobody` when it was started as root. */
async function giveAway(directory: string): Promise<void> {
  if (process.getuid?.() === 0) await run('chown', ['-R', 'nobody:nogroup', directory])
  else chmodSync(directory, 0o700)
}
