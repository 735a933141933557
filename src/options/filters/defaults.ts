import { type Catalogue, PARTICIPATION, type Table } from '#records'
import { type FilterKind, mayBeFiltered, TEMPLATE_TYPE } from './kinds.ts'
import { all, condition, fetchXml, idOf, plural, type SeededQuery } from './words.ts'

/** The templates that every installation begins with: what a new user's filters are (SF-40, SF-41, SF-54). */
export function defaultTemplates({ tables }: Catalogue): SeededQuery[] {
  const online = ONLINE.map(([table, name, criteria]) => template('online', table, name, criteria))
  const offline = tables
    .filter((table) => !table.view && mayBeFiltered('offline', table))
    .map((table) => template('offline', table.name, `My ${plural(table.label)}`, ownOf(table)))
  return [...online, ...offline]
}

const OWN = condition('ownerid', 'eq-userid')
const OPEN = condition('statecode', 'eq', 0)

/** The user in one of these roles; being merely the owner is not enough. */
const partOf = (...roles: readonly number[]) =>
  `<link-entity name="activityparty" from="activityid" to="activityid" alias="party">${all(
    condition('partyid', 'eq-userid'),
    condition('participationtypemask', 'in', ...roles),
  )}</link-entity>`
const { organizer, required, optional, resource } = PARTICIPATION
const ATTENDING = partOf(required, optional, organizer)

/** SF-40. */
const ONLINE: readonly (readonly [table: string, name: string, criteria: string])[] = [
  ['contact', 'My Outlook Contacts', all(OWN, OPEN)],
  ['appointment', 'My Appointments', ATTENDING],
  ['recurringappointmentmaster', 'My Recurring Appointments', ATTENDING],
  ['serviceappointment', 'My Service Activities', partOf(resource)],
  ['task', 'My Tasks', all(OWN, OPEN)],
  ['phonecall', 'My Phone Calls', all(OWN, OPEN)],
  ['letter', 'My Letters', all(OWN, OPEN)],
  ['fax', 'My Faxes', all(OWN, OPEN)],
]

/** SF-41: what is one's own and active or open; of custom tables what is one's own (SF-54). */
function ownOf(table: Table): string {
  const owned = table.ownership === 'user' ? [OWN] : []
  const states = table.byName.get('statecode')?.options ?? {}
  if (table.custom || !states[0]) return all(...owned)
  const open = states[3] === 'Scheduled' ? condition('statecode', 'in', 0, 3) : OPEN
  return all(...owned, open)
}

function template(kind: FilterKind, table: string, name: string, criteria: string): SeededQuery {
  return {
    savedqueryid: idOf('template', kind, table),
    name,
    returnedtypecode: table,
    querytype: TEMPLATE_TYPE[kind],
    fetchxml: fetchXml(table, criteria),
    isdefault: true,
  }
}
