import { z } from 'zod'
import type { Reference, Row, Table, Value, Values } from '#records'
import { atomically, type Call } from '../api/call.ts'
import { reference } from '../fields.ts'
import { openRow } from './closing.ts'
import { operation } from './operation.ts'
import { readReference } from './references.ts'

/** What is taken over into the row of another table beside the columns of the same name. */
interface Wanted {
  account: Reference | undefined
  contact: Reference | undefined
}

const made = z.looseObject({ '@odata.type': z.string() })

/** What these are about is not kept here: currencies, campaigns and business processes. */
const ignored = z.unknown().optional().describe('Taken and left aside')

export const qualifyLead = operation({
  name: 'QualifyLead',
  kind: 'action',
  bound: 'lead',
  says: 'Qualifies an open lead and makes an account, a contact and an opportunity of it, as wanted.',
  atomic: true,
  input: z.strictObject({
    CreateAccount: z.boolean().default(false),
    CreateContact: z.boolean().default(false),
    CreateOpportunity: z.boolean().default(false),
    Status: z.int().default(-1).describe('A status reason of qualified leads; -1 for the default'),
    OpportunityCustomerId: reference.nullish().describe('The customer of the opportunity; the new account without it'),
    OpportunityCurrencyId: ignored,
    SourceCampaignId: ignored,
    ProcessInstanceId: ignored,
    SuppressDuplicateDetection: z.boolean().default(true),
  }),
  output: z.object({ value: z.array(made) }),
  run: (call, input, row) =>
    atomically(call, async (inner) => {
      const lead = row as Reference
      const found = await openRow(inner, lead)
      const options = { suppressDuplicateDetection: input.SuppressDuplicateDetection }
      const created: Reference[] = []
      const add = async (table: string, values: Values): Promise<Reference> => {
        const copied = sharedValues(inner, found, table)
        const id = await inner.access.create(table, { ...copied, ...given(values) }, options)
        created.push({ table, id })
        return { table, id }
      }
      const account = input.CreateAccount
        ? await add('account', accountOf(found, lead))
        : pointer(found, 'parentaccountid')
      const contact = input.CreateContact
        ? await add('contact', { originatingleadid: lead, parentcustomerid: account })
        : pointer(found, 'parentcontactid')
      const chosen = input.OpportunityCustomerId ? readReference(inner, input.OpportunityCustomerId) : undefined
      const opportunity = input.CreateOpportunity
        ? await add('opportunity', opportunityOf(found, lead, { account, contact }, chosen))
        : undefined
      await inner.access.update(
        'lead',
        lead.id,
        given({
          statecode: 1,
          statuscode: input.Status < 0 ? undefined : input.Status,
          parentaccountid: account,
          parentcontactid: contact,
          qualifyingopportunityid: opportunity,
        }),
        { ifVersion: Number(found['versionnumber']) },
      )
      return { value: created.map((each) => show(inner, each)) }
    }),
})

function accountOf(lead: Row, originatingleadid: Reference): Values {
  return { name: firstOf(lead, 'companyname', 'fullname', 'subject'), originatingleadid }
}

function opportunityOf(
  lead: Row,
  originatingleadid: Reference,
  { account, contact }: Wanted,
  chosen: Reference | undefined,
): Values {
  return {
    name: firstOf(lead, 'subject', 'companyname', 'fullname'),
    customerid: chosen ?? account ?? contact,
    parentaccountid: account,
    parentcontactid: contact,
    originatingleadid,
    estimatedvalue: lead['estimatedamount'],
  }
}

function firstOf(lead: Row, ...columns: string[]): Value {
  return columns.map((name) => lead[name]).find((value) => value !== null && value !== undefined) ?? 'Unnamed'
}

/** Values of columns that both tables have, by name and type. */
function sharedValues({ regarding }: Call, lead: Row, to: string): Values {
  const { catalogue } = regarding.records
  const target: Table = catalogue.table(to)
  const shared = catalogue.table('lead').columns.filter(({ name, type, readOnly, joins }) => {
    const other = target.byName.get(name)
    const own = type === 'lookup' || type === 'id' || name === 'statecode' || name === 'statuscode' || readOnly || joins
    return !own && other?.type === type && !other.readOnly && !other.joins
  })
  return given(Object.fromEntries(shared.map(({ name }) => [name, lead[name]])))
}

function given(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null))
}

function pointer(row: Row, column: string): Reference | undefined {
  const id = row[column]
  return typeof id === 'string' ? { table: String(row[`${column}_table`]), id } : undefined
}

function show({ regarding }: Call, { table, id }: Reference): z.input<typeof made> {
  return { '@odata.type': `#Microsoft.Dynamics.CRM.${table}`, [regarding.records.catalogue.table(table).id]: id }
}
