import type { Clock } from '#time'
import { checkCategories } from '../category.ts'
import { MailboxError } from '../errors.ts'
import { folderNotFound, unsupported } from '../failures.ts'
import type {
  CalendarMail,
  Capabilities,
  Category,
  ChangeOptions,
  ChangePage,
  Cursor,
  Folder,
  FolderId,
  FoundItem,
  ItemHeaders,
  ItemId,
  Mailbox,
  OutgoingMessage,
  RawMessage,
  RawOptions,
  SentReference,
  Watch,
} from '../port.ts'
import type { ImapSettings } from '../settings.ts'
import { type Sender, smtpSender } from '../smtp/index.ts'
import { messageIdOf } from '../source.ts'
import { changes } from './changes.ts'
import { connect } from './connect.ts'
import { mark, move, remove } from './deeds.ts'
import { expectOk } from './failures.ts'
import { fetchHeaders } from './fetch.ts'
import { append, findByMessageId } from './find.ts'
import { encodeName } from './folderName.ts'
import { uidsOf } from './itemId.ts'
import { Link, type OpenFolder } from './link.ts'
import { fetchMeetings } from './meetings.ts'
import { raw } from './raw.ts'
import { quote, type Session } from './session.ts'
import { Listener, type Watched } from './watch.ts'

/**
 * Opens a mailbox over IMAP4rev1 (RFC 3501, RFC 9051), and over SMTP for sending where `settings.smtp` is given. Signs in
 * at once, so that wrong settings are known here; connections that are lost later are made again when needed.
 * @throws MailboxError
 */
export async function openImap(settings: ImapSettings, { clock }: { clock: Clock }): Promise<Mailbox> {
  const link = new Link(() => connect(settings, clock))
  try {
    const inbox = (await link.places()).find((place) => place.folder.use === 'inbox')
    if (!inbox) {
      throw new MailboxError(
        'permanent',
        'MailboxNotFound',
        `${settings.host} shows no INBOX to ${settings.auth.user}.`,
      )
    }
    const can = await link.inFolder(
      inbox.folder.id,
      async ({ session, modSeq, permanentFlags }): Promise<Capabilities> => {
        const counted = session.has('CONDSTORE') && modSeq !== undefined
        return {
          kind: 'imap',
          write: true,
          stableFolderIds: link.identity !== undefined,
          categories: permanentFlags.includes('\\*'),
          move: true,
          send: settings.smtp !== undefined,
          filesSent: false,
          push: session.has('IDLE'),
          removals: counted && session.has('QRESYNC') ? 'exact' : 'compared',
          flagChanges: counted ? 'exact' : 'compared',
        }
      },
    )
    return new ImapMailbox(settings, clock, link, can)
  } catch (error) {
    await link.close()
    throw error
  }
}

class ImapMailbox implements Mailbox {
  readonly can: Capabilities
  readonly #settings: ImapSettings
  readonly #clock: Clock
  readonly #link: Link
  readonly #listeners = new Set<Listener>()
  readonly #sender: Sender | undefined

  constructor(settings: ImapSettings, clock: Clock, link: Link, can: Capabilities) {
    this.#settings = settings
    this.#clock = clock
    this.#link = link
    this.can = can
    this.#sender = settings.smtp && smtpSender(settings.smtp)
  }

  async folders(): Promise<Folder[]> {
    return (await this.#link.places()).map((place) => place.folder)
  }

  changes(folder: FolderId, since: Cursor | undefined, options: ChangeOptions): AsyncIterable<ChangePage> {
    return changes(this.#link, folder, since, options)
  }

  async headers(folder: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
    return this.#link.inFolder(folder, (open) => fetchHeaders(open, uidsOf(ids, open.uidValidity)))
  }

  raw(folder: FolderId, ids: readonly ItemId[], options?: RawOptions): AsyncIterable<RawMessage> {
    return raw(this.#link, folder, ids, options)
  }

  async meetings(folder: FolderId, ids: readonly ItemId[], { atMost }: { atMost: number }): Promise<CalendarMail[]> {
    return this.#link.inFolder(folder, (open) => fetchMeetings(open, uidsOf(ids, open.uidValidity), atMost))
  }

  async find(messageId: string, folders?: readonly FolderId[]): Promise<FoundItem[]> {
    const ids = folders ?? (await this.folders()).map((folder) => folder.id)
    const found: FoundItem[] = []
    for (const folder of ids) {
      try {
        const items = await this.#link.inFolder(folder, (open) => findByMessageId(open, messageId), { fresh: true })
        for (const id of items) found.push({ folder, id })
      } catch (error) {
        // Looking everywhere, a folder may have been deleted since the list was read.
        if (folders || !(error instanceof MailboxError) || error.kind !== 'notFound') throw error
      }
    }
    return found
  }

  async mark(
    folder: FolderId,
    ids: readonly ItemId[],
    change: { add?: readonly Category[]; remove?: readonly Category[] },
  ): Promise<void> {
    checkCategories(change)
    if (!this.can.categories && (change.add?.length ?? 0) > 0) throw unsupported('keep categories on messages', 'imap')
    await this.#link.inFolder(folder, (open) => mark(open, ids, change))
  }

  async move(folder: FolderId, ids: readonly ItemId[], to: FolderId): Promise<Map<ItemId, ItemId>> {
    return this.#link.inFolder(folder, async (open) => {
      const target = await this.#link.placeOf(open.session, to)
      if (to === folder) return new Map(ids.map((id) => [id, id]))
      return move(open, ids, target.name)
    })
  }

  async remove(folder: FolderId, ids: readonly ItemId[]): Promise<void> {
    await this.#link.inFolder(folder, (open) => remove(open, uidsOf(ids, open.uidValidity)))
  }

  async createFolder(name: string, parent?: FolderId): Promise<Folder> {
    const path = await this.#link.use(async (session) => {
      const above = parent === undefined ? undefined : await this.#link.placeOf(session, parent)
      checkFolderName(session, name)
      const { prefix, delimiter } = session.facts
      const full = above ? `${above.name}${delimiter}${encodeName(name)}` : `${prefix}${encodeName(name)}`
      const answer = await session.run(['CREATE ', quote(full)])
      if (answer.code !== 'ALREADYEXISTS' && !/already exists/i.test(answer.text)) {
        expectOk(answer, `Creating the folder ${name}`)
        // A person sees in most mail clients only what is subscribed; whether that works is of no consequence here.
        await session.run(['SUBSCRIBE ', quote(full)])
      }
      return full
    })
    const place = (await this.#link.places()).find((other) => other.name === path)
    if (!place) throw folderNotFound(name)
    return place.folder
  }

  async append(
    folder: FolderId,
    source: Uint8Array,
    options: { seen?: boolean; received?: Date } = {},
  ): Promise<ItemId | undefined> {
    const messageId = messageIdOf(source)
    const store = async (open: OpenFolder) => {
      const [there] = messageId === undefined ? [] : await findByMessageId(open, messageId) // law 2
      return there ?? append(open.session, open.name, source, options)
    }
    return this.#link.inFolder(folder, store, { fresh: true })
  }

  async send(message: OutgoingMessage): Promise<SentReference> {
    if (!this.#sender) throw unsupported('send messages: no SMTP server is set', 'imap')
    return this.#sender.send(message)
  }

  async watch(
    folders: readonly FolderId[],
    onHint: (folder: FolderId) => void,
    onEnd: (error?: Error) => void,
  ): Promise<Watch> {
    if (!this.can.push) throw unsupported('tell about changes as they happen', 'imap')
    const watched = await this.#link.use((session) => this.#watched(session, folders))
    const session = await connect(this.#settings, this.#clock)
    try {
      const listener = await Listener.start(session, this.#clock, watched, {
        onHint,
        onEnd: (error) => {
          this.#listeners.delete(listener)
          onEnd(error)
        },
      })
      this.#listeners.add(listener)
      return {
        close: async () => {
          this.#listeners.delete(listener)
          await listener.close()
        },
      }
    } catch (error) {
      await session.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    await Promise.all([...listeners.map((listener) => listener.close()), this.#link.close()])
    this.#sender?.close()
  }

  async #watched(session: Session, folders: readonly FolderId[]): Promise<Watched[]> {
    const watched: Watched[] = []
    for (const id of folders) watched.push({ id, name: (await this.#link.placeOf(session, id)).name })
    return watched
  }
}

function checkFolderName(session: Session, name: string): void {
  const { delimiter } = session.facts
  const wrong =
    name === '' || name.length > 200 || (delimiter !== '' && name.includes(delimiter)) || /[\0\r\n%*]/.test(name)
  if (!wrong) return
  throw new MailboxError(
    'unsupported',
    'NotSupported',
    `A folder cannot be named ${JSON.stringify(name.slice(0, 200))} here. Use 1 to 200 characters without "${delimiter}", "%" and "*".`,
    { scope: 'item' },
  )
}
