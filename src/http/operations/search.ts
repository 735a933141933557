import { z } from 'zod'
import { searchLag } from '#records'
import { type ShownHit, searchRecords } from '#sync'
import { RequestError } from '../failure.ts'
import { text } from '../fields.ts'
import { operation } from './operation.ts'

/** Longest text of a column in an answer; the record itself holds the rest. */
const LONGEST = 2000

/** Tables as names, or as objects with names and columns; both come as JSON in a text, as in the field. */
const entities = z.array(
  z.union([
    z.string().max(100),
    z.object({ name: z.string().max(100), selectColumns: z.array(z.string().max(100)).max(100).nullish() }),
  ]),
)

const searchquery = operation({
  name: 'searchquery',
  kind: 'action',
  says: 'Searches names, addresses, subjects and texts of the records that the caller may read, best first (Dataverse search; the answer is JSON within `response`).',
  input: z.strictObject({
    search: text(100),
    count: z.boolean().nullish(),
    entities: z.string().max(10_000).nullish(),
    facets: z.string().max(10_000).nullish(),
    options: z.string().max(1000).nullish(),
    skip: z.int().min(0).nullish(),
    top: z.int().min(1).max(100).nullish(),
  }),
  output: z.object({ response: z.string() }),
  async run(call, input) {
    const asked = input.entities ? parsed('entities', input.entities, entities) : []
    const columns = new Map(
      asked.map((one) => (typeof one === 'string' ? [one, undefined] : [one.name, one.selectColumns])),
    )
    const found = await searchRecords(call.regarding, call.principal, {
      text: input.search,
      tables: [...columns.keys()],
      skip: input.skip ?? 0,
      top: input.top ?? 50,
    })
    const response = {
      Error: null,
      Value: found.hits.map((hit) => shown(hit, columns.get(hit.table))),
      Facets: input.facets
        ? {
            '@search.entityname': found.facets.map(({ table, count }) => ({
              Type: 'Value',
              Value: table,
              Count: count,
            })),
          }
        : {},
      QueryContext: null,
      Count: input.count ? found.count : -1,
    }
    return { response: JSON.stringify(response) }
  },
})

const searchstatus = operation({
  name: 'searchstatus',
  kind: 'function',
  says: 'How far search is behind the records.',
  input: z.strictObject({}),
  output: z.object({
    status: z.enum(['provisioned', 'provisioninginprogress']),
    pending: z.int(),
    since: z.string().optional(),
  }),
  async run({ regarding }) {
    const lag = await searchLag(regarding.database.sql, regarding.records.catalogue)
    return {
      status: lag.listing === undefined ? ('provisioned' as const) : ('provisioninginprogress' as const),
      pending: lag.pending,
      ...(lag.since ? { since: lag.since.toISOString() } : {}),
    }
  },
})

function shown(hit: ShownHit, columns: readonly string[] | null | undefined) {
  const names = columns ?? Object.keys(hit.row)
  const attributes = names.flatMap((name) => {
    const value = hit.row[name]
    if (value === undefined || value === null) return []
    return [[name, typeof value === 'string' ? value.slice(0, LONGEST) : value]]
  })
  return {
    Id: hit.id,
    EntityName: hit.table,
    ObjectTypeCode: 0,
    Attributes: Object.fromEntries(attributes),
    Highlights: hit.highlights,
    Score: hit.score,
  }
}

function parsed<T>(name: string, given: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(given))
  } catch {
    throw new RequestError(400, 'ParameterInvalid', `${name} is not what it should be: a list of tables as JSON.`, {
      target: name,
    })
  }
}

export const searchOperations = [searchquery, searchstatus]
