import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ConnectionSettingsInput, connectionSettings, type Mailbox, openMailbox } from '#mailbox'
import {
  type EwsFaceOptions,
  ewsFace,
  type Mailbox as Kept,
  type Message,
  newMessage,
  type User,
  World,
} from '#sandbox'
import { type Clock, systemClock } from '#time'
import type { Bench, OtherSide, TrueItem } from '../../conformance.ts'

type Ews = Extract<ConnectionSettingsInput, { kind: 'ews' }>

/** An Exchange of our own with a service account that may impersonate everybody. */
export interface Exchange {
  world: World
  url: string
  service: User
  addPerson(): User
  /** Ends all connections. */
  cut(): void
  close(): Promise<void>
}

export async function startExchange(
  options: Omit<EwsFaceOptions, 'world'> = {},
  clock: Clock = systemClock,
): Promise<Exchange> {
  const world = new World({ clock })
  const service = world.addUser({ address: 'svc-crm@contoso.example', name: 'CRM', password: 'Pa55 wörd' })
  service.mayImpersonate = true
  const server = createServer(ewsFace({ world, ...options }))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  let people = 0
  return {
    world,
    service,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/EWS/Exchange.asmx`,
    addPerson: () =>
      world.addUser({ address: `anne${++people}@contoso.example`, name: 'Anne Weiler', password: 'secret' }),
    cut: () => server.closeAllConnections(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Opens a mailbox by impersonation unless told otherwise. */
export async function openExchange(exchange: Exchange, person: User, more: Partial<Ews> = {}): Promise<Mailbox> {
  const auth = { kind: 'password' as const, user: 'CONTOSO\\svc-crm', password: exchange.service.password }
  const settings = {
    kind: 'ews',
    mailbox: person.address,
    url: exchange.url,
    auth,
    impersonate: true,
    timeoutMs: 10_000,
    ...more,
  }
  return openMailbox(connectionSettings(settings), { clock: systemClock })
}

/** What people see of the tracked category (T-94). */
export const TRACKED = 'Tracked to Regarding'
const SALES = 'sales@contoso.example'

export async function exchangeBench(exchange: Exchange, more: Partial<Ews> = {}): Promise<Bench> {
  const person = exchange.addPerson()
  // The suite sends in the name of Sales, and to a customer.
  const { world } = exchange
  const sales = world.find(SALES) ?? world.addUser({ address: SALES, name: 'Sales' })
  person.mayActAs.add(sales.address)
  customerOf(exchange)
  return {
    mailbox: await openExchange(exchange, person, more),
    other: otherSide(exchange, person.mailbox),
    close: () => Promise.resolve(),
  }
}

/** The person at her Outlook, straight at what the mailbox keeps. */
function otherSide(exchange: Exchange, mailbox: Kept): OtherSide {
  const idOf = (path: readonly string[]) => folderAt(mailbox, path)
  const messageIn = (path: readonly string[], messageId: string): Message => {
    const folder = idOf(path)
    const found = mailbox.byMessageId(messageId).find((message) => message.folder === folder)
    if (!found) throw new Error(`${messageId} is not in ${path.join('/')}`)
    return found
  }
  return {
    async deliver(path, source, { received, seen, categories } = {}) {
      const notes = { received: received ?? new Date(), read: seen ?? false, categories: categories ?? [] }
      mailbox.add<Message>(idOf(path), await newMessage(mailbox, source, notes), 'newMail')
    },
    async moveByUser(path, messageId, to) {
      mailbox.move(messageIn(path, messageId).id, idOf(to))
    },
    async deleteByUser(path, messageId) {
      mailbox.delete(messageIn(path, messageId).id)
    },
    async setSeenByUser(path, messageId, seen) {
      mailbox.update<Message>(messageIn(path, messageId).id, { read: seen })
    },
    async setCategoryByUser(path, messageId, category, on) {
      const { id, categories } = messageIn(path, messageId)
      const others = categories.filter((other) => other !== category)
      mailbox.update<Message>(id, { categories: on ? [...others, category] : others })
    },
    async createFolder(path) {
      mailbox.createFolder(idOf(path.slice(0, -1)), path.at(-1) as string)
    },
    async renameFolder(path, to) {
      const id = idOf(path)
      const parent = idOf(to.slice(0, -1))
      if (mailbox.folder(id).parent !== parent) mailbox.moveFolder(id, parent)
      if (mailbox.folder(id).name !== to.at(-1)) mailbox.renameFolder(id, to.at(-1) as string)
    },
    async deleteFolder(path) {
      mailbox.purgeFolder(idOf(path))
    },
    async list(path) {
      const items = mailbox.items(idOf(path)).filter((item): item is Message => item.kind === 'message')
      return items.map(
        ({ headers, read, categories }): TrueItem => ({
          messageId: headers.messageId ?? '',
          seen: read,
          categories: categories.map((name) => (name === TRACKED ? '$Tracked' : name)),
        }),
      )
    },
    async breakConnection() {
      exchange.cut()
    },
    async invalidateCursor(path) {
      mailbox.forgetChanges(idOf(path))
    },
  }
}

function folderAt(mailbox: Kept, path: readonly string[]): string {
  let { id } = mailbox.wellKnown('msgfolderroot')
  for (const name of path) {
    const inbox = name === 'INBOX' ? mailbox.wellKnown('inbox') : undefined
    const found = inbox ?? mailbox.children(id).find((folder) => folder.name === name)
    if (!found) throw new Error(`There is no folder ${path.join('/')}`)
    id = found.id
  }
  return id
}

/** Anne at a customer, who writes the letters of the suite. */
export function customerOf({ world }: Exchange): User {
  return world.find('anne@adatum.example') ?? world.addUser({ address: 'anne@adatum.example', name: 'Anne Weiler' })
}
