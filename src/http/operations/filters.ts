import { z } from 'zod'
import { type FilterKind, filterKindOf } from '#options'
import { RequestError } from '../failure.ts'
import { id, reference } from '../fields.ts'
import { nothing, operation } from './operation.ts'
import { readReference } from './references.ts'

const MOST = 100

const instantiateFilters = operation({
  name: 'InstantiateFilters',
  kind: 'action',
  says: 'Makes a user’s filters of templates, in the place of those that came from them before (SF-53).',
  input: z.strictObject({
    TemplateCollection: z.array(reference).min(1).max(MOST).describe('Rows of savedquery that are templates'),
    UserId: id,
  }),
  output: nothing,
  async run(call, input) {
    const templates = input.TemplateCollection.map((given) => readReference(call, given))
    const other = templates.find(({ table }) => table !== 'savedquery')
    if (other) throw new RequestError(400, 'ParameterInvalid', `A template is a savedquery, not of ${other.table}.`)
    const ids = templates.map((template) => template.id)
    await call.regarding.filters.instantiate(call.principal, ids, input.UserId)
    return {}
  },
})

const resetUserFilters = operation({
  name: 'ResetUserFilters',
  kind: 'action',
  says: 'Puts the default filters in the place of all filters of a user and kind (SF-52).',
  input: z.strictObject({
    QueryType: z.union([z.literal(16), z.literal(256)]).describe('16 offline, 256 online'),
    UserId: id.optional().describe('The caller without it'),
  }),
  output: nothing,
  async run({ regarding, principal, userId }, input) {
    await regarding.filters.reset(principal, input.UserId ?? userId, filterKindOf(input.QueryType) as FilterKind)
    return {}
  },
})

export const filterOperations = [instantiateFilters, resetUserFilters]
