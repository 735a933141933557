import type { Reference } from '#records'
import type { Merged } from '../merge/merging.ts'
import type { Deed, PairValues } from '../model.ts'
import type { PlanContext } from './context.ts'
import type { Trace } from './trace.ts'
import { pick } from './values.ts'

/** Pairs that point to a record which must be open to be appended to. */
const POINTERS = ['regarding', 'parent'] as const

/** What goes to the record without what the user may not append to (SE-16); the record keeps what it has. */
export function allowedRegarding(
  { toRecord, agreed }: Merged,
  present: PairValues,
  { privileges }: PlanContext,
  trace: Trace,
): Pick<Merged, 'toRecord' | 'agreed'> & Pick<Deed, 'failure'> {
  const refused = POINTERS.filter((pair) => {
    const reference = toRecord[pair] as unknown as Reference | null | undefined
    return reference && !privileges.appendTo(reference)
  })
  if (refused.length === 0) return { toRecord, agreed }
  trace.note('SE-16', 'the user may append nothing to the regarding record: left out')
  const kept = Object.fromEntries(refused.map((pair) => [pair, present[pair] ?? null]))
  return {
    toRecord: pick(toRecord, (pair) => !refused.some((one) => one === pair)),
    agreed: { ...agreed, record: { ...agreed.record, ...kept } },
    failure: {
      code: 'InsufficientPermission',
      text: 'The mailbox’s user may not append to the regarding record. It was left out; ask its owner for the right.',
    },
  }
}
