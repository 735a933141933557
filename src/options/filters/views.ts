import type { Catalogue, Table } from '#records'
import { QUERY_TYPE } from './kinds.ts'
import { all, condition, fetchXml, idOf, plural, type SeededQuery } from './words.ts'

/** The views that every installation begins with: rows, columns and order of each table (the first is its default). */
export function standardViews({ tables }: Catalogue): SeededQuery[] {
  return tables.filter((table) => !table.view && table.ownership !== 'child').flatMap(viewsOf)
}

const TO_DO = ['subject', 'regardingobjectid', 'prioritycode', 'scheduledend', 'statuscode', 'ownerid']
const MEETING = ['subject', 'regardingobjectid', 'scheduledstart', 'scheduledend', 'location', 'statecode', 'ownerid']

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  account: ['name', 'telephone1', 'address1_city', 'primarycontactid', 'emailaddress1'],
  contact: ['fullname', 'parentcustomerid', 'emailaddress1', 'telephone1'],
  lead: ['fullname', 'subject', 'companyname', 'emailaddress1', 'statuscode', 'createdon'],
  opportunity: ['name', 'customerid', 'estimatedclosedate', 'estimatedvalue', 'closeprobability', 'ownerid'],
  incident: ['title', 'ticketnumber', 'prioritycode', 'customerid', 'ownerid', 'createdon'],
  email: ['subject', 'regardingobjectid', 'sender', 'torecipients', 'senton', 'statuscode', 'modifiedon'],
  appointment: MEETING,
  serviceappointment: MEETING,
  recurringappointmentmaster: ['subject', 'regardingobjectid', 'patternstartdate', 'patternenddate', 'ownerid'],
  task: TO_DO,
  phonecall: TO_DO,
  letter: TO_DO,
  fax: TO_DO,
  systemuser: ['fullname', 'internalemailaddress', 'title', 'businessunitid'],
  mailbox: ['name', 'emailaddress', 'regardingobjectid', 'emailserverprofile', 'emailrouteraccessapproval'],
  queue: ['name', 'emailaddress', 'queueviewtype', 'ownerid'],
}
const SHORT = new Set(['text', 'choice', 'lookup', 'boolean', 'datetime', 'date', 'money', 'integer'])
const SYSTEM = new Set(['createdon', 'createdby', 'modifiedon', 'modifiedby', 'versionnumber'])

function columnsOf(table: Table): readonly string[] {
  const chosen = COLUMNS[table.name]
  if (chosen) return chosen
  const others = table.columns.filter(
    ({ name, type, readOnly }) => SHORT.has(type) && !readOnly && name !== table.primaryName && !SYSTEM.has(name),
  )
  return [table.primaryName, ...others.slice(0, 4).map(({ name }) => name), 'modifiedon']
}

function viewsOf(table: Table): SeededQuery[] {
  const names = plural(table.label)
  const own = condition('ownerid', 'eq-userid')
  const mine = table.ownership === 'user'
  const states = table.byName.get('statecode')?.options
  if (states?.[0]) {
    const [open, rest] =
      states[3] === 'Scheduled'
        ? [condition('statecode', 'in', 0, 3), condition('statecode', 'not-in', 0, 3)]
        : [condition('statecode', 'eq', 0), condition('statecode', 'ne', 0)]
    return [
      view(table, `${states[0]} ${names}`, [open], true),
      ...(mine ? [view(table, `My ${states[0]} ${names}`, [own, open])] : []),
      view(table, `${states[1] === 'Inactive' ? 'Inactive' : 'Closed'} ${names}`, [rest]),
    ]
  }
  if (table.byName.has('isdisabled'))
    return [
      view(table, `Enabled ${names}`, [condition('isdisabled', 'ne', 1)], true),
      view(table, `Disabled ${names}`, [condition('isdisabled', 'eq', 1)]),
    ]
  return [view(table, `All ${names}`, [], true), ...(mine ? [view(table, `My ${names}`, [own])] : [])]
}

function view(table: Table, name: string, conditions: readonly string[], isdefault = false): SeededQuery {
  const columns = columnsOf(table)
  const attributes = [...new Set([table.id, ...columns])].map((column) => `<attribute name="${column}"/>`)
  const order = table.activity
    ? '<order attribute="modifiedon" descending="true"/>'
    : `<order attribute="${table.primaryName}"/>`
  const cells = columns.map((column, at) => `<cell name="${column}" width="${at === 0 ? 300 : 150}"/>`)
  return {
    savedqueryid: idOf('view', table.name, name),
    name,
    returnedtypecode: table.name,
    querytype: QUERY_TYPE.publicView,
    fetchxml: fetchXml(table.name, attributes.join('') + order + all(...conditions)),
    layoutxml: `<grid name="resultset" jump="${table.primaryName}" select="1"><row name="result" id="${table.id}">${cells.join('')}</row></grid>`,
    isdefault,
  }
}
