import type { Readable } from 'node:stream'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { closed } from '../failures.ts'
import type { FolderId } from '../port.ts'
import { EnvelopeSplitter } from './envelopes.ts'
import { connectionError, ExchangeError, statusError } from './failures.ts'
import { NobodyMoreListens } from './http/lanes.ts'
import type { Place } from './place.ts'
import { pull, readNotifications, type Subscription, subscribe, unsubscribe } from './subscription.ts'
import { xml } from './xml.ts'

/** Minutes that Exchange keeps a stream open, 30 at most; then the same subscription is listened to again. */
const STREAM_FOR = 29
/** Exchange says every 45 seconds that it is still there; some proxies double that. */
const SILENCE = 150_000
/** Between questions where the server cannot stream. */
const PULL_EVERY = 60_000
/** Folders that a subscription names; one for more is about the whole mailbox, and what others tell is not heard. */
export const MOST_NAMED = 5
/** What comes within this time is one hint. */
const SETTLE = 100

export interface Watcher {
  onHint: (folder: FolderId) => void
  onEnd: (error: MailboxError) => void
}

/**
 * Listens for notifications about folders: one subscription for all of them, streamed over one connection, or asked for
 * each minute where the server cannot stream. A subscription that the server has forgotten is made anew, and everything
 * may have changed then. Ends with `close`, or by `onEnd` once, when the connection is lost.
 */
export class Listener {
  readonly #place: Place
  readonly #clock: Clock
  readonly #folders: readonly FolderId[]
  readonly #watcher: Watcher
  readonly #stop = new AbortController()
  readonly #settling = new Set<FolderId>()
  #subscription: Subscription
  #done: Promise<void> = Promise.resolve()

  /** Resolves when notifications come from now on. */
  static async start(place: Place, folders: readonly FolderId[], watcher: Watcher): Promise<Listener> {
    const listener = new Listener(place, folders, watcher, await begin(place, folders))
    await listener.#listen()
    return listener
  }

  private constructor(place: Place, folders: readonly FolderId[], watcher: Watcher, subscription: Subscription) {
    this.#place = place
    this.#clock = place.client.clock
    this.#folders = folders
    this.#watcher = watcher
    this.#subscription = subscription
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(closed())
    await this.#done
    try {
      await unsubscribe(this.#place, this.#subscription)
    } catch (error) {
      // Exchange forgets a subscription that nobody listens to by itself.
      if (!(error instanceof MailboxError)) throw error
    }
  }

  async #listen(): Promise<void> {
    if (this.#subscription.watermark !== undefined) {
      this.#done = this.#guarded(() => this.#pulling())
      return
    }
    let first: Readable
    try {
      first = await this.#openStream()
    } catch (error) {
      const isKeptBack = error instanceof MailboxError && error.code === 'Timeout'
      if (!isKeptBack && !(error instanceof NobodyMoreListens)) throw error
      // Something on the way keeps the stream back until it is complete, or there is no connection left: then we ask.
      this.#subscription = await subscribeTo(this.#place, this.#folders, 'pull')
      this.#done = this.#guarded(() => this.#pulling())
      return
    }
    this.#done = this.#guarded(() => this.#streaming(first))
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#stop.abort(closed())
      this.#watcher.onEnd(connectionError(error, this.#place.client.where))
    }
  }

  async #openStream(): Promise<Readable> {
    const { client } = this.#place
    const ids = xml`<m:SubscriptionIds><t:SubscriptionId>${this.#subscription.id}</t:SubscriptionId></m:SubscriptionIds>`
    const body = xml`<m:GetStreamingEvents>${ids}<m:ConnectionTimeout>${STREAM_FOR}</m:ConnectionTimeout></m:GetStreamingEvents>`
    const operation = { name: 'GetStreamingEvents', body, doing: 'Listening for notifications' }
    const options = { use: 'listening', plain: true, silenceMs: SILENCE, signal: this.#stop.signal } as const
    const answer = await client.open(operation, options)
    if (answer.status === 200 || answer.status === 500) return answer.body
    answer.body.destroy()
    throw statusError(answer, client.where, this.#clock.now())
  }

  async #streaming(first: Readable): Promise<void> {
    for (let stream = first; ; stream = await this.#openStream()) {
      try {
        await this.#hear(stream)
      } catch (error) {
        if (!isForgotten(error)) throw error
        this.#subscription = await subscribeTo(this.#place, this.#folders, 'streaming')
        this.#folders.forEach((folder) => this.#hint(folder))
      } finally {
        stream.destroy()
      }
    }
  }

  /** Returns when the server ends the stream because its time is over. */
  async #hear(stream: Readable): Promise<void> {
    const splitter = new EnvelopeSplitter()
    for await (const chunk of stream) {
      for (const envelope of splitter.push(chunk as Buffer)) {
        const told = readNotifications(envelope)
        for (const folder of told.folders) this.#hint(folder)
        if (told.closed) return
      }
    }
    throw new MailboxError(
      'transient',
      'ConnectFailure',
      `${this.#place.client.where} ended the notifications. They are asked for again.`,
      {
        scope: 'server',
      },
    )
  }

  async #pulling(): Promise<void> {
    for (;;) {
      await this.#clock.sleep(PULL_EVERY, this.#stop.signal)
      try {
        for (const folder of await pull(this.#place, this.#subscription, this.#stop.signal)) this.#hint(folder)
      } catch (error) {
        if (!isForgotten(error)) throw error
        this.#subscription = await subscribeTo(this.#place, this.#folders, 'pull')
        this.#folders.forEach((folder) => this.#hint(folder))
      }
    }
  }

  #hint(folder: FolderId): void {
    if (!this.#folders.includes(folder) || this.#settling.has(folder) || this.#stop.signal.aborted) return
    this.#settling.add(folder)
    void this.#tell(folder)
  }

  async #tell(folder: FolderId): Promise<void> {
    try {
      await this.#clock.sleep(SETTLE, this.#stop.signal)
    } catch {
      return // The watch was closed.
    }
    this.#settling.delete(folder)
    this.#watcher.onHint(folder)
  }
}

/** Streaming where it is known; Exchange before 2010 SP1 is asked instead. */
function begin(place: Place, folders: readonly FolderId[]): Promise<Subscription> {
  return subscribeTo(place, folders, place.client.knows('Exchange2010_SP1') ? 'streaming' : 'pull')
}

function subscribeTo(place: Place, folders: readonly FolderId[], kind: 'streaming' | 'pull'): Promise<Subscription> {
  return subscribe(place, folders.length > MOST_NAMED ? 'all' : folders, kind)
}

/** The server has restarted, or moved the mailbox: the subscription is gone, the connection is not. */
function isForgotten(error: unknown): boolean {
  return (
    error instanceof ExchangeError &&
    /Subscription|Watermark|ReadEvents|EventNotFound|MissedNotification/.test(error.responseCode)
  )
}
