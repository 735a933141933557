import { randomUUID } from 'node:crypto'
import { MailboxError } from '../errors.ts'
import type { Category } from '../port.ts'
import { ExchangeError } from './failures.ts'
import { type Node, textOf } from './node.ts'
import { wellKnown } from './pieces.ts'
import type { Place } from './place.ts'
import { AnswerReader } from './reader.ts'
import { escapeXml, xml } from './xml.ts'

const DOING = 'Reading the list of categories'
const EMPTY = '<?xml version="1.0"?><categories default="" lastSavedSession="0" xmlns="CategoryList.xsd"></categories>'
/** Green of the 25 colours of MS-OXOCFG 2.2.5.2.1. */
const COLOUR = 4

/**
 * Enters categories in the mailbox's own list (MS-OXOCFG 2.2.5), so that Outlook offers them, with a colour, to be put on
 * messages by hand. Once for each is enough: a person may take it off the list again.
 */
export class MasterList {
  readonly #place: Place
  readonly #known = new Set<Category>()

  constructor(place: Place) {
    this.#place = place
  }

  /** A list that cannot be read or written leaves the categories without colour; they work all the same. */
  async offer(categories: readonly Category[]): Promise<void> {
    const wanted = categories.filter((category) => !this.#known.has(category))
    if (wanted.length === 0) return
    try {
      await this.#enter(wanted)
    } catch (error) {
      if (!(error instanceof MailboxError) || error.kind === 'transient' || error.kind === 'throttled') throw error
    }
    for (const category of wanted) this.#known.add(category)
  }

  async #enter(wanted: readonly Category[]): Promise<void> {
    const list = await this.#read()
    const there = new Set(namesIn(list ?? EMPTY).map((name) => name.toLowerCase()))
    const missing = wanted.filter((category) => !there.has(category.toLowerCase()))
    if (missing.length === 0) return
    const entries = missing.map(
      (name) =>
        `<category name="${escapeXml(name)}" color="${COLOUR}" keyboardShortcut="0" guid="{${randomUUID().toUpperCase()}}"/>`,
    )
    // An empty list may be written as an element without content.
    const open = (list ?? EMPTY).replace(/<categories([^>]*?)\s*\/>\s*$/, '<categories$1></categories>')
    const end = open.lastIndexOf('</categories>')
    if (end < 0) return
    await this.#write(`${open.slice(0, end)}${entries.join('')}${open.slice(end)}`, list === undefined)
  }

  async #read(): Promise<string | undefined> {
    const body = xml`<m:GetUserConfiguration>${this.#name('m')}<m:UserConfigurationProperties>XmlData</m:UserConfigurationProperties></m:GetUserConfiguration>`
    try {
      const message = await this.#place.client.callOne(
        { name: 'GetUserConfiguration', body, doing: DOING },
        { again: true },
      )
      const data = textOf(message, 'UserConfiguration', 'XmlData')
      return data
        ? Buffer.from(data, 'base64')
            .toString()
            .replace(/^\ufeff/, '')
        : EMPTY
    } catch (error) {
      if (error instanceof ExchangeError && error.responseCode === 'ErrorItemNotFound') return undefined
      throw error
    }
  }

  async #write(list: string, create: boolean): Promise<void> {
    const data = Buffer.from(list).toString('base64')
    const configuration = xml`<m:UserConfiguration>${this.#name('t')}<t:XmlData>${data}</t:XmlData></m:UserConfiguration>`
    const body = create
      ? xml`<m:CreateUserConfiguration>${configuration}</m:CreateUserConfiguration>`
      : xml`<m:UpdateUserConfiguration>${configuration}</m:UpdateUserConfiguration>`
    const name = create ? 'CreateUserConfiguration' : 'UpdateUserConfiguration'
    await this.#place.client.callOne({ name, body, doing: 'Writing the list of categories' })
  }

  #name(prefix: 'm' | 't') {
    const folder = wellKnown('calendar', this.#place.owner)
    return prefix === 'm'
      ? xml`<m:UserConfigurationName Name="CategoryList">${folder}</m:UserConfigurationName>`
      : xml`<t:UserConfigurationName Name="CategoryList">${folder}</t:UserConfigurationName>`
  }
}

/** @throws UnreadableAnswer */
function namesIn(list: string): string[] {
  const names: string[] = []
  const onNode = (node: Node) => names.push(node.attributes['name'] ?? '')
  const reader = new AnswerReader({ wanted: new Set(['category']), onNode })
  reader.push(Buffer.from(list))
  reader.end()
  return names
}
