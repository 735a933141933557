import { createHash } from 'node:crypto'
import type { ItemMarks } from '../items/index.ts'
import { type Component, escapeText, linesOf, newLine, replaceLines, unescapeText } from './lines.ts'

/** The hidden properties of an item (AP-8) as properties of ours in its text. */
const PROPERTIES: Record<keyof ItemMarks, string> = {
  key: 'X-REGARDING-KEY',
  organization: 'X-REGARDING-ORGANIZATION',
  recordType: 'X-REGARDING-RECORD-TYPE',
  recordId: 'X-REGARDING-RECORD-ID',
  state: 'X-REGARDING-STATE',
  regardingType: 'X-REGARDING-REGARDING-TYPE',
  regardingId: 'X-REGARDING-REGARDING-ID',
  regardingName: 'X-REGARDING-REGARDING-NAME',
}
const ALL = Object.entries(PROPERTIES) as [keyof ItemMarks, string][]

/**
 * Marks that no text of an appointment holds: a server hands it to everybody who is invited, now or later, and what an
 * appointment is about in the CRM is nobody's business. Its key is random and says nothing.
 */
export const MARKS_UNTOLD = [
  'organization',
  'recordType',
  'recordId',
  'regardingType',
  'regardingId',
  'regardingName',
] as const satisfies readonly (keyof ItemMarks)[]

/** On marks of an invitation: a print of whose they are. A server hands the organizer's own along to everybody. */
const OWNER = 'X-REGARDING-OF'

/** `attendee`: the owner of a mailbox that was invited, where only marks of her own count. */
export function marksOf(component: Component, attendee?: string): ItemMarks {
  const owner = attendee === undefined ? undefined : printOf(attendee)
  const untold: readonly string[] = component.name === 'VEVENT' ? MARKS_UNTOLD : []
  const said = ALL.flatMap(([mark, property]) => {
    if (untold.includes(mark)) return []
    const [line] = linesOf(component, property).filter(({ params }) => owner === undefined || params[OWNER] === owner)
    return line ? [[mark, unescapeText(line.value)]] : []
  })
  return Object.fromEntries(said) as ItemMarks
}

/** Writes the marks named; `null` takes one off. `attendee`: as for `marksOf`. */
export function writeMarks(
  component: Component,
  marks: { [Name in keyof ItemMarks]?: string | null } = {},
  attendee?: string,
): void {
  const params = attendee === undefined ? {} : { [OWNER]: printOf(attendee) }
  const untold: readonly string[] = component.name === 'VEVENT' ? MARKS_UNTOLD : []
  for (const [mark, property] of ALL) {
    const value = untold.includes(mark) ? null : marks[mark]
    if (value === undefined) continue
    replaceLines(component, [property], value === null ? [] : [newLine(property, escapeText(value), params)])
  }
}

function printOf(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 16)
}
