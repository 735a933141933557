import type { Access } from '#records'

/** What the user of a mailbox must hold, whatever the record (SE-40). */
const NAMED = [
  'prvSyncToOutlook',
  'prvSearchAvailability',
  'prvReadEmailServerProfile',
  'prvReadMailbox',
  'prvWriteMailbox',
]
const TABLES = [
  ['appointment', 'Activity'],
  ['contact', 'Contact'],
] as const
const VERBS = [
  ['create', 'prvCreate'],
  ['read', 'prvRead'],
  ['write', 'prvWrite'],
] as const

/** Names the first privilege that the user lacks for the synchronization of items (SE-40, SE-41, SE-42). */
export async function lackingForAct(user: Access): Promise<string | undefined> {
  for (const name of NAMED) if (!(await user.holds(name))) return name
  for (const [table, privilege] of TABLES)
    for (const [verb, prefix] of VERBS) if (!(await user.may(verb, table))) return `${prefix}${privilege}`
  return undefined
}
