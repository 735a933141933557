import type { FolderId, Mailbox, Watch } from '#mailbox'
import type { Hints, LeaseKey } from '#schedule'
import type { Regarding } from './regarding.ts'
import { createSubscriptions } from './subscriptions.ts'
import { type SynchronizedFolder, synchronizedFolders } from './synchronizedFolders.ts'

export interface Watches {
  /**
   * Watches what was there before this process, a few at a time, so that no server is stormed. What came before a
   * mailbox is watched is found by a cycle that is due then.
   */
  begin(): Promise<void>
  /**
   * Watches what is synchronized of a mailbox unless it is watched, its server announces nothing, or there is no room.
   * Where the server calls back instead, the subscriptions are seen to.
   */
  ensure(mailboxId: string): Promise<void>
  readonly count: number
  close(): Promise<void>
}

/** Connections that are opened side by side at the start. */
const AT_ONCE = 4

/** Folders of one watch, at most; changes of others are found by the sweep. */
const MOST_FOLDERS = 500

/** What is read of each folder. */
type Watched = ReadonlyMap<FolderId, readonly Pick<SynchronizedFolder, 'workload' | 'kind'>[]>

interface Open {
  mailbox: Mailbox
  watch?: Watch
  watched: Watched
  /** By itself: its connection was cut, perhaps before anybody knew of it. */
  ended: boolean
}

/**
 * Keeps connections on which mail servers announce changes (B-10). A watch that ends is dropped; the mailbox lives by its
 * sweep until the next successful cycle watches it again.
 */
export function createWatches(
  regarding: Regarding,
  hints: Hints,
  options: {
    maximum: number
    /** Where mail servers reach this installation; without it those that call back are not asked to. */
    publicUrl?: string | undefined
    onError: (error: unknown, doing: string) => void
  },
): Watches {
  const open = new Map<string, Open | 'opening' | 'silent'>()
  const subscriptions = createSubscriptions(regarding, hints, options)
  let closed = false

  async function drop(mailboxId: string): Promise<void> {
    const entry = open.get(mailboxId)
    open.delete(mailboxId)
    if (entry === undefined || typeof entry === 'string') return
    try {
      await hints.unwatched(keysOf(mailboxId, entry))
      await entry.mailbox.close()
    } catch (error) {
      options.onError(error, `closing the watch of mailbox ${mailboxId}`)
    }
  }

  async function start(mailboxId: string): Promise<Open | undefined> {
    const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
    if (!setup) return undefined
    const mailbox = await regarding.connect(setup, 'mail')
    try {
      const watched = mailbox.can.push ? await foldersToWatch(mailboxId, mailbox) : new Map<FolderId, []>()
      if (watched.size) {
        const entry: Open = { mailbox, watched, ended: false }
        entry.watch = await mailbox.watch(
          [...watched.keys()],
          (folder) => {
            const workloads = watched.get(folder)?.map(({ workload }) => workload) ?? ['incoming']
            for (const workload of workloads) hints.hint({ mailboxId, workload })
          },
          () => {
            entry.ended = true
            if (open.get(mailboxId) === entry) void drop(mailboxId)
          },
        )
        return entry
      }
      await mailbox.close()
      return undefined
    } catch (error) {
      await mailbox.close()
      throw error
    }
  }

  async function foldersToWatch(mailboxId: string, mailbox: Mailbox): Promise<Watched> {
    const known = watchableOf(await synchronizedFolders(regarding.database.sql, mailboxId), mailbox)
    if (known.size) return known
    // Before anything was read, mail will come in the Inbox.
    const inbox = (await mailbox.folders()).filter((folder) => folder.use === 'inbox')
    return new Map(inbox.map(({ id }) => [id, [{ workload: 'incoming', kind: 'mail' }]]))
  }

  /** Whether other folders are synchronized than when the watch began. */
  async function isOutdated(mailboxId: string, { mailbox, watched }: Open): Promise<boolean> {
    const now = watchableOf(await synchronizedFolders(regarding.database.sql, mailboxId), mailbox)
    const isOther = ([id, read]: [FolderId, readonly unknown[]]) => watched.get(id)?.length !== read.length
    return now.size > 0 && (now.size !== watched.size || [...now].some(isOther))
  }

  async function ensure(mailboxId: string): Promise<void> {
    if (closed) return
    const entry = open.get(mailboxId)
    try {
      if (typeof entry === 'object' && (await isOutdated(mailboxId, entry))) await drop(mailboxId)
      if (open.has(mailboxId)) return
      if (await subscriptions.ensure(mailboxId)) return
    } catch (error) {
      options.onError(error, `subscribing to changes of mailbox ${mailboxId}`)
      return
    }
    if (closed || open.has(mailboxId) || open.size >= options.maximum) return
    open.set(mailboxId, 'opening')
    let started: Open | undefined
    try {
      started = await start(mailboxId)
      if (started) await hints.watched(keysOf(mailboxId, started))
      open.set(mailboxId, started ?? 'silent')
      if (started?.ended || closed) await drop(mailboxId)
    } catch (error) {
      open.delete(mailboxId)
      await started?.mailbox.close()
      options.onError(error, `watching mailbox ${mailboxId}`)
    }
  }

  return {
    get count() {
      return [...open.values()].filter((entry) => typeof entry !== 'string').length
    },
    async begin() {
      try {
        const left = (await regarding.schedule.watchable(options.maximum)).values()
        const one = async () => {
          for (const mailboxId of left) await ensure(mailboxId)
        }
        await Promise.all(Array.from({ length: AT_ONCE }, one))
      } catch (error) {
        options.onError(error, 'watching mailboxes at the start')
      }
    },
    ensure,
    async close() {
      closed = true
      for (const [mailboxId, entry] of Array.from(open)) {
        if (typeof entry !== 'string')
          await entry.watch
            ?.close()
            .catch((error: unknown) => options.onError(error, `closing the watch of mailbox ${mailboxId}`))
        await drop(mailboxId)
      }
    },
  }
}

/**
 * What one watch can hear of. A server of IMAP is asked about each folder beside the first, so only the prominent ones are
 * watched there.
 */
function watchableOf(folders: readonly SynchronizedFolder[], { can, items }: Mailbox): Watched {
  const heard = folders.filter(({ kind, prominent }) =>
    isMail(kind) ? prominent || can.kind !== 'imap' : items?.can.push === true,
  )
  const byId = new Map<FolderId, SynchronizedFolder[]>()
  for (const folder of heard) {
    const known = byId.get(folder.id)
    if (known) known.push(folder)
    else if (byId.size < MOST_FOLDERS) byId.set(folder.id, [folder])
  }
  return byId
}

const isMail = (kind: SynchronizedFolder['kind']): boolean => kind === 'mail' || kind === 'letters'

/** A calendar of which the Inbox alone is heard lives by its sweep as before. */
function keysOf(mailboxId: string, { watched }: Pick<Open, 'watched'>): LeaseKey[] {
  const heard = [...watched.values()].flat().filter(({ kind }) => kind !== 'letters')
  return [...new Set(heard.map(({ workload }) => workload))].map((workload) => ({ mailboxId, workload }))
}
