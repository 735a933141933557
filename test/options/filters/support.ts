import { QUERY_TYPE } from '#options'
import { type Principal, SYSTEM, type Values } from '#records'
import type { Company, Person } from '../../incoming/support/company.ts'

/** `<fetch>` about a table with these criteria. */
export const fetchXml = (table: string, criteria = ''): string =>
  `<fetch><entity name="${table}">${criteria}</entity></fetch>`

export const condition = (attribute: string, operator: string, value?: string): string =>
  `<filter><condition attribute="${attribute}" operator="${operator}"${value === undefined ? '' : ` value="${value}"`}/></filter>`

export const as = (person: Pick<Person, 'id'>): Principal => ({ kind: 'user', id: person.id })

/** The columns of an online filter. */
export const filterOf = (table: string, criteria = '', more: Values = {}): Values => ({
  name: `My ${table}`,
  returnedtypecode: table,
  querytype: QUERY_TYPE.outlookFilter,
  fetchxml: fetchXml(table, criteria),
  ...more,
})

export const saveFilter = (company: Company, person: Person, table: string, criteria = '', more: Values = {}) =>
  company.regarding.records.as(as(person)).create('userquery', filterOf(table, criteria, more))

/** A user with a role beside Anna and Ben. */
export async function addUserWithRole(company: Company, firstname: string, role: string): Promise<Person> {
  const system = company.regarding.records.as(SYSTEM)
  const address = `${firstname.toLowerCase()}@adatum.example`
  const anna = await system.retrieve('systemuser', company.anna.id, ['businessunitid'])
  const id = await system.create('systemuser', {
    firstname,
    lastname: 'Test',
    internalemailaddress: address,
    businessunitid: { table: 'businessunit', id: String(anna?.['businessunitid']) },
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id },
    roleid: { table: 'role', id: role },
  })
  return { id, address, mailboxId: '' }
}
