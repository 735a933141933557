import { z } from 'zod'
import { type ItemTable, type SyncField, setSyncField, syncFields } from '#items'
import { text } from '../fields.ts'
import { operation } from './operation.ts'

const TABLES = [
  'appointment',
  'recurringappointmentmaster',
  'serviceappointment',
  'contact',
  'task',
  'phonecall',
  'letter',
  'fax',
] as const satisfies readonly ItemTable[]
const table = z.enum(TABLES)
const direction = z.enum(['both', 'toRecord', 'toItem', 'none'])

const field = z.object({
  Table: table,
  Pair: z.string(),
  OutlookField: z.string(),
  RecordField: z.string(),
  Columns: z.array(z.string()),
  Direction: direction,
  Allowed: z.array(direction),
})

const retrieveSyncFields = operation({
  name: 'RetrieveSyncFields',
  kind: 'function',
  says: 'The synchronized fields of a table with the direction of each; one allowed direction: it is fixed (FD-2, FD-5, FD-7).',
  input: z.strictObject({ Table: table }),
  output: z.object({ value: z.array(field) }),
  async run({ regarding }, input) {
    return { value: syncFields(input.Table, await regarding.options.organization()).map(shown) }
  },
})

const setSyncFieldDirection = operation({
  name: 'SetSyncFieldDirection',
  kind: 'action',
  says: 'Gives a synchronized field another direction, or with next the next one that it allows, from the next cycle on (FD-3, FD-6).',
  input: z.strictObject({ Table: table, Pair: text(100), Direction: z.enum([...direction.options, 'next']) }),
  output: field,
  async run({ regarding, principal }, input) {
    const change = { table: input.Table, pair: input.Pair, direction: input.Direction }
    return shown(await setSyncField(regarding.options, principal, change))
  },
})

function shown(one: SyncField): z.input<typeof field> {
  return {
    Table: one.table,
    Pair: one.pair,
    OutlookField: one.outlook,
    RecordField: one.record,
    Columns: [...one.columns],
    Direction: one.direction,
    Allowed: [...one.allowed],
  }
}

export const syncFieldOperations = [retrieveSyncFields, setSyncFieldDirection]
