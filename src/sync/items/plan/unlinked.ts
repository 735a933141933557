import type { Item } from '#mailbox'
import type { Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { enter } from './enter.ts'
import { linkTogether } from './linkTogether.ts'
import { failed, linkSeen, nameOf, type Planned, returnedNow } from './planned.ts'
import { promote } from './promote.ts'
import { sidesOf } from './sides.ts'
import { awaitFormer, enterInTurn, takeOver } from './takeOver.ts'
import type { Trace } from './trace.ts'

/** What has no link: a record to be made an item, an item to be made a record, or two that belong together. */
export function planUnlinked(pairing: Pairing, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  if (pairing.copy && context.settings.ignoreCopies) {
    trace.note('AP-11', 'a copy of an item that is linked: left alone')
    return {}
  }
  if (pairing.copy && item && pairing.tracked) {
    trace.note('AP-11', 'a copy of an item that is linked: a record of its own')
    return promote(pairing, item, context, trace)
  }
  if (pairing.copy) return {}
  if (pairing.matchedBy === 'key') return previouslyLinked(pairing, record, item, context, trace)
  if (pairing.ambiguous) return ambiguous(pairing, record, item, context, trace)
  if (record && item)
    return (
      takeOver(pairing, record, item, context, trace) ??
      awaitFormer(pairing, record, item, context, trace) ??
      linkTogether(pairing, record, item, context, trace)
    )
  if (pairing.record === 'unreadable' && item) return unreadable(trace)
  if (record) return returnedNow(pairing) ? enterInTurn(pairing, record, context, trace) : undefined
  if (!item) return undefined
  return isRefused(pairing) ? ignore(pairing, item, true, context, trace) : promote(pairing, item, context, trace)
}

/** AP-10, MO-17 */
function previouslyLinked(
  pairing: Pairing,
  record: RecordView | undefined,
  item: Item | undefined,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if (!item) return undefined
  const { answer } = pairing
  if (answer?.question !== 'previouslyLinked') {
    trace.note('AP-10', 'its marks name a link that is not known here')
    const text = `"${nameOf(record, item)}" was linked before, by another tool or another organization. Link it again?`
    return { question: { kind: 'previouslyLinked', text } }
  }
  if (!answer.yes) return ignore(pairing, item, false, context, trace)
  trace.note(
    'AP-10',
    record ? 'a person said: link it again' : 'a person said: link it; there is no such record, so it is made',
  )
  return record ? linkTogether(pairing, record, item, context, trace) : promote(pairing, item, context, trace)
}

/** AP-12, B-52: several are alike. */
function ambiguous(
  pairing: Pairing,
  record: RecordView | undefined,
  item: Item | undefined,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  const { answer, ambiguous: count = 0 } = pairing
  const side = record ? 'mailbox' : 'CRM'
  trace.note('AP-12', `${count} in the ${side} are alike, and none is surely the same`)
  if (answer?.question !== 'duplicate') {
    const alike = count === 1 ? `A contact in the ${side} looks` : `${count} contacts in the ${side} look`
    const text = `${alike} like "${nameOf(record, item)}", and none is surely the same. Create another one there?`
    return { question: { kind: 'duplicate', text } }
  }
  if (answer.yes && record) return enter(pairing, record, context, trace)
  if (answer.yes && item) return promote(pairing, item, context, trace)
  if (item) return ignore(pairing, item, true, context, trace)
  trace.note('MO-16', 'a person said: no')
  return (
    record && {
      link: {
        ...linkSeen(pairing, record, undefined, context),
        state: 'ignored',
        key: context.newId(),
        agreed: { record: {}, item: {} },
        untilChange: true,
      },
    }
  )
}

/** A person said no: the item is left alone, for good or until it changes. */
function ignore(pairing: Pairing, item: Item, untilChange: boolean, context: PlanContext, trace: Trace): Planned {
  trace.note(untilChange ? 'MO-16' : 'MO-17', `a person said no: ignored${untilChange ? ' until it changes' : ''}`)
  const { table = tableFor(item) } = pairing.link ?? {}
  return {
    link: {
      ...linkSeen(pairing, undefined, item, context),
      state: 'ignored',
      table,
      recordId: context.newId(),
      key: context.newId(),
      agreed: { record: {}, item: {} },
      returned: false,
      returnedEver: false,
      untilChange,
    },
  }
}

function tableFor(item: Item) {
  return item.kind === 'event' ? 'appointment' : item.kind
}

function isRefused({ answer }: Pairing): boolean {
  return answer !== undefined && !answer.yes && ['schedulingConflict', 'duplicate'].includes(answer.question)
}

function unreadable(trace: Trace): Planned {
  trace.note('AP-57', 'others have tracked the meeting, in a record that the user may not read')
  return failed(
    'InsufficientPermission',
    'The meeting is tracked already, in a record that the mailbox’s user may not read. Ask for access to it.',
  )
}
