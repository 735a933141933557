import type { Local } from '../local.ts'
import type { Recurrence } from './recurrence.ts'
import { exchangeShape } from './shape.ts'

/**
 * Whether two recurrences of one start mean the same, however each is written: `FREQ=WEEKLY` of a Monday and
 * `FREQ=WEEKLY;BYDAY=MO`, every second year and every 24th month. What Exchange cannot say is compared as it is written.
 */
export function isSameRecurrence(a: Recurrence, b: Recurrence, start: Local): boolean {
  return normalForm(a, start) === normalForm(b, start)
}

function normalForm(recurrence: Recurrence, start: Local): string {
  const found = exchangeShape(recurrence, start)
  if ('cannot' in found) return sorted(recurrence)
  const { shape, end } = found
  const month = Number(start.slice(5, 7))
  if (shape.kind === 'monthly' && shape.interval % 12 === 0) {
    return sorted({ end, shape: { ...shape, kind: 'yearly', interval: shape.interval / 12, month } })
  }
  if (shape.kind === 'monthlyOn' && shape.interval % 12 === 0) {
    return sorted({ end, shape: { ...shape, kind: 'yearlyOn', interval: shape.interval / 12, month } })
  }
  if (shape.kind === 'weekly' && shape.interval === 1) return sorted({ end, shape: { ...shape, weekStart: 'MO' } })
  return sorted({ end, shape })
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
