import { type ItemKind, type ItemMailbox, type Mailbox, Secret } from '#mailbox'
import { systemClock } from '#time'
import { openDav } from '../../../../src/mailbox/dav/index.ts'
import type { DavSettings } from '../../../../src/mailbox/settings.ts'
import { type HttpProxy, type Meddling, startHttpProxy } from '../../../support/httpProxy.ts'
import type { ItemBench } from '../../conformance/items/bench.ts'
import { type Hands, handsOf } from './hands.ts'

/** A server of the tests. */
export interface DavServer {
  port: number
  newUser(): Promise<{ user: string; address: string }>
  calendars(user: string): string
  addressbooks(user: string): string
  /** The last segment of the address book that it makes by itself. */
  ownBook?: string
  /** Once the main folders are there. */
  settle?(hands: Hands, user: string): Promise<void>
}

export interface DavBench extends ItemBench {
  other: Hands
  proxy: HttpProxy
  user: string
  settings: DavSettings
}

const MAIN: [ItemKind, string][] = [
  ['event', 'Calendar'],
  ['contact', 'Contacts'],
  ['task', 'Tasks'],
]

/** What lies in one of the main folders. */
export function kindOf([name]: readonly string[]): ItemKind {
  return MAIN.find(([, main]) => main === name)?.[0] ?? 'event'
}

function davSettings(port: number, user: string, address: string): DavSettings {
  const auth = { kind: 'password', user, password: new Secret('secret') } as const
  return { url: `http://127.0.0.1:${port}/`, address, auth, timeoutMs: 10_000 }
}

interface DavBenchOptions {
  main?: [ItemKind, string][]
  /** Calendars hold appointments and tasks. */
  mixed?: boolean
  /** What the proxy does from the start. */
  meddling?: Meddling
}

/** A user with a calendar, an address book and a list of tasks, seen through a proxy that can meddle. */
export async function davBench(
  server: DavServer,
  { main = MAIN, mixed = false, meddling = {} }: DavBenchOptions = {},
): Promise<DavBench> {
  const { user, address } = await server.newUser()
  const other = await handsOf({
    port: server.port,
    user,
    address,
    calendars: server.calendars(user),
    addressbooks: server.addressbooks(user),
    mixed,
  })
  for (const [kind, name] of main) {
    // What it makes by itself is the main one, and gets our name.
    await other.createFolder(kind, [name], kind === 'contact' ? server.ownBook : undefined)
  }
  await server.settle?.(other, user)
  const proxy = await startHttpProxy(server.port)
  proxy.meddle(meddling)
  const settings = davSettings(proxy.port, user, address)
  const opened = await openDav(settings, { clock: systemClock })
  return {
    // The suite for items needs no more of a mailbox than that it can be closed.
    mailbox: { items: opened.items as ItemMailbox, close: () => opened.close() } as Mailbox,
    items: opened.items,
    address,
    user,
    settings,
    proxy,
    other: {
      ...other,
      loseNextAnswer() {
        let lost = false
        proxy.meddle({
          ...meddling,
          lose({ method }) {
            const now = !lost && ['PUT', 'DELETE', 'POST', 'MOVE'].includes(method)
            lost ||= now
            return now
          },
        })
      },
    },
    close: () => proxy.close(),
  }
}
