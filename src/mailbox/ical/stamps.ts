import { type Component, linesOf } from './lines.ts'

export interface Stamps {
  created?: Date
  /** Absent where the text does not say. */
  modified?: Date
}

/** When an item was made and last changed, as its text says (RFC 5545 §3.8.7, RFC 6350 §6.7.4). */
export function stampsOf(component: Component): Stamps {
  const [created, modified] = [instantIn(component, 'CREATED'), instantIn(component, 'LAST-MODIFIED', 'REV', 'DTSTAMP')]
  return { ...(created && { created }), ...(modified && { modified }) }
}

export function instantIn(component: Component, ...names: string[]): Date | undefined {
  const lines = names.flatMap((name) => linesOf(component, name).slice(0, 1))
  return instantOfText(lines[0]?.value ?? '')
}

/** A moment of UTC in either way of writing it. */
export function instantOfText(text: string): Date | undefined {
  const match = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)/.exec(text.trim())
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second))
}
