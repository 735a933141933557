import { join } from 'node:path'
import { addBlockRule, blockRulesFor } from '#incoming'
import { type Reference, type Row, SYSTEM } from '#records'
import { type Regarding, saveMapping, testMailboxes } from '#sync'
import { START } from './calendar.ts'
import { MAILBOXES, type MailboxKey, QUEUES, USERS } from './company/users.ts'
import { idOf, referenceTo } from './ids.ts'
import { MAPPINGS } from './messages/folders.ts'
import { asUser, createOrganization } from './organization.ts'

const PROFILE = 'Demo mailboxes'
const MAILDIR = 4

/** What nobody’s activity shall be made of (B-80): of the organization, and of Mira’s own. */
const BLOCKED = [
  { scope: 'organization', kind: 'domain', pattern: 'casino-royal.example' },
  { scope: 'organization', kind: 'subject', pattern: 'payslip' },
  { scope: 'user', kind: 'domain', pattern: 'fjellbanken.example' },
  { scope: 'user', kind: 'address', pattern: 'reception@praxis-aagaard.example' },
  { scope: 'user', kind: 'sensitivity', pattern: 'private' },
] as const

/**
 * Brings an installation to where the demo begins: settings, server profile, company, personal options, approved and
 * enabled mailboxes, blocklists, folder mappings. Done again it changes nothing.
 */
export async function configure(regarding: Regarding, directory: string): Promise<void> {
  await regarding.options.setOrganization(SYSTEM, {
    AutoTrackSentFolderItems: true,
    RestrictIRMEmailItems: true,
    DefaultOutgoingMethod: 'None', // a Maildir cannot send
    MaxUploadFileSize: 512,
  })
  await saveProfile(regarding, directory)
  await createOrganization(regarding)
  for (const user of USERS)
    await regarding.options.setPersonal(SYSTEM, idOf(`systemuser/${user.key}`), {
      Track: user.track,
      Create: user.create,
    })
  await enableMailboxes(regarding)
  await block(regarding)
  await mapFolders(regarding)
}

async function saveProfile(regarding: Regarding, directory: string): Promise<void> {
  const values = {
    name: PROFILE,
    servertype: MAILDIR,
    incomingserverlocation: join(directory, 'mail', '%n'),
    isdefault: true,
    processemailsreceivedafter: START,
  }
  const existing = await firstRow(regarding, 'emailserverprofile', 'name', PROFILE)
  if (!existing) await regarding.mailboxes.createProfile(SYSTEM, values)
  else if (existing['incomingserverlocation'] !== values.incomingserverlocation)
    await regarding.mailboxes.updateProfile(SYSTEM, String(existing['emailserverprofileid']), values)
}

async function enableMailboxes(regarding: Regarding): Promise<void> {
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
