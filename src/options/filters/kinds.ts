/** The numbers by which the field tells saved queries apart (`querytype`). */
export const QUERY_TYPE = {
  publicView: 0,
  advancedFind: 1,
  subGrid: 2,
  quickFind: 4,
  offlineFilter: 16,
  lookupView: 64,
  outlookFilter: 256,
  offlineTemplate: 8192,
  outlookTemplate: 131_072,
} as const

/** Where a filter counts: for the mailbox's items (SF-3), or for the copy on a person's own computer. */
export type FilterKind = 'online' | 'offline'

export const FILTER_TYPE: Readonly<Record<FilterKind, number>> = {
  online: QUERY_TYPE.outlookFilter,
  offline: QUERY_TYPE.offlineFilter,
}
export const TEMPLATE_TYPE: Readonly<Record<FilterKind, number>> = {
  online: QUERY_TYPE.outlookTemplate,
  offline: QUERY_TYPE.offlineTemplate,
}

/** The kind of a filter or template; undefined for views. */
export function filterKindOf(queryType: unknown): FilterKind | undefined {
  if (queryType === QUERY_TYPE.outlookFilter || queryType === QUERY_TYPE.outlookTemplate) return 'online'
  if (queryType === QUERY_TYPE.offlineFilter || queryType === QUERY_TYPE.offlineTemplate) return 'offline'
  return undefined
}

export const isTemplate = (queryType: unknown): boolean =>
  queryType === QUERY_TYPE.outlookTemplate || queryType === QUERY_TYPE.offlineTemplate

/** SF-4: what can be synchronized with a mailbox. Email never is part of a filter. */
const ONLINE_TABLES: ReadonlySet<string> = new Set([
  'appointment',
  'recurringappointmentmaster',
  'serviceappointment',
  'contact',
  'task',
  'phonecall',
  'letter',
  'fax',
])

/** SF-4. */
export function mayBeFiltered(kind: FilterKind, table: { name: string; availableOffline?: boolean }): boolean {
  if (table.name === 'email') return false
  return kind === 'online' ? ONLINE_TABLES.has(table.name) : table.availableOffline === true
}
