import type { Aggregation, Query } from '#records'
import { safeTimeZone } from '../timeZone.ts'
import type { Call } from './call.ts'

const ABOUT_DAYS = /"operator":"(?:on|yesterday|today|tomorrow|last-|next-|this-|olderthan)/

/** The question in the time zone of who asks it, as far as it is about days (SF-35). */
export async function inZone<T extends Query | Aggregation>(call: Call, asked: T): Promise<T> {
  const byDay = 'groups' in asked && asked.groups.some(({ by }) => by !== undefined)
  if (!byDay && !ABOUT_DAYS.test(JSON.stringify([asked.filter, asked.links]))) return asked
  return { ...asked, timeZone: safeTimeZone(await timeZoneOf(call)) }
}

export async function timeZoneOf(call: Call): Promise<unknown> {
  return (await call.regarding.options.personal([call.userId], call.executor)).get(call.userId)?.['TimeZone']
}
