import { z } from 'zod'
import { RecordError, type Reference, type Row, type Values } from '#records'
import { atomically, type Call } from '../api/call.ts'
import { create } from '../api/write/create.ts'
import { draftOf, invalid } from '../api/write/draft.ts'
import { notFound, placeOf, referenceTo } from '../api/write/pointers.ts'
import { Work } from '../api/write/work.ts'
import { nothing, operation } from './operation.ts'

/** Opportunities and cases are closed together with an activity that says how. */

/** A row as in the body of a creation; see the table. */
const row = z.looseObject({})
const status = z.int().describe('A status reason of the new state; -1 for its default')

interface Closing {
  /** The activity, and its lookup to what is closed. */
  activity: { table: string; column: string; subject: string }
  target: string
  state: number
  status: number
  given: Record<string, unknown>
  /** What is written of the record beside its state. */
  values(found: Row, given: Values, now: Date): Values
}

const OPPORTUNITY = { table: 'opportunityclose', column: 'opportunityid' }

const win = operation({
  name: 'WinOpportunity',
  kind: 'action',
  says: 'Closes an open opportunity as won.',
  atomic: true,
  silent: true,
  input: z.strictObject({ Status: status.default(-1), OpportunityClose: row }),
  output: nothing,
  run: (call, { Status, OpportunityClose }) =>
    close(call, {
      activity: { ...OPPORTUNITY, subject: 'Opportunity won' },
      target: 'opportunity',
      state: 1,
      status: Status,
      given: OpportunityClose,
      values: (found, given, now) => ({
        actualvalue: given['actualrevenue'] ?? found['estimatedvalue'] ?? null,
        actualclosedate: dayOf(given['actualend'], now),
      }),
    }),
})

const lose = operation({
  name: 'LoseOpportunity',
  kind: 'action',
  says: 'Closes an open opportunity as lost.',
  atomic: true,
  silent: true,
  input: z.strictObject({ Status: status.default(-1), OpportunityClose: row }),
  output: nothing,
  run: (call, { Status, OpportunityClose }) =>
    close(call, {
      activity: { ...OPPORTUNITY, subject: 'Opportunity lost' },
      target: 'opportunity',
      state: 2,
      status: Status,
      given: OpportunityClose,
      values: (_found, given, now) => ({
        actualvalue: given['actualrevenue'] ?? null,
        actualclosedate: dayOf(given['actualend'], now),
      }),
    }),
})

const closeIncident = operation({
  name: 'CloseIncident',
  kind: 'action',
  says: 'Resolves an active case.',
  atomic: true,
  silent: true,
  input: z.strictObject({ Status: status.default(-1), IncidentResolution: row }),
  output: nothing,
  run: (call, { Status, IncidentResolution }) =>
    close(call, {
      activity: { table: 'incidentresolution', column: 'incidentid', subject: 'Case resolved' },
      target: 'incident',
      state: 1,
      status: Status,
      given: IncidentResolution,
      values: () => ({}),
    }),
})

/**
 * Locks the record by changing it, then notes how it was closed; all or nothing.
 * @throws RecordError `ValidationFailed` when it is closed already, `VersionMismatch` when somebody closes it just now.
 */
async function close(call: Call, closing: Closing): Promise<Record<string, never>> {
  const { catalogue } = call.regarding.records
  const { activity, target } = closing
  const draft = draftOf(withAddress(closing, catalogue.table(target)), catalogue.table(activity.table), catalogue)
  const address = draft.binds.find(({ relation }) => relation.column === activity.column)?.to
  if (typeof address !== 'string') throw invalid(`${activity.column}@odata.bind`, `names the ${target} to be closed`)
  const place = placeOf(address, catalogue, new Map())
  if (place.table.name !== target) throw invalid(`${activity.column}@odata.bind`, `names no ${target}`)
  return atomically(call, async (inner) => {
    const now = call.regarding.clock.now()
    const reference = await referenceTo(inner, place)
    const found = await openRow(inner, reference)
    const state = { statecode: closing.state, ...(closing.status < 0 ? {} : { statuscode: closing.status }) }
    await inner.access.update(
      target,
      reference.id,
      { ...closing.values(found, draft.values, now), ...state },
      { ifVersion: Number(found['versionnumber']), closes: true },
    )
    const { subject = activity.subject, actualend = now, ...rest } = draft.values
    const values: Values = { ...rest, subject, actualend, regardingobjectid: reference, statecode: 1 }
    const work = new Work(new Map())
    await create(work, inner, { ...draft, values }, {})
    await work.flush()
    return {}
  })
}

/** @throws RecordError unless the caller may read the record and it is open */
export async function openRow({ access, regarding }: Call, { table, id }: Reference): Promise<Row> {
  const declared = regarding.records.catalogue.table(table)
  const found = await access.retrieve(table, id)
  if (!found) throw notFound(declared)
  if (found['statecode'] === 0) return found
  throw new RecordError('ValidationFailed', `The ${declared.label} ${id} is closed; open it first.`, {
    table,
    column: 'statecode',
  })
}

/** Clients of the field also name the record by an object that holds its id. */
function withAddress({ activity, given }: Closing, { id, set }: { id: string; set: string }): object {
  const { [activity.column]: named, ...rest } = given
  if (typeof named !== 'object' || named === null) return given
  const key = (named as Record<string, unknown>)[id]
  return { ...rest, [`${activity.column}@odata.bind`]: `${set}(${typeof key === 'string' ? key : ''})` }
}

function dayOf(given: Values[string], now: Date): string {
  const text = given instanceof Date ? given.toISOString() : typeof given === 'string' ? given : now.toISOString()
  return text.slice(0, 10)
}

export const closingOperations = [win, lose, closeIncident]
