import { type Clock, seededRandom } from '#time'
import { MailboxError } from '../errors.ts'
import type { ItemCapabilities } from '../items/index.ts'
import type { Capabilities, Mailbox, OutgoingMessage } from '../port.ts'
import { SimulatedAccount } from './account.ts'
import { type Call, type CallName, Faults, Traffic } from './faults.ts'
import type { Host } from './host.ts'
import type { SimulatedItems } from './items/account.ts'
import type { MeetingMail } from './items/meetings.ts'
import { SimulatedMailbox } from './mailbox.ts'

export interface SimulationOptions {
  clock: Clock
  /** What the server can do; everything, exactly, unless said otherwise. */
  can?: Partial<Omit<Capabilities, 'kind'>>
  /** What it can do with appointments, contacts and tasks; everything unless said otherwise, `false`: it has none. */
  items?: Partial<ItemCapabilities> | false
  /** Milliseconds of the clock that every call takes. */
  latency?: number
  /** Decides which hints are lost or repeated; the same seed gives the same run. */
  seed?: number
  /** Shares of hints, 0 to 1 (B-12). */
  hints?: { lost?: number; repeated?: number }
  /** Whether a move tells the new ids (as UIDPLUS does). Usually true. */
  tellsMoves?: boolean
}

export interface SentMail {
  account: string
  at: Date
  message: OutgoingMessage
}

/**
 * A mail server in memory that does exactly what it is told: nothing happens but by its methods and its clock, so that
 * a run can be repeated. Faults and traffic are seen per server.
 */
export class SimulatedServer implements Host {
  readonly clock: Clock
  readonly can: Capabilities
  readonly canItems: ItemCapabilities | undefined
  readonly faults = new Faults()
  readonly traffic = new Traffic()
  /** Everything that `send` took, in order, doubles included. */
  readonly sent: SentMail[] = []
  readonly meetingMail: MeetingMail[] = []
  readonly tellsMoves: boolean
  latency: number
  hints: { lost: number; repeated: number }
  readonly #accounts = new Map<string, SimulatedAccount>()
  readonly #connections = new Map<string, Set<SimulatedMailbox>>()
  readonly #random: () => number
  #number = 0

  constructor(options: SimulationOptions) {
    this.clock = options.clock
    this.can = { ...ALL, ...options.can, kind: 'memory' }
    this.canItems = options.items === false ? undefined : { ...ALL_ITEMS, ...options.items }
    this.latency = options.latency ?? 0
    this.hints = { lost: options.hints?.lost ?? 0, repeated: options.hints?.repeated ?? 0 }
    this.tellsMoves = options.tellsMoves ?? true
    this.#random = seededRandom(options.seed ?? 1)
  }

  /** The account of an address, made when it is first named. Addresses ignore case. */
  account(address: string): SimulatedAccount {
    const key = address.toLowerCase()
    const known = this.#accounts.get(key)
    if (known) return known
    const made = new SimulatedAccount(this, key)
    this.#accounts.set(key, made)
    return made
  }

  has(address: string): boolean {
    return this.#accounts.has(address.toLowerCase())
  }

  /** @throws MailboxError `denied` / `MailboxNotFound` for an address without an account, and planned faults. */
  async open(address: string): Promise<Mailbox> {
    const key = address.toLowerCase()
    await this.pass({ name: 'open', account: key, moment: 'before' })
    if (!this.has(key)) {
      const message = `The simulated server has no account ${key}. Create it first.`
      throw new MailboxError('denied', 'MailboxNotFound', message)
    }
    const mailbox = new SimulatedMailbox(this.account(key), () => this.#connections.get(key)?.delete(mailbox))
    const connections = this.#connections.get(key) ?? new Set()
    this.#connections.set(key, connections.add(mailbox))
    return mailbox
  }

  /** Cuts the connections of one account, or all: their watches end, and the call after it fails once. */
  cut(address?: string): void {
    const keys = address === undefined ? [...this.#connections.keys()] : [address.toLowerCase()]
    for (const key of keys) for (const mailbox of this.#connections.get(key) ?? []) mailbox.cut()
  }

  async pass(call: Call): Promise<void> {
    if (call.moment === 'before') {
      this.traffic.count(call.name satisfies CallName)
      if (this.latency > 0) await this.clock.sleep(this.latency)
    }
    const fault = this.faults.strike(call)
    if (!fault) return
    if (fault.cuts) this.cut(call.account)
    throw fault.error
  }

  tell(address: string, folder: { readonly number: number }): void {
    for (const mailbox of this.#connections.get(address) ?? []) {
      if (!mailbox.watches(folder) || this.#happens(this.hints.lost)) continue
      mailbox.hint(folder)
      if (this.#happens(this.hints.repeated)) mailbox.hint(folder)
    }
  }

  take(address: string, message: OutgoingMessage): void {
    this.sent.push({ account: address, at: this.clock.now(), message })
    if (this.can.filesSent && message.keepCopy !== false)
      this.account(address).deliver(['Sent'], message.source, { seen: true })
    for (const to of message.to) if (this.has(to)) this.account(to).deliver(['INBOX'], message.source)
  }

  itemsOf(address: string): SimulatedItems | undefined {
    return this.canItems && this.has(address) ? this.account(address).items : undefined
  }

  nextNumber(): number {
    return ++this.#number
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random() < share
  }
}

const ALL: Omit<Capabilities, 'kind'> = {
  write: true,
  stableFolderIds: true,
  categories: true,
  move: true,
  send: true,
  filesSent: true,
  push: true,
  removals: 'exact',
  flagChanges: 'exact',
}

const ALL_ITEMS: ItemCapabilities = {
  event: 'write',
  contact: 'write',
  task: 'write',
  notify: ['none', 'changed', 'all'],
  choosesUid: true,
  keepsUid: false,
  respond: true,
  attachments: true,
  push: true,
  removals: 'exact',
  lacks: {},
}
