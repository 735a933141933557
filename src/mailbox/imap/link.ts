import { MailboxError } from '../errors.ts'
import { checkSignal, closed, folderNotFound } from '../failures.ts'
import type { FolderId } from '../port.ts'
import { isMissing, refusalError } from './failures.ts'
import { type IdentityItem, identityItem, listFolders, type Place } from './folders.ts'
import { type Selected, select } from './select.ts'
import type { Session } from './session.ts'

/** A folder that is selected on a connection, for as long as the work on it lasts. */
export interface OpenFolder extends Selected {
  session: Session
  id: FolderId
}

export interface LinkOptions {
  signal?: AbortSignal | undefined
  /** Select again even if the folder is selected, so that its counts are those of now. */
  fresh?: boolean
}

/**
 * The connection a mailbox works on: made when it is needed, made again after it was lost, used by one caller at a time.
 * Beside it only what can be read again is kept: where the folders are, and which one is selected.
 */
export class Link {
  readonly #connect: () => Promise<Session>
  #session: Promise<Session> | undefined
  #places = new Map<FolderId, Place>()
  #selected: Selected | undefined
  #closed = false
  identity: IdentityItem

  constructor(connect: () => Promise<Session>) {
    this.#connect = connect
  }

  /**
   * Runs `work` alone on the connection. A signal ends the waiting at once, and the connection with it if it was at work
   * for this caller: nobody can take a command back.
   */
  async use<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    checkSignal(signal)
    let busy: Session | undefined
    const result = this.#alone(async (session) => {
      checkSignal(signal)
      busy = session
      return work(session).finally(() => {
        busy = undefined
      })
    })
    return signal ? unlessAborted(result, signal, (error) => busy?.end(error)) : result
  }

  /** Runs `work` with the folder selected. @throws MailboxError `notFound` when it does not exist. */
  inFolder<T>(id: FolderId, work: (folder: OpenFolder) => Promise<T>, options: LinkOptions = {}): Promise<T> {
    return this.use(
      async (session) => work({ ...(await this.#select(session, id, options)), session, id }),
      options.signal,
    )
  }

  /** Every folder, read anew. */
  places(): Promise<Place[]> {
    return this.use((session) => this.#list(session))
  }

  /** Where a folder is, as far as is known; reads the folders when it is not. The caller holds the session. */
  async placeOf(session: Session, id: FolderId): Promise<Place> {
    const known = this.#places.get(id)
    if (known) return known
    await this.#list(session)
    const found = this.#places.get(id)
    if (!found) throw folderNotFound(id)
    return found
  }

  /** Looks at the folders again after one was not where it had been. */
  forget(): void {
    this.#places.clear()
  }

  isSelected(name: string): boolean {
    return this.#selected?.name === name
  }

  async close(): Promise<void> {
    this.#closed = true
    const opening = this.#session
    this.#session = undefined
    if (!opening) return
    try {
      const session = await opening
      await session.close()
    } catch (error) {
      if (!(error instanceof MailboxError)) throw error
    }
  }

  async #alone<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#open()
    return session.exclusive(() => work(session))
  }

  async #open(): Promise<Session> {
    if (this.#closed) throw closed()
    const current = this.#session
    if (current) {
      const session = await current
      if (session.alive) return session
      if (this.#session === current) this.#session = undefined
      return this.#open()
    }
    this.#selected = undefined
    const opening = this.#prepare()
    this.#session = opening
    try {
      return await opening
    } catch (error) {
      if (this.#session === opening) this.#session = undefined
      throw error
    }
  }

  async #prepare(): Promise<Session> {
    const session = await this.#connect()
    this.identity = await session.exclusive(() => identityItem(session))
    return session
  }

  async #list(session: Session): Promise<Place[]> {
    // A server may answer for the selected folder as it was when it was selected; the inbox alone cannot be replaced.
    if (this.#selected && session.has('UNSELECT')) {
      await session.run(['UNSELECT'])
      this.#selected = undefined
    } else if (this.#selected) await this.#selectName(session, 'INBOX', true)
    const places = await listFolders(session, this.identity)
    this.#places = new Map(places.map((place) => [place.folder.id, place]))
    return places
  }

  async #select(session: Session, id: FolderId, { fresh }: LinkOptions): Promise<Selected> {
    for (let attempt = 1; ; attempt++) {
      const place = await this.placeOf(session, id)
      const selected = await this.#selectName(session, place.name, fresh === true)
      if ('uidValidity' in selected) {
        if (selected.uidValidity === place.uidValidity || attempt > 1) return selected
        // Another folder has taken the name: perhaps ours was renamed.
      } else if (attempt > 1 || !isMissing(selected)) {
        throw attempt > 1 && isMissing(selected) ? folderNotFound(id) : refusalError(selected, `Opening ${place.name}`)
      }
      this.forget()
    }
  }

  async #selectName(session: Session, name: string, fresh: boolean) {
    if (!fresh && this.#selected?.name === name) return this.#selected
    this.#selected = undefined
    const selected = await select(session, name)
    if ('uidValidity' in selected) this.#selected = selected
    return selected
  }
}

async function unlessAborted<T>(
  result: Promise<T>,
  signal: AbortSignal,
  onAbort: (error: MailboxError) => void,
): Promise<T> {
  const heard = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => {
      const error = new MailboxError('transient', 'Timeout', 'The caller stopped reading the mailbox.', {
        cause: signal.reason,
      })
      onAbort(error)
      reject(error)
    }
    signal.addEventListener('abort', abort, { once: true, signal: heard.signal })
  })
  try {
    return await Promise.race([result, aborted])
  } finally {
    heard.abort()
  }
}
