import { type ColumnDefinition, completeTable, type TableDefinition } from '#records'
import { QUERY_TYPE } from './kinds.ts'

const VIEWS = {
  [QUERY_TYPE.publicView]: 'View',
  [QUERY_TYPE.advancedFind]: 'Advanced find view',
  [QUERY_TYPE.subGrid]: 'Associated view',
  [QUERY_TYPE.quickFind]: 'Quick find view',
  [QUERY_TYPE.lookupView]: 'Lookup view',
  [QUERY_TYPE.offlineFilter]: 'Offline filter',
  [QUERY_TYPE.outlookFilter]: 'Outlook filter',
}
const TEMPLATES = {
  [QUERY_TYPE.offlineTemplate]: 'Offline filter template',
  [QUERY_TYPE.outlookTemplate]: 'Outlook filter template',
}

/** SF-2. FetchXML and layout are kept and given back as they were given. */
function queryColumns(types: Record<number, string>): ColumnDefinition[] {
  return [
    { name: 'name', type: 'text', max: 200, required: true },
    { name: 'description', type: 'memo', max: 2000 },
    { name: 'returnedtypecode', type: 'text', max: 64, required: true, label: 'Table' },
    { name: 'querytype', type: 'choice', options: types, default: QUERY_TYPE.publicView },
    { name: 'fetchxml', type: 'memo', max: 32_768, required: true, personal: true },
    { name: 'layoutxml', type: 'memo', max: 65_536 },
    { name: 'statecode', type: 'choice', label: 'Status', options: { 0: 'Active', 1: 'Inactive' } },
    {
      name: 'statuscode',
      type: 'choice',
      label: 'Status reason',
      options: { 1: 'Active', 2: 'Inactive' },
      states: { 1: 0, 2: 1 },
    },
  ]
}

/** Views of everybody, filters that count for everybody, and the templates of filters (SF-1). */
const savedquery: TableDefinition = {
  name: 'savedquery',
  set: 'savedqueries',
  label: 'View',
  id: 'savedqueryid',
  primaryName: 'name',
  ownership: 'organization',
  privilege: 'Query',
  columns: [
    ...queryColumns({ ...VIEWS, ...TEMPLATES }),
    { name: 'isdefault', type: 'boolean', default: false },
    { name: 'isquickfindquery', type: 'boolean', default: false },
  ],
  indexes: [['returnedtypecode', 'querytype']],
}

/** A person's own views and filters (SF-1). */
const userquery: TableDefinition = {
  name: 'userquery',
  set: 'userqueries',
  label: 'Saved View',
  id: 'userqueryid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'UserQuery',
  columns: [
    ...queryColumns(VIEWS),
    { name: 'parentqueryid', type: 'lookup', targets: ['savedquery'], label: 'Template it came from' }, // SF-53
  ],
  indexes: [['ownerid', 'querytype', 'returnedtypecode']],
}

export const filterTables: readonly TableDefinition[] = [savedquery, userquery].map(completeTable)
