import { completeTable, type TableDefinition } from '#records'
import { filterTables } from './filters/tables.ts'
import { organizationSettings } from './organizationSettings.ts'
import { personalOptions } from './personalOptions.ts'
import { columnDefinitionOf } from './setting.ts'

/** The one row of the organization: its name and every setting (OV §7). */
const organization: TableDefinition = {
  name: 'organization',
  set: 'organizations',
  label: 'Organization',
  id: 'organizationid',
  primaryName: 'name',
  ownership: 'organization',
  privilege: 'Organization',
  columns: [{ name: 'name', type: 'text', max: 160, required: true }, ...organizationSettings.map(columnDefinitionOf)],
}

/** One row per user who has chosen something, owned by that user: options are nobody else's business (PO-4). */
const usersettings: TableDefinition = {
  name: 'usersettings',
  set: 'usersettingscollection',
  label: 'Personal options',
  id: 'usersettingsid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'UserSettings',
  columns: [
    { name: 'name', type: 'text', max: 160 },
    { name: 'systemuserid', type: 'lookup', targets: ['systemuser'], required: true },
    ...personalOptions.map(columnDefinitionOf),
  ],
  keys: [{ name: 'usersettings_user', columns: ['systemuserid'] }],
}

export const optionTables: readonly TableDefinition[] = [
  ...[organization, usersettings].map(completeTable),
  ...filterTables,
]
