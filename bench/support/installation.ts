import type { Target } from '#database'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import { openRegarding, type Regarding } from '#sync'
import { type Account, recordsOf } from './accounts.ts'
import { OWNER_ADDRESS } from './corpus.ts'

export interface InstallationOptions {
  /** Where the mailbox of Anna lies. */
  account: Account
  /** Anna's option Track (PO-22). */
  track: 'all' | 'knownSenders'
  /** Addresses of contacts that are there. */
  contacts?: readonly string[]
  /** Of the mailbox, where it is not Anna's usual one. */
  address?: string
  /** Her appointments, contacts and tasks are synchronized, and no mail. */
  items?: boolean
}

const TRACK = { all: 0, knownSenders: 2 } as const

export interface Installation {
  regarding: Regarding
  ownerId: string
  mailboxId: string
}

/** A new installation with one user, her mailbox on a mail server, and contacts. */
export async function install(target: Target, options: InstallationOptions): Promise<Installation> {
  const regarding = await openRegarding(target)
  const system = regarding.records.as(SYSTEM)
  const address = options.address ?? OWNER_ADDRESS
  const ownerId = await addUser(regarding, { firstname: 'Anna', lastname: 'Berg', internalemailaddress: address })
  await regarding.options.setPersonal(SYSTEM, ownerId, { Track: TRACK[options.track] })
  const owner = { table: 'systemuser', id: ownerId }
  await addContacts(regarding, options.contacts ?? [], ownerId)
  const { profile, mailbox } = recordsOf(options.account, address)
  const profileId = await regarding.mailboxes.createProfile(SYSTEM, {
    ...profile,
    isdefault: true,
    processemailsreceivedafter: new Date('2000-01-01T00:00:00Z'),
    ownerid: owner,
  })
  const mailboxId = await mailboxOf(regarding, ownerId)
  await system.update('mailbox', mailboxId, {
    ...mailbox,
    emailserverprofile: { table: 'emailserverprofile', id: profileId },
    ...(options.items ? { incomingemaildeliverymethod: 0, actdeliverymethod: 1 } : { incomingemaildeliverymethod: 2 }),
  })
  await regarding.mailboxes.approve(SYSTEM, [mailboxId])
  // As after a test that passed (MB-76); what changes the settings of a mailbox asks for another.
  await system.update('mailbox', mailboxId, options.items ? { enabledforact: true } : { enabledforincomingemail: true })
  return { regarding, ownerId, mailboxId }
}

async function addUser(regarding: Regarding, values: Values): Promise<string> {
  const system = regarding.records.as(SYSTEM)
  const id = await system.create('systemuser', {
    ...values,
    domainname: values['internalemailaddress'],
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id },
    roleid: { table: 'role', id: ROLES.salesperson },
  })
  return id
}

/** Contacts with an address each. */
async function addContacts(regarding: Regarding, addresses: readonly string[], ownerId: string): Promise<void> {
  const system = regarding.records.as(SYSTEM)
  for (let at = 0; at < addresses.length; at += 1000) {
    const some = addresses.slice(at, at + 1000)
    await system.createMany(
      'contact',
      some.map((emailaddress1, index) => ({
        firstname: 'Person',
        lastname: `Number${at + index}`,
        emailaddress1,
        ownerid: { table: 'systemuser', id: ownerId },
      })),
    )
  }
}

async function mailboxOf(regarding: Regarding, ownerId: string): Promise<string> {
  const page = await regarding.records.as(SYSTEM).query({
    table: 'mailbox',
    columns: ['mailboxid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'regardingobjectid', operator: 'eq', values: [ownerId] }],
    },
  })
  return String(page.rows[0]?.['mailboxid'])
}
