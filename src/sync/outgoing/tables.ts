import { completeTable, type TableDefinition } from '#records'

/** What is written once and sent often. `{!contact.firstname;there}` stands for a column of the recipient (OE-52). */
const template: TableDefinition = {
  name: 'template',
  set: 'templates',
  label: 'Email Template',
  id: 'templateid',
  primaryName: 'title',
  ownership: 'user',
  privilege: 'EmailTemplate',
  columns: [
    { name: 'title', type: 'text', max: 200, required: true },
    { name: 'description', type: 'memo', max: 2000 },
    { name: 'templatetypecode', type: 'text', max: 64, label: 'Table of the recipients', default: 'contact' },
    { name: 'subject', type: 'text', max: 998 },
    { name: 'body', type: 'memo', max: 1_048_576, personal: true },
    { name: 'mimetype', type: 'text', max: 256, default: 'text/html' },
    { name: 'languagecode', type: 'integer' },
  ],
}

/** What stands below what a user sends. */
const emailsignature: TableDefinition = {
  name: 'emailsignature',
  set: 'emailsignatures',
  label: 'Email Signature',
  id: 'emailsignatureid',
  primaryName: 'title',
  ownership: 'user',
  privilege: 'EmailSignature',
  columns: [
    { name: 'title', type: 'text', max: 200, required: true },
    { name: 'body', type: 'memo', max: 100_000, personal: true, label: 'HTML' },
    { name: 'isdefault', type: 'boolean', default: false },
  ],
  indexes: [['ownerid']],
}

export const outgoingTables: readonly TableDefinition[] = [template, emailsignature].map(completeTable)
