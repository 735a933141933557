import { useOf } from '../folderUse.ts'
import type { Folder, FolderId } from '../port.ts'
import { ExchangeError, failureOf } from './failures.ts'
import { childOf, childrenOf, isTrue, type Node, textOf } from './node.ts'
import { field, HIDDEN, type WellKnown, wellKnown } from './pieces.ts'
import type { Place } from './place.ts'
import { xml } from './xml.ts'

type Use = NonNullable<Folder['use']>

const USES: readonly (readonly [WellKnown, Use | 'outbox'])[] = [
  ['inbox', 'inbox'],
  ['sentitems', 'sent'],
  ['drafts', 'drafts'],
  ['junkemail', 'junk'],
  ['deleteditems', 'trash'],
  ['outbox', 'outbox'],
]

/** A mailbox may hold so many folders; Exchange itself warns far below. */
const AT_MOST = 50_000

interface Known {
  id: FolderId
  parent: string
  name: string
  /** It can hold messages and is shown to people. */
  mail: boolean
}

/**
 * The folders of a mailbox. The first call reads all of them, later ones what changed since; what is remembered is only
 * to save time. Ids survive renames and moves within the mailbox.
 */
export class Folders {
  readonly #place: Place
  #known = new Map<FolderId, Known>()
  #uses: Map<FolderId, Use | 'outbox'> | undefined
  #state: string | undefined
  #reading: Promise<Folder[]> | undefined

  constructor(place: Place) {
    this.#place = place
  }

  /** Those that can hold messages, parents before children. Calls at the same time share one answer. */
  async list(): Promise<Folder[]> {
    this.#reading ??= this.#list().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /** The id of a well-known folder. */
  async idOf(use: Use): Promise<FolderId | undefined> {
    const uses = await this.uses()
    return [...uses].find(([, other]) => other === use)?.[0]
  }

  /** Which folders are the well-known ones: asked once, they stay what they are. */
  async uses(): Promise<ReadonlyMap<FolderId, Use | 'outbox'>> {
    this.#uses ??= await wellKnownOf(this.#place)
    return this.#uses
  }

  async #list(): Promise<Folder[]> {
    const uses = await this.uses()
    try {
      await this.#sync()
    } catch (error) {
      if (this.#state === undefined || !(error instanceof ExchangeError) || error.kind !== 'cursorLost') throw error
      this.#state = undefined
      this.#known.clear()
      await this.#sync()
    }
    return [...this.#known.values()].flatMap((known) => (known.mail ? this.#folderOf(known, uses) : [])).sort(byDepth)
  }

  async #sync(): Promise<void> {
    const fields = [field('folder:DisplayName'), field('folder:ParentFolderId'), field('folder:FolderClass'), HIDDEN]
    const shape = xml`<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>${fields}</t:AdditionalProperties></m:FolderShape>`
    const top = xml`<m:SyncFolderId>${wellKnown('msgfolderroot', this.#place.owner)}</m:SyncFolderId>`
    for (let more = true; more; ) {
      const state: string | undefined = this.#state
      const since = state === undefined ? undefined : xml`<m:SyncState>${state}</m:SyncState>`
      const body = xml`<m:SyncFolderHierarchy>${shape}${top}${since}</m:SyncFolderHierarchy>`
      const operation = { name: 'SyncFolderHierarchy', body, doing: 'Reading the folders' }
      const message = await this.#place.client.callOne(operation, { again: true })
      for (const change of childrenOf(message, 'Changes')) this.#take(change)
      this.#state = textOf(message, 'SyncState')
      more = !isTrue(textOf(message, 'IncludesLastFolderInRange')) && this.#state !== state
      if (this.#known.size > AT_MOST)
        throw new ExchangeError('ErrorExceededFindCountLimit', 'Reading the folders', `there are more than ${AT_MOST}`)
    }
  }

  #take(change: Node): void {
    if (change.name === 'Delete') {
      this.#known.delete(childOf(change, 'FolderId')?.attributes['Id'] ?? '')
      return
    }
    const [folder] = change.children
    const id = childOf(folder, 'FolderId')?.attributes['Id']
    if (!folder || !id) return
    const name = textOf(folder, 'DisplayName') ?? ''
    const parent = childOf(folder, 'ParentFolderId')?.attributes['Id'] ?? ''
    this.#known.set(id, { id, parent, name, mail: holdsMail(folder) })
  }

  #folderOf(known: Known, uses: ReadonlyMap<FolderId, Use | 'outbox'>): Folder[] {
    const path: string[] = []
    const seen = new Set<string>()
    let current: Known | undefined = known
    for (; current && !seen.has(current.id); current = this.#known.get(current.parent)) {
      seen.add(current.id)
      // The port knows the Inbox by this name, whatever the language of the mailbox.
      path.unshift(uses.get(current.id) === 'inbox' ? 'INBOX' : current.name)
    }
    const use = uses.get(known.id) ?? archive(path)
    if (use === 'outbox') return []
    return [{ id: known.id, path, ...(use && { use }) }]
  }
}

async function wellKnownOf({ client, owner }: Place): Promise<Map<FolderId, Use | 'outbox'>> {
  const shape = xml`<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>`
  const ids = USES.map(([name]) => wellKnown(name, owner))
  const body = xml`<m:GetFolder>${shape}<m:FolderIds>${ids}</m:FolderIds></m:GetFolder>`
  const doing = 'Opening the mailbox'
  const messages = await client.call({ name: 'GetFolder', body, doing }, { again: true })
  const found = new Map<FolderId, Use | 'outbox'>()
  for (const [index, [, use]] of USES.entries()) {
    const message = messages[index]
    const failure = message
      ? failureOf(message, doing)
      : new ExchangeError('ErrorInternalServerError', doing, 'the answer is incomplete')
    // A delegate may be let into some folders and not into others; without the Inbox there is no mailbox.
    if (failure && (use === 'inbox' || failure.kind === 'transient')) throw failure
    const id = childOf(childrenOf(message, 'Folders')[0], 'FolderId')?.attributes['Id']
    if (id) found.set(id, use)
  }
  return found
}

function holdsMail(folder: Node): boolean {
  const kind = textOf(folder, 'FolderClass') ?? ''
  const hidden = folder.children.some((child) => child.name === 'ExtendedProperty' && isTrue(textOf(child, 'Value')))
  return folder.name === 'Folder' && !hidden && (kind === '' || /^IPF\.Note(?:\.|$)/i.test(kind))
}

function archive(path: readonly string[]): Use | undefined {
  return useOf(path) === 'archive' ? 'archive' : undefined
}

function byDepth(a: Folder, b: Folder): number {
  return a.path.length - b.path.length || compare(a.path.join('\0'), b.path.join('\0'))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
