import { type ConnectionSettingsInput, connectionSettings, type Mailbox, MailboxError, openMailbox } from '#mailbox'
import type { MailboxSetup } from '#mailboxes'
import { type Message, type Sandbox, startSandbox } from '#sandbox'
import { systemClock } from '#time'
import type { Company } from '../../incoming/support/company.ts'

export const RECIPIENT = 'dora@contoso.example'

/** A way on which Anna's email travels to Dora. */
export interface Road {
  connect: (setup: MailboxSetup) => Promise<Mailbox>
  /** The server can be asked whether it took a message. */
  asks: boolean
  /** Message-IDs in Dora's Inbox, and in Anna's Sent Items. */
  arrived(): string[]
  copies(): string[]
  /** The next message is cut off before or after the server took it, or refused for now. */
  strike(blow: 'cut before' | 'cut after' | 'refused for now'): void
  close(): Promise<void>
}

/** The simulated server of the company. */
export function simulatedRoad({ regarding, server, anna }: Company): Road {
  server.account(RECIPIENT)
  const idsIn = (address: string, folder: string) =>
    server
      .account(address)
      .list([folder])
      .map((item) => String(item.messageId))
  return {
    connect: (setup) => regarding.connect(setup),
    asks: server.can.filesSent,
    arrived: () => idsIn(RECIPIENT, 'INBOX'),
    copies: () => idsIn(anna.address, 'Sent'),
    strike(blow) {
      const moment = blow === 'cut after' ? 'after' : 'before'
      server.faults.plan({ call: 'send', moment, error: blow === 'refused for now' ? busy() : cut() })
    },
    close: () => Promise.resolve(),
  }
}

const cut = () => new MailboxError('transient', 'ConnectFailure', 'Cut off.', { scope: 'server', uncertain: true })
const busy = () => new MailboxError('transient', 'ErrorInternalServerTransientError', 'Try again.', { scope: 'item' })

/** An Exchange of our own, by Microsoft Graph or by EWS. */
export async function exchangeRoad({ anna }: Company, face: 'graph' | 'ews'): Promise<Road> {
  const sandbox = await startSandbox()
  const [sender, recipient] = [anna.address, RECIPIENT].map((address) =>
    sandbox.world.addUser({ address, name: address, password: 'secret' }),
  )
  const settings = connectionSettings(
    face === 'graph' ? graphSettings(sandbox, anna.address) : ewsSettings(sandbox, anna.address),
  )
  const idsIn = (user: typeof sender, folder: 'inbox' | 'sentitems') => {
    const mailbox = user?.mailbox
    const items = mailbox?.items(mailbox.wellKnown(folder).id) ?? []
    return items
      .filter((item): item is Message => item.kind === 'message')
      .map((item) => String(item.headers.messageId))
  }
  return {
    connect: () => openMailbox(settings, { clock: systemClock }),
    asks: true,
    arrived: () => idsIn(recipient, 'inbox'),
    copies: () => idsIn(sender, 'sentitems'),
    strike(blow) {
      const kind = blow === 'cut before' ? 'cutBefore' : blow === 'cut after' ? 'cutAfter' : undefined
      const operation = face === 'graph' ? 'POST /messages/{id}/send' : 'SendItem'
      if (kind) sandbox.faults.inject({ fault: { kind }, face, operation })
      else sandbox.faults.inject({ fault: { kind: 'unavailable' }, face, operation })
    },
    close: () => sandbox.close(),
  }
}

function graphSettings({ login, url }: Sandbox, address: string): ConnectionSettingsInput {
  return {
    kind: 'graph',
    tenant: login.tenant,
    clientId: 'sandbox-client',
    auth: { kind: 'clientSecret', secret: 'sandbox-secret' },
    address,
    cloud: 'global',
    loginUrl: url,
    graphUrl: url,
    timeoutMs: 20_000,
  }
}

function ewsSettings({ ewsUrl }: Sandbox, address: string): ConnectionSettingsInput {
  const auth = { kind: 'password' as const, user: address, password: 'secret' }
  return { kind: 'ews', mailbox: address, url: ewsUrl, auth, timeoutMs: 20_000 }
}
