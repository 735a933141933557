import type * as graph from '@microsoft/microsoft-graph-types'

/** To the second, as Graph tells the times of items. */
export function instant(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** To the ten-millionth of a second, as Graph tells the times of people. */
export function utc(at: Date) {
  return { dateTime: at.toISOString().replace('Z', '0000'), timeZone: 'UTC' } satisfies graph.DateTimeTimeZone
}
