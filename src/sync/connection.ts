import {
  type ConnectionSettings,
  type ConnectionSettingsInput,
  connectionSettings,
  type Mailbox,
  openMailbox,
  type Secret,
  type SimulatedServer,
} from '#mailbox'
import type { MailboxSetup } from '#mailboxes'
import { type Records, type Row, SYSTEM } from '#records'
import type { Clock } from '#time'
import { ewsSettings } from './ewsSettings.ts'
import { invalidSettings as invalid } from './invalidSettings.ts'

const SECURITY = ['none', 'tls', 'starttls'] as const
const TYPE = { exchangeOnline: 0, exchangeServer: 1, imap: 3, maildir: 4, mbox: 5, exchangeHybrid: 6 } as const
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

/** What of a mailbox is needed. Mail alone waits for no second server that holds calendars and contacts. */
export type Part = 'mail' | 'everything'

/**
 * Opens the mailbox that a setup describes.
 * @throws MailboxError `SettingsInvalid` naming what is missing on the mailbox or its profile.
 */
export async function connect(
  dependencies: ConnectionDependencies,
  setup: MailboxSetup,
  part: Part = 'everything',
): Promise<Mailbox> {
  const settings = connectionSettings(await settingsOf(dependencies.records, setup))
  return openMailbox(part === 'mail' ? mailOf(settings) : settings, {
    clock: dependencies.clock,
    ...(dependencies.servers ? { servers: dependencies.servers } : {}),
    onRefreshToken: (token) => keepRefreshToken(dependencies.records, setup, token),
  })
}

function mailOf(settings: ConnectionSettings): ConnectionSettings {
  if (settings.kind !== 'imap') return settings
  const { dav: _dav, ...mail } = settings
  return mail
}

async function settingsOf(records: Records, setup: MailboxSetup): Promise<ConnectionSettingsInput> {
  const profile = setup.profile?.row
  if (!profile) throw invalid(`The mailbox “${setup.name}” has no server profile.`)
  const location = String(profile['incomingserverlocation'] ?? '')
  if (location.startsWith(MEMORY))
    return { kind: 'memory', server: location.slice(MEMORY.length), account: setup.address }
  switch (Number(profile['servertype'])) {
    case TYPE.exchangeOnline:
      return graphSettings(records, setup, profile)
    case TYPE.exchangeServer:
    case TYPE.exchangeHybrid:
      return { ...(await ewsSettings(records, setup, profile)), ...patience(profile) }
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
    ...patience(profile),
  }
  return {
    kind: 'imap',
    host: String(profile['incomingserverlocation'] ?? ''),
    port: Number(profile['incomingportnumber'] ?? DEFAULT_PORT.imap[security]),
    security,
    auth,
    ...common,
    ...(profile['calendarserverlocation']
      ? { dav: { ...davPlaces(profile), auth, address: setup.address, ...common } }
      : {}),
    ...(profile['outgoingserverlocation'] ? { smtp: { ...smtpServer(profile), auth, ...common } } : {}),
  }
}

/** Calendars, contacts and tasks beside mail, with the same credentials (B-1). */
function davPlaces(profile: Row): { url: string; contactsUrl?: string } {
  const [url, contacts] = ['calendarserverlocation', 'contactserverlocation'].map((name) => String(profile[name] ?? ''))
  return { url: url ?? '', ...(contacts ? { contactsUrl: contacts } : {}) }
}

const CLOUDS = ['global', 'usgov', 'usgovdod', 'china'] as const

/** Exchange Online: as the application itself, or for a person by her refresh token (MB-6). */
async function graphSettings(records: Records, setup: MailboxSetup, profile: Row): Promise<ConnectionSettingsInput> {
  const name = setup.profile?.name
  const text = (column: string) => String(profile[column] ?? '').trim()
  for (const column of ['exchangeonlinetenantid', 'oauthclientid'])
    if (!text(column)) throw invalid(`The profile “${name}” lacks ${column}.`)
  const profileId = setup.profile?.id as string
  const secret = await records.openSecret('emailserverprofile', profileId, 'oauthclientsecret')
  const holder = tokenHolder(setup)
  const token = await records.openSecret(holder.table, holder.id, 'oauthrefreshtoken')
  if (token === undefined && secret === undefined)
    throw invalid(
      `Neither the profile “${name}” holds a client secret nor the mailbox “${setup.name}” a refresh token.`,
    )
  return {
    kind: 'graph',
    tenant: text('exchangeonlinetenantid'),
    clientId: text('oauthclientid'),
    auth:
      token === undefined
        ? { kind: 'clientSecret', secret: secret as string }
        : { kind: 'refreshToken', token, ...(secret === undefined ? {} : { secret }) },
    address: setup.address,
    cloud: CLOUDS[Number(profile['exchangeonlinecloud'] ?? 0)] ?? 'global',
    ...(text('oauthloginlocation') ? { loginUrl: text('oauthloginlocation') } : {}),
    ...(text('incomingserverlocation') ? { graphUrl: text('incomingserverlocation') } : {}),
    ...patience(profile),
  }
}

/** Where the refresh token lies: with the profile when its credentials serve all mailboxes (MB-42). */
function tokenHolder(setup: MailboxSetup): { table: string; id: string } {
  return setup.profile?.credentialsOnProfile === true
    ? { table: 'emailserverprofile', id: setup.profile.id }
    : { table: 'mailbox', id: setup.id }
}

/** A directory may give a new refresh token with each use, and forget the old one. */
async function keepRefreshToken(records: Records, setup: MailboxSetup, token: Secret): Promise<void> {
  const { table, id } = tokenHolder(setup)
  await records.as(SYSTEM).update(table, id, { oauthrefreshtoken: token.reveal() })
}

/** MB-15: milliseconds, unless the profile waits as long as is usual. */
function patience(profile: Row): { timeoutMs?: number } {
  if (profile['timeoutmailboxconnection'] === false) return {}
  return { timeoutMs: Math.max(1000, Number(profile['timeoutmailboxconnectionafteramount'] ?? 100_000)) }
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
