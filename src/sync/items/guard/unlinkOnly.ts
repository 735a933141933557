import type { Deed } from '../model.ts'
import { unmarked } from '../plan/unmark.ts'
import type { GuardContext } from './guarded.ts'

/** What a deletion becomes where a person said no to it: the sides part, and both stay. */
export function unlinkOnly(
  { item, record: _record, ...deed }: Deed,
  rule: 'B-40' | 'B-43' | 'B-44',
  context: GuardContext,
): Deed {
  const trace = [...deed.trace, { rule, finding: 'a person said: delete nothing; unlinked instead' }]
  if (item?.do !== 'remove') return { ...deed, link: { state: 'deleted' }, trace }
  if (deed.cause !== 'recordGone') return { ...deed, link: { state: 'dormant', returned: false }, trace }
  const { item: present } = deed.pairing
  const left = typeof present === 'object' && present.kind !== 'unreadable' ? unmarked(present, context) : undefined
  return { ...deed, ...(left && { item: left }), link: 'none', trace }
}
