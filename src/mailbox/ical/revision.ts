import { type Component, linesOf } from './lines.ts'
import { instantIn } from './stamps.ts'

/** Which of two says of a meeting is the later one (RFC 5546 §2.1.5). */
export interface Revision {
  sequence: number
  stamp: Date
}

/** Negative: `one` is older than `other`. */
export function compareRevisions(one: Revision, other: Revision): number {
  return one.sequence - other.sequence || one.stamp.getTime() - other.stamp.getTime()
}

/** @param unsaid when it was said, where it does not tell */
export function revisionIn(event: Component, unsaid: Date): Revision {
  const said = instantIn(event, 'DTSTAMP')
  return { sequence: sequenceIn(event), stamp: said ?? unsaid }
}

export function sequenceIn(event: Component): number {
  const said = Number(linesOf(event, 'SEQUENCE')[0]?.value)
  return Number.isSafeInteger(said) && said > 0 ? said : 0
}
