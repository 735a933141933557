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

export function marksOf(component: Component): ItemMarks {
  const said = ALL.flatMap(([mark, property]) => {
    const [line] = linesOf(component, property)
    return line ? [[mark, unescapeText(line.value)]] : []
  })
  return Object.fromEntries(said) as ItemMarks
}

/** Writes the marks named; `null` takes one off. */
export function writeMarks(component: Component, marks: { [Name in keyof ItemMarks]?: string | null } = {}): void {
  for (const [mark, property] of ALL) {
    const value = marks[mark]
    if (value === undefined) continue
    replaceLines(component, [property], value === null ? [] : [newLine(property, escapeText(value))])
  }
}
