import { z } from 'zod'
import { RecordError, type Reference, type Row, type Values } from '#records'
import { atomically } from '../api/call.ts'
import { boundValues, givenId } from '../api/write/create.ts'
import { draftOf, invalid } from '../api/write/draft.ts'
import { Work } from '../api/write/work.ts'
import { id } from '../fields.ts'
import { operation } from './operation.ts'

const SERIES = 'recurringappointmentmaster'
const MINUTE = 60_000

const addRecurrence = operation({
  name: 'AddRecurrence',
  kind: 'action',
  bound: 'appointment',
  says: 'Makes a series of a single appointment: a recurringappointmentmaster with the recurrence given and all that belongs to the appointment, which is gone (AP-71). Items of mailboxes follow.',
  atomic: true,
  input: z.strictObject({
    Target: z
      .looseObject({})
      .describe('The recurrence, and whatever else of the series is other than of the appointment'),
  }),
  output: z.object({ activityid: id }),
  async run(call, { Target }, row) {
    const { records, newId } = call.regarding
    const draft = draftOf(Target, records.catalogue.table(SERIES), records.catalogue)
    if (draft.before.length + draft.after.length + draft.ties.length > 0) throw invalid('Target', 'holds no other rows')
    return atomically(call, async (inner) => {
      const from = row as Reference
      const { activityid: _id, ...given } = draft.values
      const values = { ...given, ...(await boundValues(new Work(new Map()), inner, draft)) }
      if ((values['recurrencepatterntype'] ?? values['recurrencerule'] ?? null) === null)
        throw new RecordError(
          'ValueRequired',
          'Target says no recurrence. Give recurrencepatterntype and what belongs to it, or recurrencerule.',
          { table: SERIES, column: 'recurrencepatterntype' },
        )
      const to = { table: SERIES, id: givenId(draft) ?? newId() }
      const times = timesOf(values, await inner.access.retrieve('appointment', from.id))
      await records.convert(call.principal, { from, to, values: { ...values, ...times } }, inner.executor)
      return { activityid: to.id }
    })
  },
})

/** The first occurrence: as was given, else when the appointment is. */
function timesOf({ starttime, endtime, duration }: Values, appointment: Row | undefined): Values {
  const [was, ended] = [instantOf(appointment?.['scheduledstart']), instantOf(appointment?.['scheduledend'])]
  const start = instantOf(starttime) ?? was
  if (!start) return {}
  const length = was && ended ? Math.max(0, ended.getTime() - was.getTime()) : 0
  const minutes = typeof duration === 'number' ? duration : length / MINUTE
  const end = instantOf(endtime) ?? new Date(start.getTime() + minutes * MINUTE)
  const lasts = Math.max(0, Math.round((end.getTime() - start.getTime()) / MINUTE))
  return { starttime: start, endtime: end, scheduledstart: start, scheduledend: end, duration: lasts }
}

const instantOf = (value: Values[string]): Date | undefined => {
  if (value instanceof Date) return value
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined
}

export const recurrenceOperations = [addRecurrence]
