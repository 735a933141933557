import { completeTable, type TableDefinition } from '#records'

export const MESSAGES = { create: 1, update: 2, delete: 3 } as const
const bySystem = { readOnly: true } as const

/** An address that is told of changes. It is told what its owner may read, and nothing else (law 7). */
const webhook: TableDefinition = {
  name: 'webhook',
  set: 'webhooks',
  label: 'Webhook',
  id: 'webhookid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'ServiceEndpoint',
  columns: [
    { name: 'name', type: 'text', max: 200, required: true },
    { name: 'url', type: 'text', max: 2000, format: 'url', required: true },
    { name: 'secret', type: 'secret', max: 200, required: true, label: 'Key of the signatures' },
    { name: 'tables', type: 'memo', max: 4000, required: true, label: 'Tables, separated by commas' },
    {
      name: 'messages',
      type: 'choices',
      options: { [MESSAGES.create]: 'Create', [MESSAGES.update]: 'Update', [MESSAGES.delete]: 'Delete' },
      label: 'Messages; all without any',
    },
    {
      name: 'filteringattributes',
      type: 'memo',
      max: 4000,
      label: 'Columns of which an update must change one, separated by commas',
    },
    { name: 'batchsize', type: 'integer', min: 1, maxValue: 100, default: 1, label: 'Changes of one delivery' },
    { name: 'timeoutseconds', type: 'integer', min: 1, maxValue: 60, default: 10 },
    { name: 'pausedon', type: 'datetime', ...bySystem },
    { name: 'pausedreason', type: 'text', max: 500, ...bySystem },
    { name: 'statecode', type: 'choice', label: 'Status', options: { 0: 'Active', 1: 'Inactive' } },
    {
      name: 'statuscode',
      type: 'choice',
      label: 'Status reason',
      options: { 1: 'Active', 2: 'Inactive' },
      states: { 1: 0, 2: 1 },
    },
  ],
}

export const webhookTables: readonly TableDefinition[] = [webhook].map(completeTable)
