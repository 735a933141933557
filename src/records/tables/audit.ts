import { choice, lookup, memo, table, text } from './columns.ts'

/** The codes of `audit.operation`, as in the field. */
export const AUDIT_OPERATION = { create: 1, update: 2, delete: 3, access: 4 } as const

/**
 * Who changed what, when, and on whose behalf (B-83). Written in the transaction of the change, by nothing else; the
 * values are read by `RetrieveRecordChangeHistory`, which leaves out what the reader may not see.
 */
export const audit = table({
  name: 'audit',
  set: 'audits',
  label: 'Auditing',
  id: 'auditid',
  primaryName: 'objecttypecode',
  ownership: 'organization',
  privilege: 'AuditSummary',
  audit: 'none',
  columns: [
    choice('operation', { 1: 'Create', 2: 'Update', 3: 'Delete', 4: 'Access' }, { required: true }),
    choice(
      'action',
      { 1: 'Create', 2: 'Update', 3: 'Delete', 13: 'Assign', 14: 'Share', 4: 'Erase' },
      { required: true },
    ),
    { name: 'objectid', type: 'id', required: true, label: 'Record' },
    text('objecttypecode', 100, { required: true, label: 'Table' }),
    lookup('userid', 'systemuser', { label: 'Changed by' }),
    lookup('callinguserid', 'systemuser', { label: 'Acting user' }),
    memo('attributemask', 65_536, { label: 'Changed columns' }),
    { name: 'changedata', type: 'json', label: 'Values', secured: true, personal: true },
    { name: 'transactionid', type: 'id' },
  ],
  indexes: [['objectid', 'createdon'], ['createdon']],
})
