import type { TableDefinition } from './definition.ts'

/** A lookup and one table that it may point to. Both ends have the names that Dataverse gives them, where it has them. */
export interface Relationship {
  /** Unique among all relationships. */
  name: string
  /** The table with the lookup. */
  referencing: TableDefinition
  column: string
  /** The table that it points to. */
  referenced: TableDefinition
  /** From a row with the lookup to what it points to. */
  lookupName: string
  /** From a row to those that point to it. */
  collectionName: string
}

/** Two tables that are tied by the rows of a third. */
export interface ManyToMany {
  name: string
  intersect: TableDefinition
  first: { table: TableDefinition; column: string }
  second: { table: TableDefinition; column: string }
}

interface Tables {
  readonly tables: readonly TableDefinition[]
  find(table: string): TableDefinition | undefined
}

const kept = new WeakMap<Tables, { ties: readonly Relationship[]; many: readonly ManyToMany[] }>()

/** All lookups of all tables, once for each table that they may point to. */
export function relationshipsOf(tables: Tables): readonly Relationship[] {
  return known(tables).ties
}

export function manyToManyOf(tables: Tables): readonly ManyToMany[] {
  return known(tables).many
}

function known(tables: Tables) {
  const found = kept.get(tables) ?? { ties: ties(tables), many: intersections(tables) }
  kept.set(tables, found)
  return found
}

function ties(tables: Tables): Relationship[] {
  const names = new Set<string>()
  const taken = new Map<TableDefinition, Set<string>>()
  return tables.tables.flatMap((referencing) =>
    referencing.columns.flatMap(({ name: column, targets = [], schema = column, relationship }) =>
      targets.flatMap((target): Relationship[] => {
        const referenced = tables.find(target)
        if (!referenced) return []
        const own = taken.get(referenced) ?? new Set(referenced.columns.map(({ name }) => name))
        taken.set(referenced, own)
        const plain = `${referencing.name}_${column}`
        const collectionName = unused(
          own,
          relationship ?? nameOf(referencing, column, referenced) ?? plain,
          plain,
          `${plain}_${target}`,
        )
        return [
          {
            name: unused(names, collectionName, `${collectionName}_${target}`),
            referencing,
            column,
            referenced,
            lookupName: targets.length > 1 ? `${schema}_${target}` : schema,
            collectionName,
          },
        ]
      }),
    ),
  )
}

/** The first name that is not taken, which it then is. */
function unused(taken: Set<string>, ...wanted: readonly [string, ...string[]]): string {
  const name = wanted.find((each) => !taken.has(each)) ?? wanted[0]
  taken.add(name)
  return name
}

/** Single relationships of Dataverse whose names follow no pattern: by table, lookup and target. */
const NAMED: Readonly<Record<string, string>> = {
  'contact.parentcustomerid.account': 'contact_customer_accounts',
  'contact.parentcustomerid.contact': 'contact_customer_contacts',
  'contact.originatingleadid.lead': 'contact_originating_lead',
  'account.originatingleadid.lead': 'account_originating_lead',
  'opportunityclose.opportunityid.opportunity': 'Opportunity_OpportunityClose',
  'incidentresolution.incidentid.incident': 'Incident_IncidentResolutions',
  'account.parentaccountid.account': 'account_parent_account',
  'account.primarycontactid.contact': 'account_primary_contact',
  'lead.parentaccountid.account': 'lead_parent_account',
  'lead.parentcontactid.contact': 'lead_parent_contact',
  'lead.qualifyingopportunityid.opportunity': 'lead_qualifying_opportunity',
  'opportunity.customerid.account': 'opportunity_customer_accounts',
  'opportunity.customerid.contact': 'opportunity_customer_contacts',
  'opportunity.parentaccountid.account': 'opportunity_parent_account',
  'opportunity.parentcontactid.contact': 'opportunity_parent_contact',
  'opportunity.originatingleadid.lead': 'opportunity_originating_lead',
  'incident.customerid.account': 'incident_customer_accounts',
  'incident.customerid.contact': 'incident_customer_contacts',
  'incident.primarycontactid.contact': 'contact_as_primary_contact',
  'incident.parentcaseid.incident': 'incident_parent_incident',
  'email.correlatedactivityid.email': 'email_email_correlatedactivityid',
  'email.parentactivityid.email': 'email_email_parentactivityid',
  'appointment.seriesid.recurringappointmentmaster': 'recurringappointmentmaster_appointment',
  'queueitem.queueid.queue': 'queue_entries',
  'systemuser.parentsystemuserid.systemuser': 'user_parent_user',
  'systemuser.businessunitid.businessunit': 'business_unit_system_users',
  'team.businessunitid.businessunit': 'business_unit_teams',
  'role.businessunitid.businessunit': 'business_unit_roles',
  'team.administratorid.systemuser': 'lk_teambase_administratorid',
  'businessunit.parentbusinessunitid.businessunit': 'business_unit_parent_business_unit',
  'systemuser.queueid.queue': 'queue_system_user',
  'team.queueid.queue': 'queue_team',
}

/** Activities as they are called in the names of what they regard. */
const ACTIVITIES: Readonly<Record<string, string>> = {
  email: 'Emails',
  appointment: 'Appointments',
  task: 'Tasks',
  phonecall: 'Phonecalls',
  letter: 'Letters',
  fax: 'Faxes',
  serviceappointment: 'ServiceAppointments',
  recurringappointmentmaster: 'RecurringAppointmentMasters',
  activitypointer: 'ActivityPointers',
}

/** The way back along a lookup, as Dataverse calls it; undefined for `<table>_<lookup>`. */
function nameOf(table: TableDefinition, column: string, target: TableDefinition): string | undefined {
  const { name, set } = table
  const capital = target.custom ? target.name : target.name.charAt(0).toUpperCase() + target.name.slice(1)
  const party = target.name === 'systemuser' ? 'system_user' : target.name
  if (column === 'regardingobjectid' && (table.activity || table.view)) return `${capital}_${ACTIVITIES[name] ?? set}`
  if (name === 'annotation' && column === 'objectid') return `${capital}_Annotation`
  if (name === 'queueitem' && column === 'objectid') return `${capital}_QueueItem`
  if (name === 'activitymimeattachment' && column === 'objectid') return `${target.name}_activity_mime_attachment`
  if (name === 'activityparty' && column === 'activityid') return `${target.name}_activity_parties`
  if (name === 'activityparty' && column === 'partyid') return `${party}_activity_parties`
  if (/^(created|modified)(onbehalf)?by$/.test(column)) return `lk_${name}base_${column}`
  return NAMED[`${name}.${column}.${target.name}`] ?? OWNERS[column]?.(set)
}

const OWNERS: Readonly<Record<string, (set: string) => string>> = {
  ownerid: (set) => `owner_${set}`,
  owninguser: (set) => `user_${set}`,
  owningteam: (set) => `team_${set}`,
  owningbusinessunit: (set) => `business_unit_${set}`,
}

/** Tables whose rows only tie two others, with the names of Dataverse. */
const INTERSECTIONS: readonly { name: string; table: string; first: string; second: string }[] = [
  { name: 'teammembership_association', table: 'teammembership', first: 'teamid', second: 'systemuserid' },
  { name: 'systemuserroles_association', table: 'systemuserroles', first: 'systemuserid', second: 'roleid' },
  { name: 'teamroles_association', table: 'teamroles', first: 'teamid', second: 'roleid' },
  {
    name: 'systemuserprofiles_association',
    table: 'systemuserprofiles',
    first: 'systemuserid',
    second: 'fieldsecurityprofileid',
  },
  { name: 'teamprofiles_association', table: 'teamprofiles', first: 'teamid', second: 'fieldsecurityprofileid' },
]

function intersections(tables: Tables): ManyToMany[] {
  const custom = tables.tables.flatMap(({ name, intersect }) => (intersect ? [{ ...intersect, table: name }] : []))
  return [...INTERSECTIONS, ...custom].flatMap(({ name, table, first, second }): ManyToMany[] => {
    const intersect = tables.find(table)
    const end = (column: string) => {
      const target = intersect?.columns.find((each) => each.name === column)?.targets?.[0]
      const found = target === undefined ? undefined : tables.find(target)
      return found && { table: found, column }
    }
    const [one, other] = [end(first), end(second)]
    return intersect && one && other ? [{ name, intersect, first: one, second: other }] : []
  })
}
