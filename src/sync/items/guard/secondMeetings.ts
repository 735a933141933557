import type { Deed, Question, RecordView } from '../model.ts'
import { nameOf } from '../plan/planned.ts'
import type { Guarded } from './guarded.ts'

const NAMED = 3

/**
 * AP-43: who takes over many meetings from a mailbox that does not synchronize is asked once for all of them, and once per
 * such mailbox. What waits for the question is answered by it, and nothing else.
 */
export function askPerFormer(deeds: readonly Deed[]): Guarded {
  const asking = deeds.filter(isAsking)
  const groups = [...new Set(asking.map(formerOf))].map((former) => {
    const group = asking.filter((deed) => formerOf(deed) === former)
    return { group, question: questionOf(former, group) }
  })
  return {
    go: deeds.filter((deed) => !isAsking(deed)),
    held: groups.flatMap(({ group, question }) => group.map((deed) => ({ ...deed, question }))),
    questions: groups.map(({ question }) => question),
  }
}

const isAsking = ({ question }: Deed): boolean => question?.kind === 'secondMeeting'

const formerOf = ({ pairing }: Deed): string => `mailbox:${pairing.heldBy?.mailboxId}`

function questionOf(about: string, group: readonly Deed[]): Question {
  const [first] = group
  const records = group.flatMap(({ pairing: { record } }) => (typeof record === 'object' ? [record] : []))
  const names = records.sort((one, other) => startOf(one) - startOf(other)).map((record) => `"${nameOf(record)}"`)
  const retold = (extent: number) => textOf(names, extent, first?.pairing.heldBy?.address ?? '')
  const text = group.length === 1 && first?.question ? first.question.text : retold(group.length)
  return { kind: 'secondMeeting', about, extent: group.length, text, retold }
}

function startOf({ row: { scheduledstart } }: RecordView): number {
  return scheduledstart instanceof Date ? scheduledstart.getTime() : 0
}

function textOf(names: readonly string[], extent: number, address: string): string {
  const named = names.slice(0, NAMED)
  const others = extent - named.length
  const all = others > 0 ? `${named.join(', ')} and ${others} more meetings have` : `${named.join(' and ')} have`
  return `${all} another organizer in the CRM, and the old ones still stand in the calendar of ${address}, whose mailbox does not synchronize: nothing cancels them there, and the guests keep those invitations. Have them canceled in that calendar. Invite the guests to new meetings?`
}
