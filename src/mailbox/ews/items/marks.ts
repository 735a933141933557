import type { ItemMarks } from '../../items/index.ts'
import { type Extended, type ExtendedValues, named, withExtended } from './extended.ts'
import type { Property } from './property.ts'

/** The hidden properties of an item (AP-8), by the names Exchange keeps them under. */
const MARKS: Readonly<Record<keyof ItemMarks, Extended>> = {
  key: named('RegardingKey'),
  organization: named('RegardingOrganization'),
  recordType: named('RegardingRecordType'),
  recordId: named('RegardingRecordId'),
  state: named('RegardingState'),
  regardingType: named('RegardingType'),
  regardingId: named('RegardingId'),
  regardingName: named('RegardingName'),
}
const NAMES = Object.keys(MARKS) as (keyof ItemMarks)[]

/** The key of an item: what a create is found again by (law 2). */
export const KEY = MARKS.key
/** The key of a series that is being made: its occurrences that differ are still to come. */
export const MAKING = named('RegardingMaking')
/** The place whose wall clock was meant, where Exchange keeps a zone of Windows, or none. */
export const PLACE = named('RegardingZone')

export const MARK_PATHS = [...NAMES.map((name) => MARKS[name]), PLACE].map(({ path }) => path)

export function readMarks(values: ExtendedValues): ItemMarks {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = values.get(MARKS[name])
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Marks to be written; `null` takes one off. */
export function writeMarks(marks: { [Name in keyof ItemMarks]?: string | null | undefined } = {}): Property[] {
  return NAMES.flatMap((name) => {
    const mark = marks[name]
    return mark === undefined ? [] : [withExtended(MARKS[name], mark ?? undefined)]
  })
}
