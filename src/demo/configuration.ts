import { join } from 'node:path'
import { addBlockRule, blockRulesFor } from '#incoming'
import { type Reference, type Row, SYSTEM, type Values } from '#records'
import type { Sandbox } from '#sandbox'
import { type Regarding, saveMapping, testMailboxes } from '#sync'
import { START } from './calendar.ts'
import { MAILBOXES, type MailboxKey, QUEUES, SERVED_BY, USERS } from './company/users.ts'
import { APPLICATION, SERVICE } from './exchange.ts'
import { idOf, referenceTo } from './ids.ts'
import { MAPPINGS } from './messages/folders.ts'
import { asUser, createOrganization } from './organization.ts'

/** What nobody’s activity shall be made of (B-80): of the organization, and of Mira’s own. */
const BLOCKED = [
  { scope: 'organization', kind: 'domain', pattern: 'casino-royal.example' },
  { scope: 'organization', kind: 'subject', pattern: 'payslip' },
  { scope: 'user', kind: 'domain', pattern: 'fjellbanken.example' },
  { scope: 'user', kind: 'address', pattern: 'reception@praxis-aagaard.example' },
  { scope: 'user', kind: 'sensitivity', pattern: 'private' },
] as const

/** Outgoing method of a mailbox: server-side synchronization. */
const SERVER_SIDE = 2
const ACT_SERVER_SIDE = 1

/**
 * Brings an installation to where the demo begins: settings, server profiles, company, personal options, approved and
 * enabled mailboxes, blocklists, folder mappings. Done again it changes nothing.
 */
export async function configure(regarding: Regarding, directory: string, sandbox: Sandbox): Promise<void> {
  await regarding.options.setOrganization(SYSTEM, {
    AutoTrackSentFolderItems: true,
    RestrictIRMEmailItems: true,
    DefaultOutgoingMethod: 'None', // a Maildir cannot send
    MaxUploadFileSize: 512,
  })
  const profiles = await saveProfiles(regarding, profilesOf(directory, sandbox))
  await createOrganization(regarding)
  for (const user of USERS)
    await regarding.options.setPersonal(SYSTEM, idOf(`systemuser/${user.key}`), {
      Track: user.track,
      Create: user.create,
      TimeZone: user.unit === 'north' ? 'Europe/Copenhagen' : 'Europe/Rome',
    })
  await enableMailboxes(regarding, profiles)
  await block(regarding)
  await mapFolders(regarding)
}

type ServedBy = (typeof SERVED_BY)[MailboxKey]
type Profile = Values & { name: string; incomingserverlocation: string }

/** How each mail system is reached (20 §1). */
function profilesOf(directory: string, sandbox: Sandbox): Record<ServedBy, Profile> {
  return {
    graph: {
      name: 'Exchange Online of the demo',
      servertype: 0,
      authenticateusing: 2,
      incomingserverlocation: sandbox.graphUrl,
      oauthloginlocation: new URL(sandbox.loginUrl).origin,
      exchangeonlinetenantid: new URL(sandbox.loginUrl).pathname.slice(1),
      oauthclientid: APPLICATION.clientId,
      oauthclientsecret: APPLICATION.clientSecret,
    },
    ews: {
      name: 'Exchange Server of the demo',
      servertype: 1,
      authenticateusing: 1,
      useimpersonation: true,
      incomingserverlocation: sandbox.ewsUrl,
      username: SERVICE.address,
      password: SERVICE.password,
    },
    maildir: {
      name: 'Maildirs of the demo',
      servertype: 4,
      incomingserverlocation: join(directory, 'mail', '%n'),
      isdefault: true,
    },
  }
}

async function saveProfiles(
  regarding: Regarding,
  wanted: Record<ServedBy, Profile>,
): Promise<Record<ServedBy, Reference>> {
  const save = async (values: Profile): Promise<Reference> => {
    const existing = await firstRow(regarding, 'emailserverprofile', 'name', values.name)
    const id = existing
      ? String(existing['emailserverprofileid'])
      : await regarding.mailboxes.createProfile(SYSTEM, { ...values, processemailsreceivedafter: START })
    if (existing && existing['incomingserverlocation'] !== values.incomingserverlocation)
      await regarding.mailboxes.updateProfile(SYSTEM, id, values)
    return { table: 'emailserverprofile', id }
  }
  return { graph: await save(wanted.graph), ews: await save(wanted.ews), maildir: await save(wanted.maildir) }
}

async function enableMailboxes(regarding: Regarding, profiles: Record<ServedBy, Reference>): Promise<void> {
  for (const key of MAILBOXES) {
    const row = await mailboxRow(regarding, ownerOf(key))
    const profile = profiles[SERVED_BY[key]]
    if (row['emailserverprofile'] === profile.id) continue
    await regarding.mailboxes.update(SYSTEM, String(row['mailboxid']), {
      emailserverprofile: profile,
      ...(SERVED_BY[key] === 'maildir' ? {} : { outgoingemaildeliverymethod: SERVER_SIDE }),
      ...(SERVED_BY[key] === 'graph' ? { actdeliverymethod: ACT_SERVER_SIDE } : {}),
    })
  }
  for (const { key, filter } of QUEUES) {
    const row = await mailboxRow(regarding, referenceTo(`queue/${key}`))
    if (row['incomingfilter'] !== filter)
      await regarding.mailboxes.update(SYSTEM, String(row['mailboxid']), { incomingfilter: filter })
  }
  const rows = await Promise.all(MAILBOXES.map((key) => mailboxRow(regarding, ownerOf(key))))
  const fresh = rows.filter((row) => row['enabledforincomingemail'] !== true).map((row) => String(row['mailboxid']))
  if (!fresh.length) return
  await regarding.mailboxes.approve(SYSTEM, fresh)
  const results = await testMailboxes(regarding, SYSTEM, fresh)
  const failed = [...results.values()].flat().find((result) => result.status === 'failure')
  if (failed) throw new Error(`A mailbox of the demo could not be enabled. ${failed.text}`)
}

async function block(regarding: Regarding): Promise<void> {
  const mira = asUser('mira')
  const existing = await blockRulesFor(regarding.database.sql, idOf('systemuser/mira'))
  for (const rule of BLOCKED) {
    if (existing.some((one) => one.kind === rule.kind && one.pattern === rule.pattern)) continue
    await addBlockRule(regarding, rule.scope === 'user' ? mira : SYSTEM, rule)
  }
}

async function mapFolders(regarding: Regarding): Promise<void> {
  for (const mapping of MAPPINGS)
    await saveMapping(regarding, SYSTEM, {
      mailboxId: await mailboxId(regarding, mapping.mailbox),
      folderPath: mapping.folder,
      ...('regarding' in mapping ? { regarding: referenceTo(mapping.regarding) } : {}),
    })
}

/** The mailbox record of somebody. */
export async function mailboxId(regarding: Regarding, key: MailboxKey): Promise<string> {
  return String((await mailboxRow(regarding, ownerOf(key)))['mailboxid'])
}

const ownerOf = (key: MailboxKey): Reference => referenceTo(key === 'support' ? 'queue/support' : `systemuser/${key}`)

async function mailboxRow(regarding: Regarding, owner: Reference): Promise<Row> {
  const row = await firstRow(regarding, 'mailbox', 'regardingobjectid', owner.id)
  if (!row) throw new Error(`The ${owner.table} ${owner.id} of the demo has no mailbox; begin with an empty directory.`)
  return row
}

async function firstRow(
  { records }: Regarding,
  table: string,
  column: string,
  value: string,
): Promise<Row | undefined> {
  const page = await records.as(SYSTEM).query({
    table,
    filter: { kind: 'filter', type: 'and', items: [{ kind: 'condition', column, operator: 'eq', values: [value] }] },
    top: 1,
  })
  return page.rows[0]
}
