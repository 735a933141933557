import type { Row, Values } from '#records'

/** Codes of `instancetypecode`: as its series says, and different from it. */
export const OCCURRENCE = { instance: 2, exception: 3, futureException: 4 } as const

/** How instances are found. */
export const instancesOf = (series: readonly string[]) => ({ table: 'appointment', column: 'seriesid', of: series })

/** What an instance has of its series until somebody says otherwise, by the bit of `modifiedfieldsmask` that says so. */
const FOLLOWED: Readonly<Record<string, number>> = {
  subject: 1,
  description: 2,
  location: 4,
  scheduledstart: 8,
  scheduledend: 8,
  isalldayevent: 8,
  timezone: 8,
  prioritycode: 16,
  statecode: 32,
  statuscode: 32,
  regardingobjectid: 64,
  category: 256,
  subcategory: 256,
  isprivate: 256,
}
export const OWN_PEOPLE = 128
export const OWN_TEXT = 2
const OWN_TIME = 8

/** A longer text stays with the series alone: an instance of its own gets it when it becomes an exception. */
const LONGEST_TEXT = 10_000

/** What of its own an instance has by a change of these columns; 0: nothing. */
export function maskOf(columns: readonly string[]): number {
  return columns.reduce((mask, name) => mask | (FOLLOWED[name] ?? 0), 0)
}

/** What an instance has of the row of its series, beside its time and people; only what `mask` does not name. */
export function followed(series: Row, mask = 0): Values {
  const names = Object.entries(FOLLOWED).flatMap(([name, bit]) => (bit === OWN_TIME || mask & bit ? [] : [name]))
  return Object.fromEntries(names.map((name) => [name, valueOf(series, name)]))
}

/** The same, with the time that it has by the recurrence. */
export function usual(series: Row, { start, end }: { start: Date; end: Date }): Values {
  const text = series['description']
  return {
    ...followed(series),
    ...(typeof text === 'string' && text.length > LONGEST_TEXT ? { description: null } : {}),
    isalldayevent: series['isalldayevent'],
    timezone: series['timezone'],
    ...timeOf(start, end),
  }
}

export const timeOf = (start: Date, end: Date): Values => ({
  scheduledstart: start,
  scheduledend: end,
  scheduleddurationminutes: Math.round((end.getTime() - start.getTime()) / 60_000),
})

/** A lookup is read as two columns, and written as one. */
export function valueOf(row: Row, name: string): Values[string] {
  const [id, table] = [row[name], row[`${name}_table`]]
  return typeof id === 'string' && typeof table === 'string' ? { table, id } : (id ?? null)
}
