import { MailboxError } from '../../errors.ts'
import { checkSignal, itemRefused, partMissing } from '../../failures.ts'
import type { Item, ItemKind, UnreadableItem } from '../../items/index.ts'
import type { FolderId, ItemId } from '../../port.ts'
import { type ExchangeError, failureOf } from '../failures.ts'
import { idOf } from '../item.ts'
import { childrenOf, type Node } from '../node.ts'
import { field, groups, itemIds } from '../pieces.ts'
import type { Place } from '../place.ts'
import { isStumble } from '../responseCodes.ts'
import { type Xml, xml } from '../xml.ts'
import { CONTACT_PATHS, readContact } from './contact.ts'
import { eventPaths, readEvent } from './event.ts'
import { exceptionIds, readSeries } from './exceptions.ts'
import { refOf } from './frame.ts'
import { MARK_PATHS } from './marks.ts'
import { ELEMENTS } from './property.ts'
import { readTask, TASK_PATHS } from './task.ts'

/** Whole items in one answer; an appointment may bring a long invitation. */
const AT_ONCE = 100
const DOING = 'Reading items'

const COMMON = 'Subject Sensitivity Importance Body Categories Attachments DateTimeCreated LastModifiedTime'
  .split(' ')
  .map((name) => field(`item:${name}`))

/** See `ItemMailbox.get`: items of one kind, and the exceptions of series with them. */
export async function readItems(
  place: Place,
  folder: { id: FolderId; kind: ItemKind },
  ids: readonly ItemId[],
  signal?: AbortSignal,
): Promise<(Item | UnreadableItem)[]> {
  const answers = await ask(place, folder.kind, [...new Set(ids)], signal)
  const nodes = [...answers.values()].filter((one): one is Node => !(one instanceof MailboxError))
  const exceptions = await ask(place, folder.kind, nodes.flatMap(exceptionIds), signal)
  return [...answers].flatMap(([id, answer]): (Item | UnreadableItem)[] => {
    if (answer instanceof MailboxError) {
      if (answer.kind === 'notFound') return []
      return [{ kind: 'unreadable', ref: { folder: folder.id, id, version: '' }, error: answer }]
    }
    if (answer.name !== ELEMENTS[folder.kind]) return []
    return [understood(folder, answer, exceptions)]
  })
}

function understood(
  folder: { id: FolderId; kind: ItemKind },
  node: Node,
  exceptions: ReadonlyMap<ItemId, Node | MailboxError>,
): Item | UnreadableItem {
  const unreadable = (error: MailboxError): UnreadableItem => ({
    kind: 'unreadable',
    ref: refOf(folder.id, node),
    error,
  })
  try {
    if (folder.kind === 'contact') return readContact(folder.id, node)
    if (folder.kind === 'task') return readTask(folder.id, node)
    const own = new Map<ItemId, Node>()
    for (const id of exceptionIds(node)) {
      const found = exceptions.get(id)
      // Without one of its exceptions it would be another series.
      if (!found || (found instanceof MailboxError && found.kind === 'notFound'))
        return unreadable(partMissing(idOf(node) ?? '', found))
      if (found instanceof MailboxError) return unreadable(found)
      own.set(id, found)
    }
    const event = readEvent(folder.id, node)
    const series = readSeries(event, node, own)
    return series ? { ...event, series } : event
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const words = `The item ${JSON.stringify(idOf(node))} of Exchange cannot be understood: ${error.message} Open it in Outlook and save it again.`
    return unreadable(itemRefused(words, error))
  }
}

/** What Exchange says of each id: the item, or why not. @throws MailboxError for what concerns more than one item */
async function ask(
  { client }: Place,
  kind: ItemKind,
  ids: readonly ItemId[],
  signal: AbortSignal | undefined,
): Promise<Map<ItemId, Node | MailboxError>> {
  const shape = wholeShape(client, kind)
  const found = new Map<ItemId, Node | MailboxError>()
  for (const group of groups(ids, AT_ONCE)) {
    checkSignal(signal)
    const body = xml`<m:GetItem>${shape}${itemIds(group)}</m:GetItem>`
    const messages = await client.call({ name: 'GetItem', body, doing: DOING }, { again: true, signal })
    const failures = messages.map((message) => failureOf(message, DOING))
    const isIll = failures.length >= ILL_AT && failures.every((failure) => failure && isStumble(failure.responseCode))
    for (const [index, id] of group.entries()) {
      const message = messages[index]
      const failure = failures[index]
      if (failure && (isIll || !isOfItem(failure))) throw failure
      const [item] = childrenOf(message, 'Items')
      const answer = failure ?? item
      if (answer) found.set(id, answer)
    }
  }
  return found
}

/** An Exchange that stumbles over so many items, and reads none, is ill. */
const ILL_AT = 3

/** Whether it is that one item which is denied or broken, and not the mailbox (SC-56). */
function isOfItem({ kind, scope, responseCode }: ExchangeError): boolean {
  return (
    kind === 'notFound' || scope === 'item' || kind === 'denied' || (kind === 'transient' && isStumble(responseCode))
  )
}

/** Every property we know of the kind, as the server's version has them. */
function wholeShape(client: Place['client'], kind: ItemKind): Xml {
  const own = { event: () => eventPaths(client), contact: () => CONTACT_PATHS, task: () => TASK_PATHS }[kind]()
  const text = client.knows('Exchange2013') ? [field('item:TextBody')] : []
  const paths = [...COMMON, ...text, ...own, ...MARK_PATHS]
  return xml`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:BodyType>Best</t:BodyType><t:AdditionalProperties>${paths}</t:AdditionalProperties></m:ItemShape>`
}
