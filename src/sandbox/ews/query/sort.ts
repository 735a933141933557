import { pathIn } from '../properties/path.ts'
import type { Element } from '../xml.ts'
import { type Asked, compareValues } from './restriction.ts'

/** Sorts by the fields of a SortOrder; what does not have a value goes first, and equal ones stay as they were. */
export function sorted<T extends Asked>(all: readonly T[], order: Element | undefined): T[] {
  const fields = (order?.children ?? []).map((field) => ({
    path: pathIn(field),
    sign: field.attributes.get('Order') === 'Descending' ? -1 : 1,
  }))
  if (!fields.length) return [...all]
  const keyed = all.map((one) => ({ one, keys: fields.map(({ path }) => one.value(path)) }))
  keyed.sort((a, b) => {
    for (const [index, { sign }] of fields.entries()) {
      const order = compare(a.keys[index], b.keys[index])
      if (order !== 0) return order * sign
    }
    return 0
  })
  return keyed.map(({ one }) => one)
}

function compare(one: string | undefined, two: string | undefined): number {
  if (one === undefined || two === undefined) return Number(one !== undefined) - Number(two !== undefined)
  return compareValues(one, two)
}
