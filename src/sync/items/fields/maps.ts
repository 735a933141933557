import type { ItemTable } from '../model.ts'
import { appointmentPairs, servicePairs } from './appointment.ts'
import { contactPairs } from './contact.ts'
import type { FieldPair, PairMap, PairMaps } from './pair.ts'
import { seriesPairs } from './series.ts'
import { taskPairs } from './task.ts'

/** How the values of each table pass between record and item. */
export const pairMaps: PairMaps = {
  appointment: appointmentPairs,
  recurringappointmentmaster: seriesPairs,
  serviceappointment: servicePairs,
  contact: contactPairs,
  task: taskPairs('task'),
  phonecall: taskPairs('phonecall'),
  letter: taskPairs('letter'),
  fax: taskPairs('fax'),
}

/** The table of synchronized fields, as people see it and beyond (FD-2, FD-20…FD-27). */
export const fieldPairs: Readonly<Record<ItemTable, readonly FieldPair[]>> = { ...pairMaps }

/** @throws TypeError for a pair that the table has not. */
export function pairMap(table: ItemTable, name: string): PairMap {
  const found = byName.get(table)?.get(name)
  if (!found) throw new TypeError(`The table ${table} has no field pair ${JSON.stringify(name)}.`)
  return found
}

const byName: ReadonlyMap<string, ReadonlyMap<string, PairMap>> = new Map(
  Object.entries(pairMaps).map(([table, pairs]) => [table, new Map(pairs.map((pair) => [pair.name, pair]))]),
)
