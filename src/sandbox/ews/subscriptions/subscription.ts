import type { Notice, World } from '../../model/index.ts'

export type EventType =
  | 'CopiedEvent'
  | 'CreatedEvent'
  | 'DeletedEvent'
  | 'ModifiedEvent'
  | 'MovedEvent'
  | 'NewMailEvent'
  | 'FreeBusyChangedEvent'

export interface Interest {
  /** Address of the mailbox. */
  mailbox: string
  /** Folders to listen to; all without. */
  folders: ReadonlySet<string> | undefined
  events: ReadonlySet<string>
}

export interface QueuedEvent {
  /** Grows; a watermark is the number of an event. */
  number: number
  type: EventType
  notice: Notice
}

/** Exchange keeps so many events of a subscription. */
const MOST_EVENTS = 10_000

/** What somebody wants to be told; keeps what happened until it is told. */
export class Subscription {
  readonly id: string
  readonly interest: Interest
  /** Minutes until a pull subscription nobody asks ends; nothing for a streaming one. */
  readonly timeout: number | undefined
  #events: QueuedEvent[] = []
  #last = 0
  #wake: (() => void) | undefined

  constructor(id: string, interest: Interest, timeout: number | undefined) {
    this.id = id
    this.interest = interest
    this.timeout = timeout
  }

  get lastNumber(): number {
    return this.#last
  }

  add(type: EventType, notice: Notice): void {
    this.#last += 1
    this.#events.push({ number: this.#last, type, notice })
    if (this.#events.length > MOST_EVENTS) this.#events.shift()
    this.#wake?.()
  }

  /** Events after a watermark; nothing when some of them are forgotten or never were. */
  after(number: number, limit: number): { events: QueuedEvent[]; more: boolean } | undefined {
    const first = this.#events[0]?.number ?? this.#last + 1
    if (number > this.#last || number < first - 1) return undefined
    const events = this.#events.filter((event) => event.number > number)
    return { events: events.slice(0, limit), more: events.length > limit }
  }

  /** Takes all events that are there. */
  take(): QueuedEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  /** Calls back whenever there is something to take; whoever listened before is not called any more. */
  onEvent(wake: (() => void) | undefined): void {
    this.#wake = wake
  }
}

const TYPES: Readonly<Record<Notice['change'], EventType>> = {
  created: 'CreatedEvent',
  updated: 'ModifiedEvent',
  deleted: 'DeletedEvent',
  moved: 'MovedEvent',
  copied: 'CopiedEvent',
  newMail: 'NewMailEvent',
}

/** All subscriptions of a world; each gets what it is interested in, unless a fault has it otherwise. */
export class Subscriptions {
  readonly #world: World
  readonly #all = new Map<string, Subscription>()

  constructor(world: World) {
    this.#world = world
    world.notifier.listen((notice) => this.#tell(notice))
  }

  add(interest: Interest, timeout?: number): Subscription {
    const subscription = new Subscription(this.#world.ids.next('subscription'), interest, timeout)
    this.#all.set(subscription.id, subscription)
    return subscription
  }

  get(id: string): Subscription | undefined {
    return this.#all.get(id)
  }

  /** Tells whether there was one. */
  remove(id: string): boolean {
    this.#all.get(id)?.onEvent(undefined)
    return this.#all.delete(id)
  }

  #tell(notice: Notice): void {
    const type = TYPES[notice.change]
    const concerned = [...this.#all.values()].filter(({ interest }) => concerns(interest, notice, type))
    if (!concerned.length) return
    const { clock, faults } = this.#world
    const struck = faults.strike({ mailbox: notice.mailbox, face: 'ews', operation: 'notification' })
    if (struck.some(({ kind }) => kind === 'notificationLost')) return
    const add = () => {
      for (const subscription of concerned) subscription.add(type, notice)
    }
    const late = struck.find((fault) => fault.kind === 'notificationLate')
    if (late) void clock.sleep(late.milliseconds).then(add)
    else add()
    if (struck.some(({ kind }) => kind === 'notificationDoubled')) add()
  }
}

function concerns({ mailbox, folders, events }: Interest, notice: Notice, type: EventType): boolean {
  if (notice.mailbox.toLowerCase() !== mailbox.toLowerCase() || !events.has(type)) return false
  return !folders || folders.has(notice.folder) || folders.has(notice.from?.folder ?? '') || folders.has(notice.id)
}
