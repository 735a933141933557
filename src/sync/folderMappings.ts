import { isBelowInbox, validateMappings } from '#incoming'
import type { Folder } from '#mailbox'
import { MailboxRuleError, type MailboxSetup } from '#mailboxes'
import { type Principal, RecordError, type Reference, type Row, SYSTEM } from '#records'
import type { Regarding } from './regarding.ts'

export interface NewMapping {
  mailboxId: string
  /** As listed, names separated by `/`. */
  folderPath: string
  regarding?: Reference
  alwaysReapply?: boolean
}

/**
 * Maps a folder of a mailbox, or changes its mapping (FT-11). The person reads the mailbox, and may append to the record.
 * @throws MailboxRuleError naming the rule: not below the Inbox (FT-12), the 26th (FT-13), folder tracking off (FT-1, FT-2)
 */
export async function saveMapping(regarding: Regarding, principal: Principal, wish: NewMapping): Promise<string> {
  const setup = await mappableMailbox(regarding, principal, wish.mailboxId)
  await mayRegard(regarding, principal, wish.regarding)
  const folder = await folderAt(regarding, setup, wish.folderPath)
  const stored = await mappingsOf(regarding, setup.id)
  const existing = stored.find((row) => row['exchangefolderid'] === folder.id)
  if (!existing) {
    const all = [
      ...stored.map((row) => ({ folderId: String(row['exchangefolderid']), folderName: String(row['foldername']) })),
      { folderId: folder.id, folderName: wish.folderPath },
    ]
    const fault = validateMappings(all)
    if (fault) throw new MailboxRuleError('FT-13', 'exchangefolderid', `${fault}.`)
  }
  const values = {
    regardingobjectid: wish.regarding ?? null,
    alwaysreapply: wish.alwaysReapply ?? false,
    foldername: (folder.path.at(-1) ?? '').slice(0, 256),
    fingerprint: folder.fingerprint ?? null,
  }
  const access = regarding.records.as(SYSTEM)
  if (existing) {
    await access.update('mailboxtrackingfolder', String(existing['mailboxtrackingfolderid']), values)
    return String(existing['mailboxtrackingfolderid'])
  }
  return access.create('mailboxtrackingfolder', {
    ...values,
    mailboxid: { table: 'mailbox', id: setup.id },
    exchangefolderid: folder.id,
    ownerid: setup.owner,
  })
}

/** FT-40: what was tracked stays tracked. */
export async function removeMapping(
  regarding: Regarding,
  principal: Principal,
  mailboxId: string,
  folderPath: string,
): Promise<void> {
  const setup = await mappableMailbox(regarding, principal, mailboxId)
  const name = folderPath.split('/').at(-1)
  const rows = (await mappingsOf(regarding, setup.id)).filter(
    (row) => row['exchangefolderid'] === folderPath || row['foldername'] === name,
  )
  const row = rows.length === 1 ? rows[0] : undefined
  if (!row)
    throw new RecordError('NotFound', `The mailbox “${setup.name}” has no mapping of a folder “${folderPath}”.`, {
      table: 'mailboxtrackingfolder',
    })
  await regarding.records.as(SYSTEM).delete('mailboxtrackingfolder', String(row['mailboxtrackingfolderid']))
}

async function mappableMailbox(regarding: Regarding, principal: Principal, mailboxId: string): Promise<MailboxSetup> {
  if (!(await regarding.records.as(principal).may('write', 'mailbox', mailboxId)))
    throw new RecordError(
      'PrivilegeDenied',
      'Mapping folders needs the privilege to write the mailbox (prvWriteMailbox).',
      { table: 'mailbox', privilege: 'prvWriteMailbox' },
    )
  const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) throw new RecordError('NotFound', `There is no mailbox ${mailboxId}.`, { table: 'mailbox' })
  const organization = await regarding.options.organization()
  if (organization['UseFolderTracking'] !== true)
    throw refused('FT-1', 'Folder tracking is switched off for the organization.')
  if (setup.kind !== 'user')
    throw refused('FT-2', `Folder tracking works for mailboxes of users, not for a ${setup.kind} mailbox.`)
  if (setup.incoming !== 'serverSide')
    throw refused('FT-2', 'Folder tracking needs incoming email by server-side synchronization.')
  if (!setup.profile?.hasFolders) throw refused('FT-2', 'Folder tracking needs a server with folders; POP3 has none.')
  return setup
}

/** FT-16. */
async function mayRegard(regarding: Regarding, principal: Principal, record: Reference | undefined): Promise<void> {
  if (!record) return
  const table = regarding.records.catalogue.table(record.table)
  if (!table.hasActivities) throw refused('FT-16', `A ${table.label.toLowerCase()} cannot be what an email regards.`)
  const access = regarding.records.as(principal)
  for (const privilege of ['read', 'appendTo'] as const)
    if (!(await access.may(privilege, record.table, record.id)))
      throw new RecordError(
        'PrivilegeDenied',
        `You may not ${privilege === 'read' ? 'read' : 'append to'} this ${table.label.toLowerCase()}.`,
        { table: record.table },
      )
}

async function folderAt(regarding: Regarding, setup: MailboxSetup, path: string): Promise<Folder> {
  const mailbox = await regarding.connect(setup)
  try {
    const listed = await mailbox.folders()
    const folder = listed.find((item) => item.id === path || item.path.join('/') === path)
    if (!folder)
      throw new RecordError('NotFound', `The mailbox “${setup.name}” has no folder “${path}”.`, {
        table: 'mailboxtrackingfolder',
      })
    if (!isBelowInbox(folder, listed))
      throw new MailboxRuleError('FT-12', 'exchangefolderid', `The folder “${path}” does not lie below the Inbox.`)
    return folder
  } finally {
    await mailbox.close()
  }
}

async function mappingsOf(regarding: Regarding, mailboxId: string): Promise<Row[]> {
  const { rows } = await regarding.records.as(SYSTEM).query({
    table: 'mailboxtrackingfolder',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'mailboxid', operator: 'eq', values: [mailboxId] }],
    },
  })
  return rows
}

function refused(rule: string, message: string): MailboxRuleError {
  return new MailboxRuleError(rule, 'mailboxid', message)
}
