import type { Clock } from '#time'
import { Failure } from './failure.ts'
import { Faults } from './faults.ts'
import { Ids } from './ids.ts'
import { Mailbox, type MailboxState } from './mailbox.ts'
import { Notifier } from './notifier.ts'
import type { NewUser, User } from './user.ts'

export interface WorldOptions {
  clock: Clock
  /** The same seed gives the same ids. Default 1. */
  seed?: number
  /** Host of the ids of messages, default `sandbox.example`. */
  host?: string
}

/** All there is to a world, as plain values that `node:v8` can serialize. Subscriptions and faults are not part of it. */
export interface WorldState {
  ids: { seed: number; count: number }
  host: string
  users: (Omit<User, 'mailbox'> & { mailbox: MailboxState })[]
  outbox: OutboxEntry[]
}

/** A mail that left for an address outside. */
export interface OutboxEntry {
  from: string
  to: readonly string[]
  mime: Uint8Array
  at: Date
}

/** A whole Exchange organization: its users, what they have, and what goes wrong. */
export class World {
  readonly clock: Clock
  readonly ids: Ids
  readonly host: string
  readonly notifier = new Notifier()
  readonly faults = new Faults()
  /** Mail to addresses outside, oldest first. */
  readonly outbox: OutboxEntry[] = []
  /** Carries mail outside, when set; otherwise it stays in the outbox. */
  relay: ((entry: OutboxEntry) => Promise<void>) | undefined
  readonly #users: User[] = []

  constructor({ clock, seed = 1, host = 'sandbox.example' }: WorldOptions) {
    this.clock = clock
    this.ids = new Ids(seed)
    this.host = host
  }

  /** The world that a state was taken of: the same ids, and the same positions in all logs. */
  static from(state: WorldState, clock: Clock): World {
    const world = new World({ clock, seed: state.ids.seed, host: state.host })
    world.ids.goOn(state.ids.count)
    const { ids, notifier } = world
    for (const user of state.users)
      world.#users.push({
        ...user,
        mailbox: new Mailbox({ address: user.address, ids, clock, notifier }, user.mailbox),
      })
    world.outbox.push(...state.outbox)
    return world
  }

  get state(): WorldState {
    const users = this.#users.map((user) => ({ ...user, mailbox: user.mailbox.state }))
    return { ids: this.ids.state, host: this.host, users, outbox: [...this.outbox] }
  }

  get users(): readonly User[] {
    return this.#users
  }

  /** @throws Failure `exists` */
  addUser(given: NewUser): User {
    const { address, name, aliases = [], timeZone = 'W. Europe Standard Time' } = given
    for (const each of [address, ...aliases])
      if (this.find(each)) throw new Failure('exists', `The address ${each} is taken.`)
    const [first = name, ...rest] = name.split(' ')
    const { ids, clock, notifier } = this
    const user: User = {
      id: ids.guid(),
      address,
      name,
      givenName: given.givenName ?? first,
      surname: given.surname ?? rest.join(' '),
      aliases,
      timeZone,
      password: given.password ?? `${address.split('@')[0]}-password`,
      mailbox: new Mailbox({ address, ids, clock, notifier }),
      home: 'both',
      mayActAs: new Set(),
      mayOpen: new Set(),
      delegates: new Map(),
      meetingMessages: 'sendToDelegateOnly',
      mayImpersonate: false,
    }
    this.#users.push(user)
    return user
  }

  /** By id, address or alias. */
  find(who: string): User | undefined {
    const key = who.toLowerCase()
    return this.#users.find(
      ({ id, address, aliases }) =>
        id === key || address.toLowerCase() === key || aliases.some((alias) => alias.toLowerCase() === key),
    )
  }

  /** @throws Failure `notFound` */
  user(who: string): User {
    const user = this.find(who)
    if (!user) throw new Failure('notFound', `Nobody here is called ${who}.`)
    return user
  }

  /** Whether mail to the address should reach somebody here. */
  isLocal(address: string): boolean {
    const domain = address.split('@')[1]?.toLowerCase()
    return this.#users.some((user) => user.address.split('@')[1]?.toLowerCase() === domain)
  }
}
