import { isAbsolute } from 'node:path'
import * as z from 'zod'
import { MailboxError } from './errors.ts'
import { Secret } from './secret.ts'

/** How a mailbox is reached: what differs between mail systems and nothing else. */
export type ConnectionSettings =
  | EwsSettings
  | GraphSettings
  | ImapSettings
  | MaildirSettings
  | MboxSettings
  | MemorySettings

export type EwsSettings = z.infer<typeof ews>

export type GraphSettings = z.infer<typeof graph>
export type DavSettings = z.infer<typeof dav>
export type ImapSettings = z.infer<typeof imap>
export type SmtpSettings = z.infer<typeof smtp>
export type Authentication = z.infer<typeof authentication>
export type MaildirSettings = z.infer<typeof maildir>
export type MboxSettings = z.infer<typeof mbox>
export type MemorySettings = z.infer<typeof memory>

/** MB-15 */
const TIMEOUT = { least: 1_000, usual: 60_000, most: 100_000 }

const secret = z.union([
  z.instanceof(Secret),
  z
    .string()
    .min(1)
    .max(16_384)
    .transform((value) => new Secret(value)),
])

const authentication = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('password'), user: z.string().min(1).max(320), password: secret }),
  z.strictObject({ kind: z.literal('xoauth2'), user: z.string().min(1).max(320), accessToken: secret }),
])

const server = {
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[^\s/@]+$/, 'must be a host name or an IP address'),
  port: z.int().min(1).max(65_535),
  /** `starttls` never falls back to plain text; `none` is for a server on this machine. */
  security: z.enum(['tls', 'starttls', 'none']),
  /** Certificates (PEM) trusted beside the system's. */
  ca: z.string().max(1_000_000).optional(),
  /** Accepts any certificate: for tests and servers without a proper one. */
  allowUntrusted: z.boolean().optional(),
  /** Milliseconds without an answer after which the server counts as gone. */
  timeoutMs: z.int().min(TIMEOUT.least).max(TIMEOUT.most).default(TIMEOUT.usual),
}

const smtp = z.strictObject({
  ...server,
  /** Absent: the server takes mail from this machine without. */
  auth: authentication.optional(),
})

const path = z
  .string()
  .min(1)
  .max(4_096)
  .refine((value) => isAbsolute(value) && !value.includes('\0'), 'must be an absolute path')

/** A Maildir++ directory: the one that holds `cur`, `new` and `tmp`. */
const maildir = z.strictObject({ kind: z.literal('maildir'), path })

/** One mbox file, or a directory of `*.mbox` files; read only. */
const mbox = z.strictObject({
  kind: z.literal('mbox'),
  path,
  /** How lines beginning with "From " are quoted in the files; usually `mboxrd`. */
  quoting: z.enum(['mboxrd', 'mboxo']).optional(),
})

/** A place other than Microsoft's own: a sandbox, or a gateway in a private network. */
const place = z
  .url()
  .max(2_048)
  .refine((value) => isSafePlace(value), 'must be https without user, query and fragment (http only on this machine)')

/** The calendars, contacts and tasks of a user on a CalDAV and CardDAV server. */
const dav = z.strictObject({
  /** The server, or any address on it that leads to the user: `https://dav.example.org/`. */
  url: place,
  /** Where contacts lie on another server than calendars. */
  contactsUrl: place.optional(),
  /** The owner's own address, as meetings name her; usually the user name. */
  address: z
    .string()
    .min(3)
    .max(320)
    .regex(/^[^\s/\\?#@]+@[^\s/\\?#@]+$/, 'must be an email address')
    .optional(),
  auth: authentication,
  ca: server.ca,
  allowUntrusted: server.allowUntrusted,
  timeoutMs: server.timeoutMs,
})

const imap = z.strictObject({
  kind: z.literal('imap'),
  ...server,
  auth: authentication,
  smtp: smtp.optional(),
  dav: dav.optional(),
})

/** One mailbox of Exchange Online over Microsoft Graph, reached as an application or on behalf of a person. */
const graph = z.strictObject({
  kind: z.literal('graph'),
  /** Directory (tenant) id, or one of its domains. */
  tenant: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be the id or a domain of the directory'),
  clientId: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9-]+$/, 'must be the application (client) id'),
  auth: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('clientSecret'), secret }),
    /** `secret` where the application is a confidential client. */
    z.strictObject({ kind: z.literal('refreshToken'), token: secret, secret: secret.optional() }),
  ]),
  /** User principal name or SMTP address of the mailbox. */
  address: z
    .string()
    .min(3)
    .max(320)
    .regex(/^[^\s/\\?#]+@[^\s/\\?#]+$/, 'must be an email address'),
  cloud: z.enum(['global', 'usgov', 'usgovdod', 'china']).default('global'),
  loginUrl: place.optional(),
  graphUrl: place.optional(),
  timeoutMs: server.timeoutMs,
})

/** One mailbox of an Exchange of the organization's own, over Exchange Web Services. */
const ews = z.strictObject({
  kind: z.literal('ews'),
  /** Primary SMTP address of the mailbox. */
  mailbox: z
    .string()
    .min(3)
    .max(320)
    .regex(/^[^\s/\\?#@]+@[^\s/\\?#@]+$/, 'must be an email address'),
  /** Usually `https://<server>/EWS/Exchange.asmx`; absent: found by the address (Autodiscover). */
  url: place.optional(),
  /** Asks this Autodiscover instead of those of the address's domain. */
  autodiscoverUrl: place.optional(),
  auth: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('password'),
      /** `DOMAIN\user` or `user@domain`. */
      user: z.string().min(1).max(320),
      password: secret,
      /** `auto` asks the server and prefers what does not show it the password; `negotiate` carries NTLM, not Kerberos. */
      scheme: z.enum(['auto', 'basic', 'ntlm', 'negotiate']).default('auto'),
    }),
    /** An application of the directory that Exchange trusts (hybrid modern authentication, Exchange Online). */
    z.strictObject({
      kind: z.literal('oauth'),
      tenant: z
        .string()
        .max(253)
        .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be the id or a domain of the directory'),
      clientId: z.string().min(1).max(100),
      secret,
      loginUrl: place.optional(),
      scope: z.string().min(1).max(1_000).optional(),
    }),
    z.strictObject({ kind: z.literal('bearer'), accessToken: secret }),
  ]),
  /** The account acts as the mailbox (role ApplicationImpersonation); otherwise it opens it as a delegate. */
  impersonate: z.boolean().default(false),
  /** The account is the mailbox's own, however its name is written. */
  own: z.boolean().default(false),
  /** Connections at once of all mailboxes that are opened with these credentials (MB-14). */
  connections: z.int().min(1).max(65_536).default(10),
  ca: server.ca,
  allowUntrusted: server.allowUntrusted,
  timeoutMs: server.timeoutMs,
})

/** A mailbox of a simulated server in this process. */
const memory = z.strictObject({
  kind: z.literal('memory'),
  server: z.string().min(1).max(200),
  account: z.string().min(1).max(320),
})

const settings = z.discriminatedUnion('kind', [ews, graph, imap, maildir, mbox, memory])

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

function isSafePlace(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(value)
  if (username || password || search || hash) return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

/** Settings as they are written or stored: secrets may be plain text, and what has a default may be left out. */
export type ConnectionSettingsInput = z.input<typeof settings>

/**
 * Checks settings from outside and hides their secrets.
 * @throws MailboxError `permanent` / `SettingsInvalid` that names each wrong setting, never its value.
 */
export function connectionSettings(value: unknown): ConnectionSettings {
  const result = settings.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`)
  throw new MailboxError(
    'permanent',
    'SettingsInvalid',
    `The connection settings of the mailbox are not valid. ${faults.join('; ')}. Correct them in the mailbox or its server profile.`,
  )
}
