import { useOf } from '../folderUse.ts'
import type { ItemFolder, ItemKind } from '../items/index.ts'
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

/** The main folder of each kind of items. */
const MAIN: readonly (readonly [WellKnown, ItemKind])[] = [
  ['calendar', 'event'],
  ['contacts', 'contact'],
  ['tasks', 'task'],
]
/** What shows that a folder is of a kind, and made for people: programs give theirs longer classes. */
const CLASSES: Readonly<Record<string, ItemKind>> = {
  'ipf.appointment': 'event',
  'ipf.contact': 'contact',
  'ipf.task': 'task',
}

/** A mailbox may hold so many folders; Exchange itself warns far below. */
const AT_MOST = 50_000

interface Known {
  id: FolderId
  parent: string
  name: string
  /** It can hold messages and is shown to people. */
  mail: boolean
  /** The items it is for, if it is shown to people. */
  kind?: ItemKind | undefined
  writable: boolean
}

/**
 * The folders of a mailbox. The first call reads all of them, later ones what changed since; what is remembered is only
 * to save time. Ids survive renames and moves within the mailbox.
 */
export class Folders {
  readonly #place: Place
  #known = new Map<FolderId, Known>()
  #uses: Map<FolderId, Use | 'outbox'> | undefined
  #main: Map<FolderId, ItemKind> | undefined
  #state: string | undefined
  #reading: Promise<readonly Known[]> | undefined

  constructor(place: Place) {
    this.#place = place
  }

  /** Those that can hold messages, parents before children. Calls at the same time share one answer. */
  async list(): Promise<Folder[]> {
    const uses = await this.uses()
    const known = await this.#all()
    return known.flatMap((one) => (one.mail ? this.#folderOf(one, uses) : [])).sort(byDepth)
  }

  /** Those of appointments, contacts and tasks, the main ones first; not those that were thrown away. */
  async ofItems(): Promise<ItemFolder[]> {
    const uses = await this.uses()
    this.#main ??= await mainOf(this.#place)
    const known = await this.#all()
    return known
      .flatMap((one) => this.#itemFolderOf(one, uses))
      .sort((a, b) => Number(b.main) - Number(a.main) || byDepth(a, b))
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

  async #all(): Promise<readonly Known[]> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(): Promise<readonly Known[]> {
    try {
      await this.#sync()
    } catch (error) {
      if (this.#state === undefined || !(error instanceof ExchangeError) || error.kind !== 'cursorLost') throw error
      this.#state = undefined
      this.#known.clear()
      await this.#sync()
    }
    return [...this.#known.values()]
  }

  async #sync(): Promise<void> {
    const fields = [
      field('folder:DisplayName'),
      field('folder:ParentFolderId'),
      field('folder:FolderClass'),
      field('folder:EffectiveRights'),
      HIDDEN,
    ]
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
    const kind = kindOf(folder)
    const writable = textOf(folder, 'EffectiveRights', 'CreateContents') !== 'false'
    this.#known.set(id, { id, parent, name, mail: holdsMail(folder), kind, writable })
  }

  #folderOf(known: Known, uses: ReadonlyMap<FolderId, Use | 'outbox'>): Folder[] {
    const path = this.#above(known).map((one) => nameOf(one, uses))
    const use = uses.get(known.id) ?? archive(path)
    if (use === 'outbox') return []
    return [{ id: known.id, path, ...(use && { use }) }]
  }

  #itemFolderOf(known: Known, uses: ReadonlyMap<FolderId, Use | 'outbox'>): ItemFolder[] {
    const { id, writable } = known
    const main = this.#main?.get(id)
    const kind = main ?? known.kind
    const above = this.#above(known)
    if (!kind || above.some((one) => uses.get(one.id) === 'trash')) return []
    return [{ id, kind, path: above.map((one) => nameOf(one, uses)), main: main !== undefined, writable }]
  }

  /** The folder and those it is in, the outermost first. */
  #above(known: Known): Known[] {
    const above: Known[] = []
    for (let current: Known | undefined = known; current && !above.includes(current); ) {
      above.unshift(current)
      current = this.#known.get(current.parent)
    }
    return above
  }
}

/** The port knows the Inbox by this name, whatever the language of the mailbox. */
function nameOf({ id, name }: Known, uses: ReadonlyMap<FolderId, Use | 'outbox'>): string {
  return uses.get(id) === 'inbox' ? 'INBOX' : name
}

/** A delegate may be let into some of them and not into others. */
async function mainOf(place: Place): Promise<Map<FolderId, ItemKind>> {
  const doing = 'Opening the calendar, the contacts and the tasks'
  const messages = await getFolders(
    place,
    MAIN.map(([name]) => name),
    doing,
  )
  const found = new Map<FolderId, ItemKind>()
  for (const [index, [, kind]] of MAIN.entries()) {
    const failure = messages[index] && failureOf(messages[index], doing)
    if (failure && (failure.kind === 'transient' || failure.kind === 'throttled')) throw failure
    const id = childOf(childrenOf(messages[index], 'Folders')[0], 'FolderId')?.attributes['Id']
    if (id) found.set(id, kind)
  }
  return found
}

async function getFolders({ client, owner }: Place, names: readonly WellKnown[], doing: string): Promise<Node[]> {
  const shape = xml`<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>`
  const ids = names.map((name) => wellKnown(name, owner))
  const body = xml`<m:GetFolder>${shape}<m:FolderIds>${ids}</m:FolderIds></m:GetFolder>`
  return client.call({ name: 'GetFolder', body, doing }, { again: true })
}

async function wellKnownOf(place: Place): Promise<Map<FolderId, Use | 'outbox'>> {
  const doing = 'Opening the mailbox'
  const messages = await getFolders(
    place,
    USES.map(([name]) => name),
    doing,
  )
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

function isHidden(folder: Node): boolean {
  return folder.children.some((child) => child.name === 'ExtendedProperty' && isTrue(textOf(child, 'Value')))
}

function kindOf(folder: Node): ItemKind | undefined {
  return isHidden(folder) ? undefined : CLASSES[(textOf(folder, 'FolderClass') ?? '').toLowerCase()]
}

function holdsMail(folder: Node): boolean {
  const kind = textOf(folder, 'FolderClass') ?? ''
  return folder.name === 'Folder' && !isHidden(folder) && (kind === '' || /^IPF\.Note(?:\.|$)/i.test(kind))
}

function archive(path: readonly string[]): Use | undefined {
  return useOf(path) === 'archive' ? 'archive' : undefined
}

function byDepth(a: { path: string[] }, b: { path: string[] }): number {
  return a.path.length - b.path.length || compare(a.path.join('\0'), b.path.join('\0'))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
