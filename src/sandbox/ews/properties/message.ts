import type { Message } from '../../model/index.ts'
import type { Content } from '../xml.ts'
import { EMPTY, tag } from '../xml.ts'
import { headerFields } from './headerFields.ts'
import { dateTime, mailbox, type Property, type Subject } from './property.ts'

const recipients =
  (which: 'to' | 'cc' | 'bcc' | 'replyTo') =>
  ({ item, isInternal }: Subject<Message>): Content => {
    const people = item.headers[which]
    return people.length ? people.map((person) => mailbox(person, isInternal)) : undefined
  }

const one =
  (pick: (message: Message) => { name: string; address: string } | undefined) =>
  ({ item, isInternal }: Subject<Message>): Content => {
    const person = pick(item)
    return person && mailbox(person, isInternal)
  }

const named = (people: readonly { name: string; address: string }[]): string | undefined =>
  people.map(({ name, address }) => name || address).join('; ') || undefined

const searchable = (people: readonly { name: string; address: string }[]): string =>
  people.map(({ name, address }) => `${name} ${address}`).join(';')

/** What messages have, in no order: the schema gives the order. */
export const messageProperties: readonly Property<Message>[] = [
  {
    uri: 'item:MimeContent',
    element: 'MimeContent',
    getOnly: true,
    attributes: () => ({ CharacterSet: 'UTF-8' }),
    read: ({ item }) => Buffer.from(item.mime).toString('base64'),
  },
  {
    uri: 'item:InReplyTo',
    element: 'InReplyTo',
    shape: 'AllProperties',
    read: ({ item }) => item.headers.inReplyTo,
  },
  {
    uri: 'item:InternetMessageHeaders',
    element: 'InternetMessageHeaders',
    shape: 'AllProperties',
    getOnly: true,
    read: ({ item }) =>
      headerFields(item.mime).map(({ name, value }) => tag('t:InternetMessageHeader', { HeaderName: name }, value)),
  },
  {
    uri: 'item:DisplayTo',
    element: 'DisplayTo',
    shape: 'AllProperties',
    read: ({ item }) => named(item.headers.to) ?? '',
  },
  {
    uri: 'item:DisplayCc',
    element: 'DisplayCc',
    shape: 'AllProperties',
    read: ({ item }) => named(item.headers.cc) ?? '',
  },
  { uri: 'item:Preview', element: 'Preview', read: ({ item }) => item.preview },
  {
    uri: 'item:ConversationId',
    element: 'ConversationId',
    shape: 'AllProperties',
    attributes: ({ item }) => ({ Id: item.conversationId }),
    read: () => EMPTY,
    search: ({ item }) => item.conversationId,
  },
  {
    uri: 'item:Flag',
    element: 'Flag',
    read: ({ item: { flag } }) => [
      tag('t:FlagStatus', {}, { notFlagged: 'NotFlagged', flagged: 'Flagged', complete: 'Complete' }[flag.status]),
      flag.start && tag('t:StartDate', {}, dateTime(flag.start)),
      flag.due && tag('t:DueDate', {}, dateTime(flag.due)),
      flag.completed && tag('t:CompleteDate', {}, dateTime(flag.completed)),
    ],
  },
  {
    uri: 'message:Sender',
    element: 'Sender',
    shape: 'AllProperties',
    read: one(({ headers }) => headers.sender[0] ?? headers.from[0]),
    search: ({ item }) => searchable(item.headers.sender.length ? item.headers.sender : item.headers.from),
  },
  {
    uri: 'message:From',
    element: 'From',
    shape: 'Default',
    read: one(({ headers }) => headers.from[0]),
    search: ({ item }) => searchable(item.headers.from),
  },
  {
    uri: 'message:ToRecipients',
    element: 'ToRecipients',
    shape: 'Default',
    getOnly: true,
    read: recipients('to'),
    search: ({ item }) => searchable(item.headers.to),
  },
  {
    uri: 'message:CcRecipients',
    element: 'CcRecipients',
    shape: 'Default',
    getOnly: true,
    read: recipients('cc'),
    search: ({ item }) => searchable(item.headers.cc),
  },
  {
    uri: 'message:BccRecipients',
    element: 'BccRecipients',
    shape: 'Default',
    getOnly: true,
    read: recipients('bcc'),
    search: ({ item }) => searchable(item.headers.bcc),
  },
  {
    uri: 'message:ReplyTo',
    element: 'ReplyTo',
    shape: 'AllProperties',
    getOnly: true,
    read: recipients('replyTo'),
  },
  {
    uri: 'message:InternetMessageId',
    element: 'InternetMessageId',
    shape: 'AllProperties',
    read: ({ item }) => item.headers.messageId,
  },
  {
    uri: 'message:References',
    element: 'References',
    shape: 'AllProperties',
    read: ({ item }) => item.headers.references.join(' ') || undefined,
  },
  { uri: 'message:IsRead', element: 'IsRead', shape: 'Default', read: ({ item }) => item.read },
  {
    uri: 'message:IsReadReceiptRequested',
    element: 'IsReadReceiptRequested',
    shape: 'Default',
    read: () => false,
  },
  {
    uri: 'message:IsDeliveryReceiptRequested',
    element: 'IsDeliveryReceiptRequested',
    shape: 'Default',
    read: () => false,
  },
  {
    uri: 'message:IsResponseRequested',
    element: 'IsResponseRequested',
    read: ({ item }) => item.meeting?.type === 'request',
  },
  {
    uri: 'message:ConversationIndex',
    element: 'ConversationIndex',
    shape: 'AllProperties',
    read: ({ item }) => item.conversationIndex,
  },
  {
    uri: 'message:ConversationTopic',
    element: 'ConversationTopic',
    shape: 'AllProperties',
    read: ({ item }) => topicOf(item.headers.subject) || undefined,
  },
  {
    uri: 'message:ReceivedBy',
    element: 'ReceivedBy',
    shape: 'AllProperties',
    read: ({ owner, isInternal, item }) => (item.draft ? undefined : mailbox(owner, isInternal)),
  },
  {
    uri: 'message:ReceivedRepresenting',
    element: 'ReceivedRepresenting',
    shape: 'AllProperties',
    read: ({ owner, isInternal, item }) =>
      item.draft ? undefined : mailbox(item.meeting?.principal ?? owner, isInternal),
  },
]

/** A subject without the prefix that answers and forwards bear: at most three letters and a colon ([MS-OXCMSG]). */
export function topicOf(subject: string): string {
  return subject.replace(/^[^\s:\d]{1,3}: /, '')
}
