import type { Clock } from '#time'
import type { DavSettings } from '../settings.ts'
import { DavAccount } from './account.ts'
import { DavItems } from './davItems.ts'

export type { DavItems } from './davItems.ts'

/**
 * Opens the calendars and address books of a user on a CalDAV and CardDAV server (RFC 4791, RFC 6352). Whoever opens
 * them closes them.
 * @throws MailboxError
 */
export async function openDav(
  settings: DavSettings,
  { clock }: { clock: Clock },
): Promise<{ items: DavItems; close(): Promise<void> }> {
  const account = await DavAccount.open(settings, clock)
  try {
    return { items: await DavItems.over(account), close: () => account.close() }
  } catch (error) {
    await account.close()
    throw error
  }
}
