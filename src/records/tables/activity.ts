import { choice, instant, lookup, memo, table, text, whole, yesNo } from './columns.ts'
import type { ColumnDefinition, TableDefinition } from './definition.ts'

/**
 * Marks that stand for a set of tables in `targets`; the catalogue replaces them, so that custom tables take part.
 * `regarding`: tables that have activities (also what folders are mapped to). `activity`: all activities. `party`: whoever can take part in one.
 */
export const TARGETS = { regarding: '*', activity: '#activity', party: '#party', any: '#any' } as const

const PRIORITY = { 0: 'Low', 1: 'Normal', 2: 'High' }

type Declaration = Pick<TableDefinition, 'name' | 'set' | 'label' | 'columns'> &
  Partial<Pick<TableDefinition, 'availableOffline' | 'keys' | 'indexes' | 'custom' | 'privilege'>>

/** An activity: the columns of activitypointer, and its own. */
export function activity(declaration: Declaration): TableDefinition {
  const own = new Set(declaration.columns.map((column) => column.name))
  const common = activityColumns().filter((column) => !own.has(column.name))
  return table({
    id: 'activityid',
    primaryName: 'subject',
    ownership: 'user',
    privilege: 'Activity',
    activity: true,
    ...declaration,
    columns: [...common, ...declaration.columns],
  })
}

/** The columns of activitypointer that every activity has, beside the state, the owner and the system's. */
function activityColumns(): ColumnDefinition[] {
  return [
    text('subject', 200, { personal: true }),
    memo('description', undefined, { personal: true }),
    lookup('regardingobjectid', TARGETS.regarding, { label: 'Regarding' }),
    instant('scheduledstart', { label: 'Start' }),
    instant('scheduledend', { label: 'Due' }),
    instant('actualstart'),
    instant('actualend'),
    whole('scheduleddurationminutes', { min: 0 }),
    whole('actualdurationminutes', { min: 0 }),
    choice('prioritycode', PRIORITY, { default: 1 }),
    instant('sortdate'),
    yesNo('isprivate', false),
  ]
}

/** The roles of a party, by the codes of `participationtypemask`. */
export const PARTICIPATION = {
  sender: 1,
  to: 2,
  cc: 3,
  bcc: 4,
  required: 5,
  optional: 6,
  organizer: 7,
  regarding: 8,
  owner: 9,
  resource: 10,
  customer: 11,
  partner: 12,
  related: 13,
} as const

export const activityparty = table({
  name: 'activityparty',
  set: 'activityparties',
  label: 'Activity Party',
  id: 'activitypartyid',
  primaryName: 'addressused',
  ownership: 'child',
  parent: 'activityid',
  columns: [
    lookup('activityid', TARGETS.activity, { required: true }),
    choice(
      'participationtypemask',
      {
        1: 'Sender',
        2: 'To Recipient',
        3: 'CC Recipient',
        4: 'BCC Recipient',
        5: 'Required attendee',
        6: 'Optional attendee',
        7: 'Organizer',
        8: 'Regarding',
        9: 'Owner',
        10: 'Resource',
        11: 'Customer',
        12: 'Partner',
        13: 'Related',
      },
      { required: true },
    ),
    lookup('partyid', TARGETS.party, { label: 'Party' }),
    text('addressused', 320, { personal: true }),
    text('unresolvedpartyname', 320, { personal: true }),
    { name: 'candidates', type: 'json', label: 'Others it might have been', personal: true }, // B-52
    yesNo('ispartydeleted', false, { readOnly: true }),
    yesNo('donotemail', undefined),
    choice('exchangeentryresponse', { 0: 'None', 1: 'Organizer', 2: 'Tentative', 3: 'Accepted', 4: 'Declined' }),
  ],
  indexes: [['addressused']], // T-70
})

export const activitymimeattachment = table({
  name: 'activitymimeattachment',
  set: 'activitymimeattachments',
  label: 'Attachment',
  id: 'activitymimeattachmentid',
  primaryName: 'filename',
  ownership: 'child',
  parent: 'objectid',
  columns: [
    lookup('objectid', TARGETS.activity, { required: true }),
    text('filename', 255, { personal: true }),
    text('subject', 2000, { personal: true }),
    text('mimetype', 256),
    whole('filesize', { min: 0 }),
    whole('attachmentnumber', { min: 0 }),
    text('attachmentcontentid', 250),
    yesNo('isinline', false),
    text('contenthash', 64, { label: 'SHA-256 of the content' }), // B-61
  ],
  indexes: [['contenthash']],
})

export const annotation = table({
  name: 'annotation',
  set: 'annotations',
  search: true,
  label: 'Note',
  id: 'annotationid',
  primaryName: 'subject',
  ownership: 'child',
  parent: 'objectid',
  columns: [
    lookup('objectid', TARGETS.any, { required: true, label: 'Regarding' }),
    text('subject', 500, { personal: true }),
    memo('notetext', 100_000, { personal: true }),
    yesNo('isdocument', false),
    text('filename', 255, { personal: true }),
    text('mimetype', 256, { search: false }),
    whole('filesize', { min: 0 }),
    text('contenthash', 64, { label: 'SHA-256 of the content', search: false }), // B-61
    text('langid', 2, { search: false }),
  ],
})

/** T-83: never two items of one record in one queue; the key enforces it. */
export const queueitem = table({
  name: 'queueitem',
  set: 'queueitems',
  label: 'Queue Item',
  id: 'queueitemid',
  primaryName: 'title',
  ownership: 'child',
  parent: 'queueid',
  columns: [
    lookup('queueid', 'queue', { required: true }),
    lookup('objectid', TARGETS.any, { required: true }),
    text('title', 400, { personal: true }),
    instant('enteredon'),
    lookup('workerid', ['systemuser', 'team']),
    instant('workeridmodifiedon'),
    choice('statecode', { 0: 'Active', 1: 'Inactive' }),
    { name: 'statuscode', type: 'choice', options: { 1: 'Active', 2: 'Inactive' }, states: { 1: 0, 2: 1 } },
  ],
  keys: [{ name: 'item', columns: ['objectid', 'queueid'] }],
})

/** All activities in one list: a view, so it is read and never written. */
export const activitypointer: TableDefinition = {
  ...table({
    name: 'activitypointer',
    set: 'activitypointers',
    label: 'Activity',
    id: 'activityid',
    primaryName: 'subject',
    ownership: 'user',
    privilege: 'Activity',
    columns: [
      text('activitytypecode', 100, { label: 'Activity type' }),
      ...activityColumns(),
      choice('statecode', { 0: 'Open', 1: 'Completed', 2: 'Canceled', 3: 'Scheduled' }),
      whole('statuscode'),
      instant('senton'),
      choice('visibility', { 0: 'Everyone', 1: 'Participants', 2: 'Metadata only' }), // B-81
    ],
  }),
  view: true,
}
