/** The day on which the demo takes place, a Friday. Everything else is so many days before it. */
const TODAY = new Date('2026-11-13T00:00:00Z')

/** Messages received earlier are not looked at (MB-44). */
export const START = new Date('2026-09-01T00:00:00Z')

const DAY = 24 * 60 * 60 * 1000

/**
 * The instant that `when` names: days before today and the hour (UTC), e.g. `-12 09:14`, or only the hour of today.
 * @throws RangeError for anything else
 */
export function instant(when: string): Date {
  const found = /^(?:-(\d{1,3}) )?(\d{2}):(\d{2})$/.exec(when)
  if (!found) throw new RangeError(`“${when}” is not an hour like “-12 09:14” or “09:14”.`)
  const [, days = '0', hour, minute] = found
  return new Date(TODAY.getTime() - Number(days) * DAY + (Number(hour) * 60 + Number(minute)) * 60_000)
}

export const isToday = (when: string): boolean => !when.startsWith('-')
