import { randomUUID } from 'node:crypto'
import type { ListedCategory } from '../ownCategories.ts'
import { ExchangeError } from './failures.ts'
import { type Node, textOf } from './node.ts'
import { wellKnown } from './pieces.ts'
import type { Place } from './place.ts'
import { AnswerReader } from './reader.ts'
import { escapeXml, xml } from './xml.ts'

const DOING = 'Reading the list of categories'
const EMPTY = '<?xml version="1.0"?><categories default="" lastSavedSession="0" xmlns="CategoryList.xsd"></categories>'

/** The mailbox's own list of categories (MS-OXOCFG 2.2.5), kept beside its calendar. */
export interface MasterList {
  entries: ListedCategory[]
  /** As it stands; undefined where there is none yet. */
  source: string | undefined
}

export async function readMasterList({ client, owner }: Place): Promise<MasterList> {
  const name = xml`<m:UserConfigurationName Name="CategoryList">${wellKnown('calendar', owner)}</m:UserConfigurationName>`
  const body = xml`<m:GetUserConfiguration>${name}<m:UserConfigurationProperties>XmlData</m:UserConfigurationProperties></m:GetUserConfiguration>`
  try {
    const message = await client.callOne({ name: 'GetUserConfiguration', body, doing: DOING }, { again: true })
    const data = textOf(message, 'UserConfiguration', 'XmlData')
    const source = data
      ? Buffer.from(data, 'base64')
          .toString()
          .replace(/^\ufeff/, '')
      : EMPTY
    return { entries: entriesIn(source), source }
  } catch (error) {
    if (error instanceof ExchangeError && error.responseCode === 'ErrorItemNotFound')
      return { entries: [], source: undefined }
    throw error
  }
}

/** Adds entries, with a colour of MS-OXOCFG 2.2.5.2.1; whatever else the list says stays as it stands. */
export async function addToMasterList(
  place: Place,
  { source }: MasterList,
  fresh: readonly { name: string; colour: number }[],
): Promise<void> {
  const entries = fresh.map(
    ({ name, colour }) =>
      `<category name="${escapeXml(name)}" color="${colour}" keyboardShortcut="0" guid="{${randomUUID().toUpperCase()}}"/>`,
  )
  // An empty list may be written as an element without content.
  const open = (source ?? EMPTY).replace(/<categories([^>]*?)\s*\/>\s*$/, '<categories$1></categories>')
  const end = open.lastIndexOf('</categories>')
  if (end < 0) return
  await write(place, `${open.slice(0, end)}${entries.join('')}${open.slice(end)}`, source === undefined)
}

async function write({ client, owner }: Place, list: string, create: boolean): Promise<void> {
  const data = Buffer.from(list).toString('base64')
  const where = xml`<t:UserConfigurationName Name="CategoryList">${wellKnown('calendar', owner)}</t:UserConfigurationName>`
  const configuration = xml`<m:UserConfiguration>${where}<t:XmlData>${data}</t:XmlData></m:UserConfiguration>`
  const name = create ? 'CreateUserConfiguration' : 'UpdateUserConfiguration'
  await client.callOne({
    name,
    body: xml`<m:${name}>${configuration}</m:${name}>`,
    doing: 'Writing the list of categories',
  })
}

/** @throws UnreadableAnswer */
function entriesIn(list: string): ListedCategory[] {
  const entries: ListedCategory[] = []
  const onNode = ({ attributes }: Node) =>
    entries.push({ id: attributes['guid'] ?? '', name: attributes['name'] ?? '' })
  const reader = new AnswerReader({ wanted: new Set(['category']), onNode })
  reader.push(Buffer.from(list))
  reader.end()
  return entries
}
