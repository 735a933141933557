import { z } from 'zod'
import { parseFetch, type Query, type Table, type Values } from '#records'
import type { Call } from '../api/call.ts'
import { parsePrefer } from '../api/prefer.ts'
import { presentRows } from '../api/read.ts'
import { shapeOf } from '../api/shape.ts'
import { boundValues } from '../api/write/create.ts'
import { draftOf } from '../api/write/draft.ts'
import { Work } from '../api/write/work.ts'
import { RequestError } from '../failure.ts'
import { id, reference, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'
import { readReference } from './references.ts'

const MOST = 5000

/** A row of any table: `@odata.type`, and its properties. */
const entity = z.looseObject({ '@odata.type': text(200) })

const publish = operation({
  name: 'PublishDuplicateRule',
  kind: 'action',
  bound: 'duplicaterule',
  silent: true,
  says: 'Publishes a duplicate detection rule: it counts as it is now (DU-3).',
  input: z.strictObject({}),
  output: nothing,
  async run({ regarding, principal }, _input, row) {
    await regarding.records.duplicates.publish(principal, row?.id ?? '')
    return {}
  },
})

const unpublish = operation({
  name: 'UnpublishDuplicateRule',
  kind: 'action',
  silent: true,
  says: 'Takes a duplicate detection rule back (DU-3).',
  input: z.strictObject({ DuplicateRuleId: id }),
  output: nothing,
  async run({ regarding, principal }, input) {
    await regarding.records.duplicates.unpublish(principal, input.DuplicateRuleId)
    return {}
  },
})

const retrieveDuplicates = operation({
  name: 'RetrieveDuplicates',
  kind: 'function',
  says: 'The records of a table that look like one, saved or not, as far as the caller may read them (DU-6).',
  input: z.strictObject({
    BusinessEntity: entity.describe('The row: its id, its values, or both'),
    MatchingEntityName: text(128),
    PagingInfo: z
      .looseObject({ PageNumber: z.int().min(1).max(10_000).default(1), Count: z.int().min(1).max(MOST).default(MOST) })
      .optional(),
  }),
  output: z.object({ value: z.array(z.record(z.string(), z.unknown())) }),
  async run(call, input) {
    const { records } = call.regarding
    const { table, values } = await valuesOf(call, input.BusinessEntity)
    const matching = records.catalogue.table(input.MatchingEntityName)
    const { Count: limit = MOST, PageNumber = 1 } = input.PagingInfo ?? {}
    const paging = { matching: matching.name, limit, offset: (PageNumber - 1) * limit }
    const [found = []] = await records.duplicates.find(call.principal, table.name, [values], paging)
    const ids = [...new Set(found.map((each) => each.id))].slice(0, limit)
    if (ids.length === 0) return { value: [] }
    const condition = { kind: 'condition', column: matching.id, operator: 'in', values: ids } as const
    const asked = { table: matching.name, filter: { kind: 'filter', type: 'and', items: [condition] } } as const
    const { query, shape } = shapeOf(asked, records.catalogue, 'nested')
    const page = await call.access.query(query)
    return { value: await presentRows(call, page.rows, shape, parsePrefer(undefined)) }
  },
})

const bulkDetect = operation({
  name: 'BulkDetectDuplicates',
  kind: 'action',
  says: 'Starts a job that compares all records of a query with all others; see asyncoperations and duplicaterecords (DU-12).',
  input: z.looseObject({
    JobName: text(256),
    Query: z
      .looseObject({
        '@odata.type': text(200).optional(),
        EntityName: text(128).optional(),
        Query: text(32_768).optional(),
      })
      .describe('A QueryExpression with EntityName, or a FetchExpression with Query'),
  }),
  output: z.object({ JobId: id }),
  async run({ regarding, principal }, input) {
    const query = queryOf(input.Query)
    return { JobId: await regarding.records.duplicates.start(principal, query, input.JobName) }
  },
})

const merge = operation({
  name: 'Merge',
  kind: 'action',
  silent: true,
  says: 'Merges a record into another of its table: whatever pointed to it points to the target (DU-20 … DU-24).',
  input: z.strictObject({
    Target: reference,
    Subordinate: reference,
    UpdateContent: entity.optional().describe('Values that the target gets'),
    PerformParentingChecks: z.boolean().default(false),
  }),
  output: nothing,
  async run(call, input) {
    const target = readReference(call, input.Target)
    const subordinate = readReference(call, input.Subordinate)
    if (target.table !== subordinate.table)
      throw invalid('Subordinate', `is a record of “${target.table}”, as the target is`)
    const content = input.UpdateContent && (await valuesOf(call, input.UpdateContent))
    if (content && content.table.name !== target.table)
      throw invalid('UpdateContent', `holds values of “${target.table}”`)
    const { [content?.table.id ?? '']: _id, ...values } = content?.values ?? {}
    await call.regarding.records.merge(call.principal, {
      table: target.table,
      target: target.id,
      subordinate: subordinate.id,
      content: values,
      performParentingChecks: input.PerformParentingChecks,
    })
    return {}
  },
})

/** The values of a row within a parameter; lookups by `…@odata.bind`. */
async function valuesOf(call: Call, given: z.output<typeof entity>): Promise<{ table: Table; values: Values }> {
  const { catalogue } = call.regarding.records
  const name = given['@odata.type'].replace(/^#?(Microsoft\.Dynamics\.CRM\.)?/, '')
  const table = catalogue.table(name)
  const draft = draftOf(given, table, catalogue)
  if (draft.before.length + draft.after.length + draft.ties.length > 0)
    throw invalid(name, 'is one row here, without rows within it')
  return { table, values: { ...draft.values, ...(await boundValues(new Work(new Map()), call, draft)) } }
}

function queryOf(given: { EntityName?: string | undefined; Query?: string | undefined }): Query {
  if (given.Query !== undefined) return parseFetch(given.Query, { as: 'filter' })
  if (given.EntityName !== undefined) return { table: given.EntityName }
  throw invalid('Query', 'names its table in EntityName, or is a FetchExpression')
}

function invalid(target: string, what: string): RequestError {
  return new RequestError(400, 'ParameterInvalid', `${target} ${what}.`, { target })
}

export const duplicateOperations = [publish, unpublish, retrieveDuplicates, bulkDetect, merge]
