import type { MailFolder } from '@microsoft/microsoft-graph-types'
import { MailboxError } from '../errors.ts'
import { type ListedCategory, OwnCategories, REMEMBERED_IN } from '../ownCategories.ts'
import type { Category } from '../port.ts'
import { batch } from './batch.ts'
import type { GraphClient } from './client.ts'
import { query } from './query.ts'

const PROPERTY = `String {${REMEMBERED_IN.set}} Name ${REMEMBERED_IN.name}`
const LIST = '/outlook/masterCategories'
const MOST_PAGES = 50
const INBOX = '/mailFolders/inbox'
const EXPAND = { $select: 'id', $expand: `singleValueExtendedProperties($filter=id eq '${PROPERTY}')` }
/** A list is looked at anew after so long: a renamed category is known by then, a deleted one made again (T-94). */
const LASTS = 15 * 60_000

interface Known {
  at: number
  /** Undefined: the application may not read the list. */
  list: ListedCategory[] | undefined
  remembered: string | undefined
  own: OwnCategories
}

/** The names of our categories in one mailbox: read together with what its Inbox remembers of their ids (T-94). */
export class Categories {
  readonly #client: GraphClient
  #known: Promise<Known> | undefined
  #offered = new Set<Category>()
  /** Names that were looked for since the list was looked at last. */
  #looked = new Set<string>()

  constructor(client: GraphClient) {
    this.#client = client
  }

  /** @param carried names that items carry: one that nobody knows may be that of a category which was renamed just now */
  async names(carried: readonly string[] = []): Promise<OwnCategories> {
    const known = await this.#read()
    const strange = carried.map((name) => name.toLowerCase()).filter((name) => !this.#looked.has(name))
    if (strange.length === 0) return known.own
    for (const name of strange) this.#looked.add(name)
    const listed = new Set(known.list?.map(({ name }) => name.toLowerCase()))
    const isNew = strange.some((name) => !listed.has(name) && known.own.categoriesOf([name])[0] === name)
    return isNew && known.list ? (await this.#again()).own : known.own
  }

  /**
   * Sees that these categories can be chosen in Outlook, with a colour, and that their ids are remembered. One that is
   * missing in the list works all the same, so a mailbox whose settings the application may not change goes without.
   */
  async offer(categories: readonly Category[]): Promise<OwnCategories> {
    const known = await this.#read()
    const wanted = categories.filter((category) => !this.#offered.has(category))
    if (wanted.length === 0 || !known.list) return known.own
    const missing = known.own.missing(wanted, known.list)
    try {
      for (const { name, colour } of missing) await this.#create(name, colour)
      const now = missing.length > 0 ? await this.#again() : known
      if (now.own.toRemember !== undefined) await this.#remember(now.own.toRemember)
    } catch (error) {
      if (!isRefused(error)) throw error
    }
    for (const category of wanted) this.#offered.add(category)
    return this.names()
  }

  async #read(): Promise<Known> {
    const asked = this.#known
    const known = await asked?.catch(() => undefined)
    if (known && this.#client.clock.now().getTime() - known.at < LASTS) return known
    // Who came at the same time has asked by now.
    if (this.#known !== asked) return this.#read()
    this.#offered = new Set()
    this.#looked = new Set()
    return this.#again()
  }

  async #again(): Promise<Known> {
    this.#known = this.#ask()
    return this.#known
  }

  async #ask(): Promise<Known> {
    const at = this.#client.clock.now().getTime()
    const paths = [`${LIST}${query({ $top: 500 })}`, INBOX + query(EXPAND)]
    const parts = paths.map((path) => ({ method: 'GET' as const, path }))
    const [listed, inbox] = await batch(this.#client, parts, 'Reading categories')
    for (const answer of [listed, inbox])
      if (answer?.error && answer.status !== 403 && answer.error.kind !== 'notFound') throw answer.error
    const list = listed?.error ? undefined : await this.#wholeList(listed?.body)
    const remembered = inbox?.error ? undefined : propertyOf(inbox?.body as MailFolder | undefined)
    return { at, list, remembered, own: new OwnCategories(list, remembered) }
  }

  async #wholeList(first: unknown): Promise<ListedCategory[]> {
    const found = listOf(first)
    let next = nextOf(first)
    for (let pages = 1; next !== undefined && pages < MOST_PAGES; pages++) {
      const { value } = await this.#client.service({ path: this.#client.pathOf(next), deed: 'Reading categories' })
      found.push(...listOf(value))
      next = nextOf(value)
    }
    return found
  }

  async #create(displayName: string, colour: number): Promise<void> {
    const body = { displayName, color: `preset${colour}` }
    try {
      await this.#client.json({ method: 'POST', path: LIST, body, deed: 'Creating a category' })
    } catch (error) {
      // Somebody else made it first.
      if (!(error instanceof MailboxError && error.kind === 'conflict')) throw error
    }
  }

  async #remember(value: string): Promise<void> {
    const body = { singleValueExtendedProperties: [{ id: PROPERTY, value }] }
    const deed = 'Remembering categories'
    await this.#client.json({ method: 'PATCH', path: INBOX, body, deed, repeatable: true })
  }
}

function listOf(body: unknown): ListedCategory[] {
  const { value } = (body ?? {}) as { value?: { id?: string; displayName?: string }[] }
  return (value ?? []).flatMap(({ id, displayName }) => (id && displayName ? [{ id, name: displayName }] : []))
}

function nextOf(body: unknown): string | undefined {
  return (body as { '@odata.nextLink'?: string } | undefined)?.['@odata.nextLink']
}

function propertyOf(inbox: MailFolder | undefined): string | undefined {
  return inbox?.singleValueExtendedProperties?.[0]?.value ?? undefined
}

function isRefused(error: unknown): boolean {
  return error instanceof MailboxError && error.kind === 'denied' && error.code === 'CredentialsIncorrect'
}
