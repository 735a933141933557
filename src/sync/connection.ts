import {
  type ConnectionSettingsInput,
  connectionSettings,
  type Mailbox,
  MailboxError,
  openMailbox,
  type SimulatedServer,
} from '#mailbox'
import type { MailboxSetup } from '#mailboxes'
import type { Records, Row } from '#records'
import type { Clock } from '#time'

const SECURITY = ['none', 'tls', 'starttls'] as const
const TYPE = { imap: 3, maildir: 4, mbox: 5 } as const
/** `REGARDING` simulated servers stand in for mail servers in rehearsals: profile location `memory:<server>`. */
const MEMORY = 'memory:'

const DEFAULT_PORT = {
  imap: { none: 143, tls: 993, starttls: 143 },
  smtp: { none: 25, tls: 465, starttls: 587 },
} as const

export interface ConnectionDependencies {
  records: Records
  clock: Clock
  servers?: ReadonlyMap<string, SimulatedServer>
}

/**
 * Opens the mailbox that a setup describes.
 * @throws MailboxError `SettingsInvalid` naming what is missing on the mailbox or its profile.
 */
export async function connect(dependencies: ConnectionDependencies, setup: MailboxSetup): Promise<Mailbox> {
  const settings = connectionSettings(await settingsOf(dependencies.records, setup))
  return openMailbox(settings, {
    clock: dependencies.clock,
    ...(dependencies.servers ? { servers: dependencies.servers } : {}),
  })
}

async function settingsOf(records: Records, setup: MailboxSetup): Promise<ConnectionSettingsInput> {
  const profile = setup.profile?.row
  if (!profile) throw invalid(`The mailbox “${setup.name}” has no server profile.`)
  const location = String(profile['incomingserverlocation'] ?? '')
  if (location.startsWith(MEMORY))
    return { kind: 'memory', server: location.slice(MEMORY.length), account: setup.address }
  switch (Number(profile['servertype'])) {
    case TYPE.maildir:
      return { kind: 'maildir', path: pathFor(location, setup) }
    case TYPE.mbox:
      return { kind: 'mbox', path: pathFor(location, setup) }
    case TYPE.imap:
      return imapSettings(records, setup, profile)
    default:
      throw invalid(`The profile “${setup.profile?.name}” is of a kind that this version cannot connect to.`)
  }
}

/** A location may hold `%u` (the mailbox's user name or address) and `%n` (the part before the @). */
function pathFor(location: string, setup: MailboxSetup): string {
  const user = String(setup.row['username'] ?? setup.address)
  if (user.includes('/') || user.includes('..'))
    throw invalid(`The user name of the mailbox “${setup.name}” cannot be part of a path.`)
  return location.replaceAll('%u', user).replaceAll('%n', user.split('@')[0] ?? user)
}

async function imapSettings(records: Records, setup: MailboxSetup, profile: Row): Promise<ConnectionSettingsInput> {
  const security = SECURITY[Number(profile['incomingsecurity'] ?? 1)] ?? 'tls'
  const auth = await credentials(records, setup)
  const common = {
    ...(typeof profile['trustedauthority'] === 'string' && profile['trustedauthority']
      ? { ca: profile['trustedauthority'] }
      : {}),
    ...(profile['timeoutmailboxconnection'] === false
      ? {}
      : { timeoutMs: Math.max(1000, Number(profile['timeoutmailboxconnectionafteramount'] ?? 100_000)) }),
  }
  return {
    kind: 'imap',
    host: String(profile['incomingserverlocation'] ?? ''),
    port: Number(profile['incomingportnumber'] ?? DEFAULT_PORT.imap[security]),
    security,
    auth,
    ...common,
    ...(profile['outgoingserverlocation'] ? { smtp: { ...smtpServer(profile), auth, ...common } } : {}),
  }
}

function smtpServer(profile: Row) {
  const security = SECURITY[Number(profile['outgoingsecurity'] ?? 1)] ?? 'tls'
  return {
    host: String(profile['outgoingserverlocation']),
    port: Number(profile['outgoingportnumber'] ?? DEFAULT_PORT.smtp[security]),
    security,
  }
}

/** MB-6, MB-42: the mailbox's own credentials, or the profile's. */
async function credentials(records: Records, setup: MailboxSetup) {
  const onProfile = setup.profile?.credentialsOnProfile === true
  const source = onProfile
    ? { table: 'emailserverprofile', row: setup.profile?.row as Row, id: setup.profile?.id as string }
    : { table: 'mailbox', row: setup.row, id: setup.id }
  const user = String(source.row['username'] ?? (onProfile ? '' : setup.address))
  const password = await records.openSecret(source.table, source.id, 'password')
  if (!user || password === undefined)
    throw invalid(
      `The ${onProfile ? `profile “${setup.profile?.name}”` : `mailbox “${setup.name}”`} holds no user name or password.`,
    )
  const oauth = Number(setup.profile?.row['incomingauthenticationprotocol'] ?? 0) === 4
  return oauth
    ? { kind: 'xoauth2' as const, user, accessToken: password }
    : { kind: 'password' as const, user, password }
}

function invalid(message: string): MailboxError {
  return new MailboxError('permanent', 'SettingsInvalid', `${message} Correct it and run Test & Enable.`)
}
