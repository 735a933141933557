import { type Principal, RecordError, type Row, SYSTEM, type Values } from '#records'
import type { Regarding } from '#sync'
import type { Arguments } from '../command.ts'
import type { Context } from '../context.ts'
import { EXCHANGE_SERVER_KEY, exchangeServer } from './exchangeServer.ts'

type Flags = Arguments['flags']

/** Each names a server, and by it a profile. */
const SERVERS = ['imap', 'exchange-online', 'exchange-server', 'maildir', 'mbox']
/** What an IMAP profile that exists may get without its server being named again. */
const BESIDE_IMAP = ['smtp', 'caldav', 'carddav', 'security', 'ca']
const OF_EXCHANGE = [
  'client-id',
  'client-secret-file',
  'cloud',
  'graph-url',
  'login-url',
  'service-account',
  'delegate',
  'auth',
]
const OF_MAILBOX = ['user', 'password-file', 'refresh-token-file', 'address-book', 'after', 'items']
const SECURITY: Readonly<Record<string, number>> = { none: 0, tls: 1, starttls: 2 }
const IMAP = 3

/**
 * Sets how a mailbox is reached: its profile, made when there is none for the server yet, and its credentials. Where no
 * server is named the mailbox keeps its profile, and what is named changes. What is not named stays as it is.
 * @returns `isNew`: a server was named
 */
export async function connectMailbox(
  { regarding, principal }: Context,
  { positionals, flags }: Arguments,
): Promise<{ id: string; profile: string; isNew: boolean }> {
  const row = await regarding.mailboxes.find(principal, positionals[0] as string)
  const id = String(row['mailboxid'])
  const isNew = SERVERS.some((flag) => flags[flag])
  const given = flags['password-file'] ? String(flags['password-file']).replace(/\r?\n$/, '') : undefined
  const profile = isNew
    ? await profileFor(regarding, principal, flags, given)
    : await ownProfile(regarding, principal, row, flags)
  const sends = Boolean(flags['smtp'] || flags['exchange-online'] || flags['exchange-server'])
  // The password of a service account lies with the profile.
  const password = flags['service-account'] ? undefined : given
  await regarding.mailboxes.update(principal, id, {
    ...(isNew && {
      emailserverprofile: { table: 'emailserverprofile', id: profile },
      incomingemaildeliverymethod: 2,
      processemailreceivedafter: row['processemailreceivedafter'] ?? regarding.clock.now(),
    }),
    ...(sends || row['emailserverprofile'] !== profile ? { outgoingemaildeliverymethod: sends ? 2 : 0 } : {}),
    ...((flags['caldav'] || flags['items']) && Number(row['kind']) === 0 ? { actdeliverymethod: 1 } : {}),
    ...(flags['after'] ? { processemailreceivedafter: dateOf(String(flags['after'])) } : {}),
    ...(flags['address-book'] === undefined ? {} : { mainaddressbook: String(flags['address-book']).trim() || null }),
    ...(flags['user'] ? { username: String(flags['user']) } : {}),
    ...(flags['refresh-token-file'] ? { oauthrefreshtoken: String(flags['refresh-token-file']).trim() } : {}),
    ...(password === undefined ? {} : { password, allowemailconnectortousecredentials: true }),
  })
  return { id, profile, isNew }
}

/** The profile that the mailbox has. */
async function ownProfile(regarding: Regarding, principal: Principal, mailbox: Row, flags: Flags): Promise<string> {
  const profile = mailbox['emailserverprofile']
  const isNamed = [...BESIDE_IMAP, ...OF_EXCHANGE, ...OF_MAILBOX].some((flag) => flags[flag] !== undefined)
  if (typeof profile !== 'string' || !isNamed)
    throw invalid(
      'Name the server: --imap host, --exchange-online tenant, --exchange-server url, --maildir path or --mbox path. Of a mailbox that has one name what is to be changed, e.g. --password-file.',
    )
  const row = await regarding.records.as(SYSTEM).retrieve('emailserverprofile', profile)
  const name = String(row?.['name'])
  const [foreign] = (row?.['servertype'] === IMAP ? OF_EXCHANGE : [...OF_EXCHANGE, ...BESIDE_IMAP]).filter(
    (flag) => flags[flag] !== undefined,
  )
  if (foreign) throw invalid(`--${foreign} is about a server: name that too. The mailbox has the profile “${name}”.`)
  if (flags['password-file'] && Number(row?.['authenticateusing'] ?? 0) !== 0)
    throw invalid(
      `The profile “${name}” opens all its mailboxes with an account of its own, and none with a password of theirs. Change that account’s with --exchange-server and --service-account, or --exchange-online.`,
    )
  const values = besideImap(flags)
  if (Object.keys(values).length) await regarding.mailboxes.updateProfile(principal, profile, values)
  return profile
}

async function profileFor(
  regarding: Regarding,
  principal: Principal,
  flags: Flags,
  password: string | undefined,
): Promise<string> {
  const values = flags['exchange-server'] ? exchangeServer(flags, password) : profileValues(flags)
  const { rows } = await regarding.records.as(SYSTEM).query({
    table: 'emailserverprofile',
    filter: {
      kind: 'filter',
      type: 'and',
      items: keyOf(values).map((column) => ({
        kind: 'condition' as const,
        column,
        ...(values[column] === null
          ? { operator: 'null' as const, values: [] }
          : { operator: 'eq' as const, values: [values[column] as string | number] }),
      })),
    },
    top: 1,
  })
  const existing = rows[0]?.['emailserverprofileid']
  if (typeof existing !== 'string') return regarding.mailboxes.createProfile(principal, values)
  await regarding.mailboxes.updateProfile(principal, existing, values)
  return existing
}

function keyOf(values: Values): readonly string[] {
  if (values['servertype'] === 0) return ONLINE_KEY
  return values['servertype'] === 1 ? EXCHANGE_SERVER_KEY : SERVER_KEY
}

/** By what a profile is known as the one that is meant. */
const SERVER_KEY = ['servertype', 'incomingserverlocation']
const ONLINE_KEY = [...SERVER_KEY, 'exchangeonlinetenantid', 'oauthclientid']

const CLOUDS: Readonly<Record<string, number>> = { global: 0, usgov: 1, usgovdod: 2, china: 3 }

function exchangeOnline(flags: Flags): Values {
  const tenant = String(flags['exchange-online'])
  const cloud = CLOUDS[String(flags['cloud'] ?? 'global')]
  if (cloud === undefined) throw invalid('--cloud is global, usgov, usgovdod or china.')
  if (!flags['client-id']) throw invalid('Exchange Online needs --client-id.')
  const secret = flags['client-secret-file']
  return {
    name: `Exchange Online ${tenant}`.slice(0, 100),
    servertype: 0,
    authenticateusing: 2,
    exchangeonlinetenantid: tenant,
    exchangeonlinecloud: cloud,
    oauthclientid: String(flags['client-id']),
    incomingserverlocation: flags['graph-url'] ? String(flags['graph-url']) : null,
    ...(flags['login-url'] ? { oauthloginlocation: String(flags['login-url']) } : {}),
    ...(secret ? { oauthclientsecret: String(secret).replace(/\r?\n$/, '') } : {}),
  }
}

function profileValues(flags: Flags): Values {
  if (flags['maildir'])
    return {
      name: `Maildir ${String(flags['maildir'])}`.slice(0, 100),
      servertype: 4,
      incomingserverlocation: String(flags['maildir']),
    }
  if (flags['mbox'])
    return {
      name: `mbox ${String(flags['mbox'])}`.slice(0, 100),
      servertype: 5,
      incomingserverlocation: String(flags['mbox']),
    }
  if (flags['exchange-online']) return exchangeOnline(flags)
  const imap = hostAndPort(String(flags['imap']))
  return {
    name: `IMAP ${imap.host}`.slice(0, 100),
    servertype: IMAP,
    incomingserverlocation: imap.host,
    ...(imap.port === undefined ? {} : { incomingportnumber: imap.port }),
    ...besideImap(flags),
  }
}

/** Others have the profile too: what is not named is not touched. */
function besideImap(flags: Flags): Values {
  const security = flags['security'] === undefined ? undefined : SECURITY[String(flags['security'])]
  if (flags['security'] !== undefined && security === undefined) throw invalid('--security is tls, starttls or none.')
  const smtp = flags['smtp'] ? hostAndPort(String(flags['smtp'])) : undefined
  return {
    ...(security === undefined ? {} : { incomingsecurity: security, outgoingsecurity: security }),
    ...(smtp ? { outgoingserverlocation: smtp.host, outgoingportnumber: smtp.port ?? null } : {}),
    ...(flags['caldav'] ? { calendarserverlocation: String(flags['caldav']) } : {}),
    ...(flags['carddav'] ? { contactserverlocation: String(flags['carddav']) } : {}),
    ...(flags['ca'] ? { trustedauthority: String(flags['ca']) } : {}),
  }
}

function hostAndPort(text: string): { host: string; port?: number } {
  const match = /^(.+?)(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? text
  return match?.[2] ? { host, port: Number(match[2]) } : { host }
}

function dateOf(text: string): Date {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw invalid(`“${text}” is not a date; write e.g. 2026-01-31.`)
  return date
}

const invalid = (text: string): RecordError => new RecordError('ValidationFailed', text)
