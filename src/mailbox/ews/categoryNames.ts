import { MailboxError } from '../errors.ts'
import { OwnCategories, REMEMBERED_IN } from '../ownCategories.ts'
import type { Category } from '../port.ts'
import { addToMasterList, type MasterList, readMasterList } from './masterList.ts'
import { childOf, childrenOf, textOf } from './node.ts'
import { extended, wellKnown } from './pieces.ts'
import type { Place } from './place.ts'
import { UnreadableAnswer } from './reader.ts'
import { xml } from './xml.ts'

const DOING = 'Reading which categories are our own'
const REMEMBERED = xml`<t:ExtendedFieldURI PropertySetId="${REMEMBERED_IN.set}" PropertyName="${REMEMBERED_IN.name}" PropertyType="String"/>`

interface Known {
  own: OwnCategories
  /** Undefined where it cannot be read: then names alone count. */
  list: MasterList | undefined
}

/**
 * The names under which our categories go in this mailbox (T-94): read from its master list once they are met, and again
 * when a name turns up that nobody knew, as after a renaming. Where list or Inbox cannot be read or written, the names do.
 */
export class CategoryNames {
  readonly #place: Place
  readonly #offered = new Set<Category>()
  /** Names that belong to nobody's list, so that they need not be looked up again. */
  #strange = new Set<string>()
  #known: Promise<Known> | undefined

  constructor(place: Place) {
    this.#place = place
  }

  /** A new look at a folder begins: whatever was strange may have got a meaning since. */
  begin(): void {
    this.#strange = new Set()
  }

  /** What the names on items mean. */
  async translated<T extends { categories: string[] }>(items: T[]): Promise<T[]> {
    const names = new Set(items.flatMap(({ categories }) => categories))
    if (names.size === 0) return items
    const own = await this.knowing(names)
    return items.map((item) => ({ ...item, categories: own.categoriesOf(item.categories) }))
  }

  /** Our categories, by a list in which all of these names were looked for. */
  async knowing(names: ReadonlySet<string>): Promise<OwnCategories> {
    const { own, list } = await this.#load()
    const listed = new Set(list?.entries.map(({ name }) => name.toLowerCase()))
    const isKnown = (name: string) =>
      listed.has(name.toLowerCase()) || this.#strange.has(name) || own.categoriesOf([name])[0] !== name
    const unknown = [...names].filter((name) => !isKnown(name))
    if (unknown.length === 0) return own
    this.#known = undefined
    for (const name of unknown) this.#strange.add(name)
    return this.own()
  }

  /** Our categories by name, for what is written. */
  async own(): Promise<OwnCategories> {
    const { own } = await this.#load()
    return own
  }

  /** Enters categories in the master list, so that Outlook offers them. Once: a person may take them off again. */
  async offer(categories: readonly Category[]): Promise<void> {
    const wanted = categories.filter((category) => !this.#offered.has(category))
    if (wanted.length === 0) return
    const { own, list } = await this.#load()
    const missing = list ? own.missing(wanted, list.entries) : []
    if (list && missing.length > 0) {
      await tolerant(() => addToMasterList(this.#place, list, missing))
      this.#known = undefined
      await this.#load()
    }
    for (const category of wanted) this.#offered.add(category)
  }

  async #load(): Promise<Known> {
    this.#known ??= this.#read().catch((error: unknown) => {
      this.#known = undefined
      throw error
    })
    return this.#known
  }

  async #read(): Promise<Known> {
    const list = await tolerant(() => readMasterList(this.#place))
    const remembered = await tolerant(() => readRemembered(this.#place))
    const own = new OwnCategories(list?.entries, remembered)
    const { toRemember } = own
    if (toRemember !== undefined) await tolerant(() => writeRemembered(this.#place, toRemember))
    return { own, list }
  }
}

/** Undefined for what this account may not do, or what is broken; failures that pass are thrown. */
async function tolerant<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnreadableAnswer) return undefined
    if (!(error instanceof MailboxError) || error.kind === 'transient' || error.kind === 'throttled') throw error
    return undefined
  }
}

async function readRemembered({ client, owner }: Place): Promise<string | undefined> {
  const shape = xml`<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>${REMEMBERED}</t:AdditionalProperties></m:FolderShape>`
  const body = xml`<m:GetFolder>${shape}<m:FolderIds>${wellKnown('inbox', owner)}</m:FolderIds></m:GetFolder>`
  const message = await client.callOne({ name: 'GetFolder', body, doing: DOING }, { again: true })
  return textOf(childOf(childrenOf(message, 'Folders')[0], 'ExtendedProperty'), 'Value')
}

async function writeRemembered({ client, owner }: Place, value: string): Promise<void> {
  const update = xml`<t:SetFolderField>${REMEMBERED}<t:Folder>${extended(REMEMBERED, value)}</t:Folder></t:SetFolderField>`
  const change = xml`<t:FolderChange>${wellKnown('inbox', owner)}<t:Updates>${update}</t:Updates></t:FolderChange>`
  const body = xml`<m:UpdateFolder><m:FolderChanges>${change}</m:FolderChanges></m:UpdateFolder>`
  await client.callOne(
    { name: 'UpdateFolder', body, doing: 'Remembering which categories are our own' },
    { again: true },
  )
}
