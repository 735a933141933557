import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { expectOk } from './failures.ts'
import { type Response, textOf } from './response.ts'
import { select } from './select.ts'
import { quote, type Session } from './session.ts'

/** RFC 2177 asks for less than 29 minutes; shorter finds a dead connection sooner and keeps firewalls awake. */
const RENEW = 9 * 60_000
/** Between looks at folders that no connection idles on. */
const POLL = 60_000
/** What comes within this time is one hint. */
const SETTLE = 100

export interface Watched {
  id: string
  name: string
}

export interface Watcher {
  onHint: (folder: string) => void
  onEnd: (error: MailboxError) => void
}

/**
 * Watches folders over one connection: IDLE on the first of them (RFC 2177) and NOTIFY for all where the server offers it
 * (RFC 5465); without, the others are looked at each minute. Ends with `close`, or by `onEnd` once.
 */
export class Listener {
  readonly #session: Session
  readonly #clock: Clock
  readonly #watcher: Watcher
  readonly #folders: readonly Watched[]
  readonly #stop = new AbortController()
  readonly #settling = new Set<string>()
  readonly #states = new Map<string, string>()
  #wake: (() => void) | undefined

  static async start(session: Session, clock: Clock, folders: readonly Watched[], watcher: Watcher): Promise<Listener> {
    const listener = new Listener(session, clock, folders, watcher)
    await listener.#begin()
    return listener
  }

  private constructor(session: Session, clock: Clock, folders: readonly Watched[], watcher: Watcher) {
    this.#session = session
    this.#clock = clock
    this.#folders = folders
    this.#watcher = watcher
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#wake?.()
    await this.#session.exclusive(() => this.#session.close())
  }

  async #begin(): Promise<void> {
    const [first] = this.#folders
    if (!first) return
    const selected = await select(this.#session, first.name)
    if (!('uidValidity' in selected)) expectOk(selected, `Watching ${first.name}`)
    const notified = await this.#notify()
    if (!notified) await this.#look()
    this.#session.onUntagged = (response) => this.#hear(response)
    this.#session.whenEnded((error) => this.#end(error))
    void this.#listen(notified)
  }

  async #notify(): Promise<boolean> {
    if (this.#folders.length < 2 || !this.#session.has('NOTIFY')) return false
    const events = '(MessageNew MessageExpunge FlagChange)'
    const command: (string | Buffer)[] = [`NOTIFY SET (selected ${events}) (mailboxes (`]
    for (const [index, { name }] of this.#folders.slice(1).entries()) command.push(index > 0 ? ' ' : '', quote(name))
    const answer = await this.#session.run([...command, `) ${events})`])
    return answer.name === 'OK'
  }

  async #listen(notified: boolean): Promise<void> {
    const polling = this.#folders.length > 1 && !notified
    try {
      while (!this.#stop.signal.aborted) {
        await this.#session.exclusive(() => this.#idle(polling ? POLL : RENEW))
        if (polling && !this.#stop.signal.aborted) await this.#session.exclusive(() => this.#look())
      }
    } catch (error) {
      this.#end(error as MailboxError)
    }
  }

  /** Idles until the time is over or the watch is closed. */
  async #idle(duration: number): Promise<void> {
    if (this.#stop.signal.aborted) return
    const over = new AbortController()
    const done = () => {
      this.#session.write('DONE\r\n')
      over.abort()
    }
    const onContinue = () => {
      if (this.#stop.signal.aborted) return done()
      this.#wake = done
      void this.#after(duration, over.signal, done)
    }
    try {
      const timeout = duration + this.#session.facts.timeout
      expectOk(await this.#session.run(['IDLE'], { onContinue, timeout }), 'Watching a folder')
    } finally {
      this.#wake = undefined
      over.abort()
    }
  }

  async #after(duration: number, signal: AbortSignal, act: () => void): Promise<void> {
    try {
      await this.#clock.sleep(duration, signal)
    } catch {
      return // The watch was closed, or the connection is gone.
    }
    act()
  }

  #hear(response: Response): void {
    const { name } = response
    if (name === 'EXISTS' || name === 'EXPUNGE' || name === 'VANISHED' || name === 'FETCH') {
      this.#hint((this.#folders[0] as Watched).id)
    }
    if (name !== 'STATUS') return
    const folder = this.#folders.find((other) => other.name === textOf(response.values[0]))
    if (folder) this.#hint(folder.id)
  }

  #hint(folder: string): void {
    if (this.#settling.has(folder) || this.#stop.signal.aborted) return
    this.#settling.add(folder)
    void this.#after(SETTLE, this.#stop.signal, () => {
      this.#settling.delete(folder)
      this.#watcher.onHint(folder)
    })
  }

  /** Compares the counts of the folders that are not idled on with those of the last look. */
  async #look(): Promise<void> {
    const items = `MESSAGES UIDNEXT UNSEEN${this.#session.has('CONDSTORE') ? ' HIGHESTMODSEQ' : ''}`
    const onUntagged = ({ name, values }: Response) => {
      if (name !== 'STATUS') return
      const folder = this.#folders.find((other) => other.name === textOf(values[0]))
      if (!folder) return
      const state = JSON.stringify(values[1])
      const before = this.#states.get(folder.id)
      this.#states.set(folder.id, state)
      if (before !== undefined && before !== state) this.#hint(folder.id)
    }
    const heard = this.#session.onUntagged
    this.#session.onUntagged = undefined
    try {
      for (const folder of this.#folders.slice(1)) {
        await this.#session.run(['STATUS ', quote(folder.name), ` (${items})`], { onUntagged })
      }
    } finally {
      this.#session.onUntagged = heard
    }
  }

  #end(error: MailboxError): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#session.end(error)
    this.#watcher.onEnd(error)
  }
}
