import type { Clock } from '#time'
import { openDav } from './dav/index.ts'
import { MailboxError } from './errors.ts'
import { openEws } from './ews/index.ts'
import { openGraph } from './graph/index.ts'
import { openImap } from './imap/index.ts'
import { joined, unreachableItems } from './joined.ts'
import { openMaildir } from './maildir/index.ts'
import { openMbox } from './mbox/index.ts'
import type { SimulatedServer } from './memory/index.ts'
import type { Mailbox } from './port.ts'
import type { Secret } from './secret.ts'
import type { ConnectionSettings, DavSettings, ImapSettings } from './settings.ts'

export interface MailboxDependencies {
  clock: Clock
  /** The simulated servers of this process, by name; only settings of kind `memory` need them. */
  servers?: ReadonlyMap<string, SimulatedServer>
  /**
   * Told the new refresh token whenever a directory replaces the one of the settings; it is awaited, so that the token
   * is stored before it is used. Only settings of kind `graph` with a refresh token need it.
   */
  onRefreshToken?: (token: Secret) => Promise<void>
}

/**
 * Opens a mailbox with the connector its settings name. Whoever opens it closes it.
 * @throws MailboxError when it cannot be reached, or refuses the credentials
 */
export async function openMailbox(settings: ConnectionSettings, deps: MailboxDependencies): Promise<Mailbox> {
  switch (settings.kind) {
    case 'maildir':
      return openMaildir(settings, deps)
    case 'memory': {
      const server = deps.servers?.get(settings.server)
      if (server) return server.open(settings.account)
      const message = `There is no simulated server named ${settings.server} in this process. Register it first.`
      throw new MailboxError('permanent', 'SettingsInvalid', message)
    }
    case 'mbox':
      return openMbox(settings, deps)
    case 'ews':
      return openEws(settings, deps)
    case 'graph':
      return openGraph(settings, deps)
    case 'imap':
      return settings.dav ? openJoined(settings, settings.dav, deps) : openImap(settings, deps)
  }
}

async function openJoined(settings: ImapSettings, dav: DavSettings, deps: MailboxDependencies): Promise<Mailbox> {
  const [mail, items] = await Promise.allSettled([openImap(settings, deps), openDav(dav, deps)])
  if (mail.status === 'rejected') {
    if (items.status === 'fulfilled') await items.value.close()
    throw mail.reason
  }
  if (items.status === 'fulfilled') return joined(mail.value, items.value)
  if (items.reason instanceof MailboxError) return joined(mail.value, unreachableItems(items.reason))
  await mail.value.close()
  throw items.reason
}
