import {
  findProperty,
  type Item,
  type Message,
  PROPERTY_SETS,
  type PropertyName,
  propertyKey,
  ZONE_DEFINITION,
  zoneDefinition,
} from '../../model/index.ts'
import { contactTags } from './contactTags.ts'
import { globalObjectId } from './globalObjectId.ts'
import { headerFields, headerText } from './headerFields.ts'
import { hasAttachments, sizeOf, subjectOf } from './item.ts'
import { itemClass } from './itemClass.ts'
import { topicOf } from './message.ts'

type Value = string | readonly string[] | undefined
type Reader = (item: Item, imapUid: () => number) => Value

/**
 * The value of an extended property: what the item has itself and MAPI calls by a number, or what a client left there.
 * @param imapUid gives the item's number in its folder
 */
export function extendedValue(item: Item, name: PropertyName, imapUid: () => number): Value {
  if (item.kind === 'message' && name.set === PROPERTY_SETS.InternetHeaders && name.name !== undefined)
    return headerValue(item, name.name)
  const own = computed.get(propertyKey(name))?.(item, imapUid)
  return own ?? findProperty(item.properties, name)?.value
}

const iso = (date: Date | undefined) => date && `${date.toISOString().slice(0, 19)}Z`
const hex = (text: string) => Buffer.from(text).toString('base64')
const ofMessage =
  (read: (message: Message) => Value): Reader =>
  (item) =>
    item.kind === 'message' ? read(item) : undefined

const SENSITIVITY = ['normal', 'personal', 'private', 'confidential']
const IMPORTANCE = ['low', 'normal', 'high']

const byTag: Readonly<Record<string, Reader>> = {
  '0x0017': (item) =>
    String(IMPORTANCE.indexOf(item.kind === 'message' ? item.headers.importance : (item.importance ?? 'normal'))),
  '0x001a': itemClass,
  '0x0036': (item) =>
    String(SENSITIVITY.indexOf(item.kind === 'message' ? item.headers.sensitivity : (item.sensitivity ?? 'normal'))),
  '0x0037': subjectOf,
  '0x0039': ofMessage(({ sent }) => iso(sent)),
  '0x0070': ofMessage(({ headers }) => topicOf(headers.subject)),
  '0x0071': ofMessage(({ conversationIndex }) => conversationIndex),
  '0x007d': ofMessage(({ mime }) => `${headerText(mime)}\r\n\r\n`),
  '0x0c1a': ofMessage(({ headers }) => headers.from[0]?.name),
  '0x0c1f': ofMessage(({ headers }) => headers.from[0]?.address),
  '0x5d01': ofMessage(({ headers }) => headers.from[0]?.address),
  '0x0e06': (item) => iso(item.kind === 'message' ? item.received : item.created),
  '0x0e07': ofMessage((message) => String(messageFlags(message))),
  '0x0e08': (item) => String(sizeOf(item)),
  '0x0e1b': (item) => String(hasAttachments(item)),
  '0x0e1d': (item) => topicOf(subjectOf(item)),
  '0x0e23': (_, imapUid) => String(imapUid()),
  '0x0ff9': (item) => hex(item.id),
  '0x0fff': (item) => hex(item.entryId),
  '0x1035': ofMessage(({ headers }) => headers.messageId),
  '0x1039': ofMessage(({ headers }) => headers.references.join(' ') || undefined),
  '0x1042': ofMessage(({ headers }) => headers.inReplyTo),
  '0x1090': ofMessage(({ flag }) => ({ notFlagged: undefined, complete: '1', flagged: '2' })[flag.status]),
  '0x3007': (item) => iso(item.created),
  '0x3008': (item) => iso(item.modified),
  '0x300b': (item) => hex(item.id.slice(-16)),
}

const { Appointment, Meeting, PublicStrings, Task } = PROPERTY_SETS
const named: readonly (readonly [PropertyName, Reader])[] = [
  [
    { type: 'StringArray', set: PublicStrings, name: 'Keywords' },
    (item) => (item.categories.length ? item.categories : undefined),
  ],
  [
    { type: 'Boolean', set: Appointment, id: 0x8223 },
    (item) => (item.kind === 'event' ? String(item.recurrence !== undefined) : undefined),
  ],
  [
    { type: 'Integer', set: Appointment, id: 0x8217 },
    (item) => (item.kind === 'event' ? String(item.attendees.length ? (item.mine ? 1 : 3) : 0) : undefined),
  ],
  [ZONE_DEFINITION, (item) => (item.kind === 'event' ? zoneDefinition(item)[0]?.value : undefined)],
  [{ type: 'Binary', set: Meeting, id: 0x3 }, (item) => (item.kind === 'event' ? globalObjectId(item.uid) : undefined)],
  [
    { type: 'Binary', set: Meeting, id: 0x23 },
    (item) => (item.kind === 'event' ? globalObjectId(item.uid) : undefined),
  ],
  [
    { type: 'Double', set: Task, id: 0x8102 },
    (item) => (item.kind === 'task' ? String(item.percent / 100) : undefined),
  ],
  [
    { type: 'SystemTime', set: Task, id: 0x8104 },
    (item) => (item.kind === 'task' && item.start ? `${item.start}T00:00:00Z` : undefined),
  ],
  [
    { type: 'SystemTime', set: Task, id: 0x8105 },
    (item) => (item.kind === 'task' && item.due ? `${item.due}T00:00:00Z` : undefined),
  ],
  [
    { type: 'SystemTime', set: Task, id: 0x810f },
    (item) => (item.kind === 'task' && item.completed ? `${item.completed}T00:00:00Z` : undefined),
  ],
]

const computed = new Map<string, Reader>([
  ...Object.entries(byTag).map(([tag, read]) => [propertyKey({ type: 'String', tag }), read] as const),
  ...named.map(([name, read]) => [propertyKey(name), read] as const),
  ...contactTags.map(
    ({ property, read }) =>
      [propertyKey(property), (item: Item) => (item.kind === 'contact' ? read(item) : undefined)] as const,
  ),
])

function headerValue({ mime }: Message, name: string): string | undefined {
  return headerFields(mime).find((field) => field.name.toLowerCase() === name.toLowerCase())?.value
}

/** PidTagMessageFlags: read, unsent, has attachments. */
function messageFlags({ read, draft, hasAttachments }: Message): number {
  return (read ? 1 : 0) | (draft ? 8 : 0) | (hasAttachments ? 0x10 : 0)
}
