import { parseHeaders } from '#mime'
import {
  type Composition,
  compose,
  decompose,
  type Flag,
  type Message,
  type Patch,
  type Person,
  PROPERTY_SETS,
  type PropertyName,
  propertyKey,
  withHeaders,
  withSource,
} from '../../model/index.ts'
import { EwsFailure } from '../failure.ts'
import { isTrue } from '../properties/shape.ts'
import { type Element, textOf } from '../xml.ts'
import { readAttachments } from './attachments.ts'
import { readBody } from './body.ts'
import { Draft, readExtended, refuse, SERVERS_OWN, type Setter, type Setters, stringsIn } from './draft.ts'

/** A message to be made or changed: notes beside its source, and edits of the source. */
export class MessageDraft extends Draft<Message> {
  /** A source given whole. */
  source: Buffer | undefined
  readonly edits: ((composition: Composition) => void)[] = []

  edit(change: (composition: Composition) => void): void {
    this.edits.push(change)
  }
}

/** A new message begins as a draft of nothing. */
export function blankMessage(now: Date): MessageDraft {
  const mime = Buffer.alloc(0)
  const before: Message = {
    kind: 'message',
    mime,
    headers: parseHeaders(mime),
    draft: true,
    read: true,
    flag: { status: 'notFlagged' },
    received: now,
    sent: now,
    conversationId: '',
    conversationIndex: '',
    hasAttachments: false,
    preview: '',
    id: '',
    entryId: '',
    moves: 0,
    changeKey: '',
    folder: '',
    created: now,
    modified: now,
    categories: [],
    properties: [],
  }
  return new MessageDraft(before, true)
}

export interface Author {
  person: Person
  newMessageId: () => string
  now: Date
}

/** The source of a message to be made: as it was given, or composed of what was said of it. */
export async function sourceOfNew(draft: MessageDraft, author: Author): Promise<Buffer> {
  if (draft.source && !draft.edits.length) return identified(draft.source, author)
  const composition = draft.source ? await decompose(await asMessage(draft, draft.source)) : emptyComposition(author)
  for (const edit of draft.edits) edit(composition)
  composition.messageId ||= author.newMessageId()
  return compose(composition)
}

/** What changes of a message that is written on. */
export async function changesOf(draft: MessageDraft): Promise<Patch<Message>> {
  if (!draft.edits.length && !draft.source) return draft.changes
  const base = draft.source ? await asMessage(draft, draft.source) : draft.before
  if (!draft.edits.length) return { ...(await withSource(base.mime, draft.before.received)), ...draft.changes }
  const composition = await decompose(base)
  for (const edit of draft.edits) edit(composition)
  return { ...(await withSource(await compose(composition), draft.before.received)), ...draft.changes }
}

async function asMessage(draft: MessageDraft, source: Buffer): Promise<Message> {
  return { ...draft.before, ...(await withSource(source, draft.before.received)) }
}

function emptyComposition({ person, newMessageId, now }: Author): Composition {
  return { messageId: newMessageId(), date: now, from: person, to: [], cc: [], bcc: [], subject: '', text: '' }
}

/** A message that is kept has a Message-ID. */
function identified(source: Buffer, author: Author): Buffer {
  if (parseHeaders(source).messageId) return source
  return withHeaders(source, ['message-id'], [['Message-ID', author.newMessageId()]])
}

const people = (element: Element | undefined): Person[] =>
  (element?.children ?? []).map((mailbox) => {
    const address = textOf(mailbox, 'EmailAddress') ?? ''
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) throw new EwsFailure('ErrorInvalidRecipients')
    return { name: textOf(mailbox, 'Name') ?? '', address }
  })

/** Who a message goes to is settled once it is sent. */
const beforeSending = (setter: Setter<MessageDraft>): Setter<MessageDraft> => {
  return (draft, element) => {
    if (!draft.isNew && !draft.before.draft) throw new EwsFailure('ErrorInvalidPropertySet')
    setter(draft, element)
  }
}

const recipients = (which: 'to' | 'cc' | 'bcc' | 'replyTo') =>
  beforeSending((draft, element) => {
    const list = people(element)
    draft.edit((composition) => {
      composition[which] = list
    })
  })

const header = (name: string, value: (element: Element) => string | undefined): Setter<MessageDraft> => {
  return (draft, element) =>
    draft.edit((composition) => {
      const { [name]: _, ...others } = composition.headers ?? {}
      const text = element && value(element)
      composition.headers = text === undefined ? others : { ...others, [name]: text }
    })
}

/** By the name of the element. */
export const messageSetters: Setters<MessageDraft> = {
  ...(SERVERS_OWN as Setters<MessageDraft>),
  MimeContent: (draft, element) => {
    const text = element?.text.replaceAll(/\s+/g, '') ?? ''
    if (text === '') throw new EwsFailure('ErrorMimeContentInvalid')
    draft.source = Buffer.from(text, 'base64')
  },
  ItemClass: () => {},
  Subject: (draft, element) =>
    draft.edit((composition) => {
      composition.subject = element?.text ?? ''
    }),
  Body: (draft, element) => {
    const { type, content } = readBody(element)
    draft.edit((composition) => {
      delete composition.text
      delete composition.html
      composition[type] = content
    })
  },
  Attachments: (draft, element) => {
    const attachments = readAttachments(element)
    draft.edit((composition) => {
      composition.attachments = [...(composition.attachments ?? []), ...attachments]
    })
  },
  Categories: (draft, element) => draft.setCategories(stringsIn(element)),
  Importance: (draft, element) =>
    draft.edit((composition) => {
      composition.importance = (element?.text.toLowerCase() ?? 'normal') as 'low' | 'normal' | 'high'
    }),
  Sensitivity: header('Sensitivity', ({ text }) => SENSITIVITY[text]),
  InReplyTo: (draft, element) =>
    draft.edit((composition) => {
      if (element) composition.inReplyTo = element.text
      else delete composition.inReplyTo
    }),
  InternetMessageHeaders: refuse,
  ReminderIsSet: () => {},
  ReminderMinutesBeforeStart: () => {},
  Culture: () => {},
  Sender: beforeSending((draft, element) => {
    const [person] = people(element)
    draft.edit((composition) => {
      if (person) composition.sender = person
      else delete composition.sender
    })
  }),
  From: beforeSending((draft, element) => {
    const [person] = people(element)
    if (person)
      draft.edit((composition) => {
        composition.from = person
      })
  }),
  ToRecipients: recipients('to'),
  CcRecipients: recipients('cc'),
  BccRecipients: recipients('bcc'),
  ReplyTo: recipients('replyTo'),
  IsReadReceiptRequested: (draft, element) => {
    if (isTrue(element?.text)) draft.edit((composition) => addHeader(composition, 'Disposition-Notification-To'))
  },
  IsDeliveryReceiptRequested: (draft, element) => {
    if (isTrue(element?.text)) draft.edit((composition) => addHeader(composition, 'Return-Receipt-To'))
  },
  IsResponseRequested: () => {},
  ConversationIndex: header('Thread-Index', ({ text }) => text),
  InternetMessageId: beforeSending((draft, element) =>
    draft.edit((composition) => {
      composition.messageId = element?.text ?? ''
    }),
  ),
  References: (draft, element) =>
    draft.edit((composition) => {
      composition.references = element?.text.split(/\s+/).filter((id) => id !== '') ?? []
    }),
  IsRead: (draft, element) => draft.set({ read: isTrue(element?.text) }),
  Flag: (draft, element) => draft.set({ flag: readFlag(element) }),
  ExtendedProperty: (draft, element) => {
    if (!element) return
    const { property, value } = readExtended(element)
    setExtended(draft, property, value)
  },
}

const SENSITIVITY: Readonly<Record<string, string | undefined>> = {
  Personal: 'Personal',
  Private: 'Private',
  Confidential: 'Company-Confidential',
}

function addHeader(composition: Composition, name: string): void {
  const { from } = composition
  composition.headers = { ...composition.headers, [name]: typeof from === 'string' ? from : from.address }
}

function readFlag(element: Element | undefined): Flag {
  const time = (name: string) => {
    const text = textOf(element, name)
    return text === undefined ? undefined : new Date(text)
  }
  const status = textOf(element, 'FlagStatus')
  if (status === 'Complete') return { status: 'complete', completed: time('CompleteDate') }
  if (status === 'Flagged') return { status: 'flagged', start: time('StartDate'), due: time('DueDate') }
  return { status: 'notFlagged' }
}

/** Extended properties that are the message's own under another name; the others are kept as they are. */
export function setExtended(
  draft: MessageDraft,
  property: PropertyName,
  value: string | readonly string[] | undefined,
): void {
  const own = OWN.get(propertyKey(property))
  if (own) return own(draft, typeof value === 'object' ? value.join(' ') : value)
  if (propertyKey(property) === KEYWORDS)
    return draft.setCategories(typeof value === 'string' ? [value] : (value ?? []))
  if (property.set === PROPERTY_SETS.InternetHeaders && property.name !== undefined) {
    const text = typeof value === 'object' ? value.join(' ') : value
    return setHeader(draft, property.name, text)
  }
  draft.setProperty(property, value)
}

const KEYWORDS = propertyKey({ type: 'StringArray', set: PROPERTY_SETS.PublicStrings, name: 'Keywords' })
const tagged = (tag: string) => propertyKey({ type: 'String', tag })

const OWN = new Map<string, (draft: MessageDraft, value: string | undefined) => void>([
  [tagged('0x0e06'), (draft, value) => value !== undefined && draft.set({ received: new Date(value) })],
  [
    tagged('0x0e07'),
    (draft, value) => {
      // Only while a message is made may a client say that it is none of his drafts.
      const flags = Number(value)
      draft.set(draft.isNew ? { draft: (flags & 8) !== 0, read: (flags & 1) !== 0 } : {})
    },
  ],
  [
    tagged('0x1090'),
    (draft, value) => {
      const status = value === '2' ? 'flagged' : value === '1' ? 'complete' : 'notFlagged'
      draft.set({ flag: { status } })
    },
  ],
  [
    tagged('0x0037'),
    (draft, value) =>
      draft.edit((composition) => {
        composition.subject = value ?? ''
      }),
  ],
  [
    tagged('0x1035'),
    (draft, value) =>
      draft.edit((composition) => {
        composition.messageId = value ?? ''
      }),
  ],
])

function setHeader(draft: MessageDraft, name: string, value: string | undefined): void {
  draft.edit((composition) => {
    const { [name]: _, ...others } = composition.headers ?? {}
    composition.headers = value === undefined ? others : { ...others, [name]: value }
  })
}
