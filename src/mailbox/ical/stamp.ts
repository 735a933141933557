import { type Component, linesOf, newLine, replaceLines } from './lines.ts'

/**
 * Whoever compares two versions of an item goes by these (RFC 5546 §2.1.4). The sequence is the organizer's, and only for
 * what concerns others; an attendee leaves it, and the organizer's DTSTAMP, as they are.
 */
export function stamp(component: Component, now: Date, by: 'organizer' | 'organizerQuietly' | 'attendee'): void {
  replaceLines(component, ['LAST-MODIFIED'], [newLine('LAST-MODIFIED', utc(now))])
  if (by === 'attendee') return
  replaceLines(component, ['DTSTAMP'], [newLine('DTSTAMP', utc(now))])
  if (by === 'organizerQuietly') return
  const sequence = Number(linesOf(component, 'SEQUENCE')[0]?.value ?? 0) || 0
  replaceLines(component, ['SEQUENCE'], [newLine('SEQUENCE', String(sequence + 1))])
}

export function utc(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}
