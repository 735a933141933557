import type { Local } from '../local.ts'
import type { Recurrence } from './recurrence.ts'
import { type ExchangeShape, exchangeShape, type Inexpressible } from './shape.ts'

/**
 * Whether two recurrences of one start mean the same, however each is written: `FREQ=WEEKLY` of a Monday and
 * `FREQ=WEEKLY;BYDAY=MO`, every second year and every 24th month. What Exchange cannot say is compared as it is written.
 */
export function isSameRecurrence(a: Recurrence, b: Recurrence, start: Local): boolean {
  return normalForm(a, start) === normalForm(b, start)
}

function normalForm(recurrence: Recurrence, start: Local): string {
  const found = normalShape(recurrence, start)
  return 'cannot' in found ? sorted(recurrence) : sorted(found)
}

/** As `exchangeShape`, the same for all recurrences that mean the same: every 24th month is every second year. */
export function normalShape(recurrence: Recurrence, start: Local): ExchangeShape | Inexpressible {
  const found = exchangeShape(recurrence, start)
  if ('cannot' in found) return found
  const { shape, end } = found
  const month = Number(start.slice(5, 7))
  if (shape.kind === 'monthly' && shape.interval % 12 === 0) {
    return { end, shape: { ...shape, kind: 'yearly', interval: shape.interval / 12, month } }
  }
  if (shape.kind === 'monthlyOn' && shape.interval % 12 === 0) {
    return { end, shape: { ...shape, kind: 'yearlyOn', interval: shape.interval / 12, month } }
  }
  if (shape.kind === 'weekly' && shape.interval === 1) return { end, shape: { ...shape, weekStart: 'MO' } }
  return { end, shape }
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
