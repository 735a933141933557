import type { Item } from '../../model/index.ts'
import { EMPTY } from '../xml.ts'
import { viewAttachments } from './attachments.ts'
import { bodyOf, bodyType } from './body.ts'
import { itemClass } from './itemClass.ts'
import { capitalized, dateTime, type Property, strings } from './property.ts'

/** What all items have, in no order: the schema gives the order. */
export const itemProperties: readonly Property[] = [
  {
    uri: 'item:ItemId',
    element: 'ItemId',
    shape: 'Default',
    attributes: ({ item }) => ({ Id: item.entryId, ChangeKey: item.changeKey }),
    read: () => EMPTY,
    search: ({ item }) => item.entryId,
  },
  {
    uri: 'item:ParentFolderId',
    element: 'ParentFolderId',
    shape: 'AllProperties',
    attributes: ({ item }) => ({ Id: item.folder, ChangeKey: 'AQAAAA==' }),
    read: () => EMPTY,
    search: ({ item }) => item.folder,
  },
  { uri: 'item:ItemClass', element: 'ItemClass', shape: 'AllProperties', read: ({ item }) => itemClass(item) },
  { uri: 'item:Subject', element: 'Subject', shape: 'Default', read: ({ item }) => subjectOf(item) || undefined },
  {
    uri: 'item:Sensitivity',
    element: 'Sensitivity',
    shape: 'Default',
    read: ({ item }) =>
      capitalized(item.kind === 'message' ? item.headers.sensitivity : (item.sensitivity ?? 'normal')),
  },
  {
    uri: 'item:Importance',
    element: 'Importance',
    shape: 'AllProperties',
    read: ({ item }) => capitalized(item.kind === 'message' ? item.headers.importance : (item.importance ?? 'normal')),
  },
  {
    uri: 'item:Body',
    element: 'Body',
    shape: 'Default',
    getOnly: true,
    viewed: true,
    attributes: (subject) => ({ BodyType: bodyType(subject) }),
    read: (subject) => bodyOf(subject, bodyType(subject)),
  },
  {
    uri: 'item:TextBody',
    element: 'TextBody',
    getOnly: true,
    viewed: true,
    attributes: () => ({ BodyType: 'Text' }),
    read: (subject) => bodyOf(subject, 'Text'),
  },
  {
    uri: 'item:UniqueBody',
    element: 'UniqueBody',
    getOnly: true,
    viewed: true,
    attributes: (subject) => ({ BodyType: bodyType(subject) }),
    read: (subject) => bodyOf(subject, bodyType(subject)),
  },
  {
    uri: 'item:Attachments',
    element: 'Attachments',
    shape: 'Default',
    getOnly: true,
    viewed: true,
    read: viewAttachments,
  },
  { uri: 'item:HasAttachments', element: 'HasAttachments', shape: 'Default', read: ({ item }) => hasAttachments(item) },
  { uri: 'item:Size', element: 'Size', shape: 'Default', read: ({ item }) => sizeOf(item) },
  {
    uri: 'item:Categories',
    element: 'Categories',
    shape: 'AllProperties',
    read: ({ item }) => strings(item.categories),
  },
  {
    uri: 'item:DateTimeReceived',
    element: 'DateTimeReceived',
    shape: 'AllProperties',
    read: ({ item }) => dateTime(item.kind === 'message' ? item.received : item.created),
  },
  {
    uri: 'item:DateTimeSent',
    element: 'DateTimeSent',
    shape: 'Default',
    read: ({ item }) => dateTime(item.kind === 'message' ? item.sent : item.created),
  },
  {
    uri: 'item:DateTimeCreated',
    element: 'DateTimeCreated',
    shape: 'Default',
    read: ({ item }) => dateTime(item.created),
  },
  {
    uri: 'item:LastModifiedTime',
    element: 'LastModifiedTime',
    shape: 'AllProperties',
    read: ({ item }) => dateTime(item.modified),
  },
  {
    uri: 'item:LastModifiedName',
    element: 'LastModifiedName',
    shape: 'AllProperties',
    read: ({ owner }) => owner.name || owner.address,
  },
  { uri: 'item:Culture', element: 'Culture', shape: 'AllProperties', read: () => 'en-US' },
  { uri: 'item:IsAssociated', element: 'IsAssociated', shape: 'AllProperties', read: () => false },
  {
    uri: 'item:IsDraft',
    element: 'IsDraft',
    shape: 'AllProperties',
    read: ({ item }) => item.kind === 'message' && item.draft,
  },
  {
    uri: 'item:IsSubmitted',
    element: 'IsSubmitted',
    shape: 'AllProperties',
    read: ({ item }) => item.kind === 'message' && !item.draft,
  },
  { uri: 'item:IsResend', element: 'IsResend', shape: 'AllProperties', read: () => false },
  { uri: 'item:IsUnmodified', element: 'IsUnmodified', shape: 'AllProperties', read: ({ item }) => unmodified(item) },
  {
    uri: 'item:IsFromMe',
    element: 'IsFromMe',
    shape: 'AllProperties',
    read: ({ item, owner }) =>
      item.kind === 'message' && item.headers.from[0]?.address.toLowerCase() === owner.address.toLowerCase(),
  },
  {
    uri: 'item:ReminderIsSet',
    element: 'ReminderIsSet',
    shape: 'AllProperties',
    read: ({ item }) => (item.kind === 'event' || item.kind === 'task') && item.reminder !== undefined,
  },
  {
    uri: 'item:ReminderMinutesBeforeStart',
    element: 'ReminderMinutesBeforeStart',
    shape: 'AllProperties',
    read: ({ item }) => (item.kind === 'event' ? (item.reminder ?? 15) : 0),
  },
  {
    uri: 'item:ReminderDueBy',
    element: 'ReminderDueBy',
    shape: 'AllProperties',
    read: ({ item }) => (item.kind === 'task' ? dateTime(item.reminder) : undefined),
  },
]

export function subjectOf(item: Item): string {
  if (item.kind === 'message') return item.headers.subject
  return item.kind === 'contact' ? (item.fileAs ?? item.displayName ?? '') : item.subject
}

export function hasAttachments(item: Item): boolean {
  return item.kind === 'message' ? item.hasAttachments : item.attachments.length > 0
}

export function sizeOf(item: Item): number {
  if (item.kind === 'message') return item.mime.byteLength
  return item.attachments.reduce((sum, { content }) => sum + content.byteLength, 1024)
}

function unmodified(item: Item): boolean {
  return item.created.getTime() === item.modified.getTime()
}
