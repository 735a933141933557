import type { Local } from '#calendar'
import type { Expansion, InstanceRow } from '../fields/instances.ts'
import { OCCURRENCE } from './followed.ts'

/** An appointment that a series has. */
export interface Present {
  id: string
  /** The start that the recurrence gave it. */
  originalStart: Local
  /** `instancetypecode`. */
  type: number
  at: Date
  /** An exception that is as the series is. */
  plain: boolean
}

/** What becomes of the instances of a series. */
export interface InstancePlan {
  make: InstanceRow[]
  remove: string[]
  /** Those to come that stay, and when they are. */
  keep: (InstanceRow & { id: string })[]
}

/**
 * The instances that a series shall have, held against those it has (AP-76): what is missing is made, what the pattern does
 * not give any more is removed where it is still to come, and so is what stands beside an exception or a cancellation
 * (AP-71). Past ones and exceptions stay; only an exception that differs in nothing, at a start that is none, does not.
 * `isFirst`: it had none yet, and gets those of the past months too.
 */
export function planInstances(
  { instances }: Expansion,
  present: readonly Present[],
  { cancelled, now, isFirst }: { cancelled: readonly Local[]; now: Date; isFirst: boolean },
): InstancePlan {
  const all = new Map(instances.map((one) => [one.originalStart, one]))
  const isUsual = ({ type }: Present) => type === OCCURRENCE.instance
  const taken = new Set([...cancelled, ...present.flatMap((one) => (isUsual(one) ? [] : [one.originalStart]))])
  const known = new Map<Local, Present>()
  const remove: string[] = []
  const keep: InstancePlan['keep'] = []
  for (const one of present) {
    const { id, originalStart, at } = one
    const wanted = taken.has(originalStart) ? undefined : all.get(originalStart)
    if (!isUsual(one)) {
      if (one.plain && at > now && !all.has(originalStart)) remove.push(id)
    } else if (known.has(originalStart) || taken.has(originalStart) || (!wanted && at > now)) remove.push(id)
    else {
      known.set(originalStart, one)
      if (wanted && at > now) keep.push({ id, ...wanted })
    }
  }
  const make = instances.filter(
    ({ originalStart, start }) => !taken.has(originalStart) && !known.has(originalStart) && (isFirst || start > now),
  )
  return { make, remove, keep }
}
