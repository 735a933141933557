import type { PairValue } from '../model.ts'

const DAY = 24 * 60 * 60_000
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z?)$/

/**
 * A value of a field of both sides as people write it, for where both are shown (B-70).
 * @param timeZone in which instants are told
 */
export function inWords(value: PairValue | undefined, timeZone: string): string {
  if (value === null || value === undefined || value === '') return '(empty)'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return instantInWords(value, timeZone) ?? value
  if (isList(value)) return value.length ? value.map((one) => inWords(one, timeZone)).join('; ') : '(empty)'
  return personInWords(value) ?? spanInWords(value, timeZone) ?? allInWords(value, timeZone)
}

const isList = (value: object): value is readonly PairValue[] => Array.isArray(value)

type Parts = Readonly<Record<string, PairValue>>

/** Wall-clock times and days are told as they stand. */
function instantInWords(text: string, timeZone: string): string | undefined {
  const found = INSTANT.exec(text)
  if (!found) return undefined
  const isWallClock = found[1] === ''
  const instant = new Date(isWallClock ? `${text}Z` : text)
  if (Number.isNaN(instant.getTime())) return undefined
  const shown = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: isWallClock ? 'UTC' : timeZone,
  })
  return shown.format(instant)
}

function personInWords({ name, address, answer }: Parts): string | undefined {
  if (typeof address !== 'string') return undefined
  const who = typeof name === 'string' && name !== address ? `${name} <${address}>` : address
  return typeof answer === 'string' && answer !== 'none' ? `${who}, ${answer}` : who
}

function spanInWords({ start, end, allDay }: Parts, timeZone: string): string | undefined {
  if (typeof start !== 'string' || typeof end !== 'string') return undefined
  if (allDay === true) return daysInWords(start.slice(0, 10), end.slice(0, 10))
  return `${inWords(start, timeZone)} to ${inWords(end, timeZone)}`
}

/** @param end the day after the last */
function daysInWords(start: string, end: string): string {
  const shown = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
  const first = new Date(`${start}T00:00:00Z`)
  const last = new Date(new Date(`${end}T00:00:00Z`).getTime() - DAY)
  if (Number.isNaN(first.getTime()) || Number.isNaN(last.getTime())) return `${start} to ${end}`
  return `${shown.format(first)}${last > first ? ` to ${shown.format(last)}` : ''}, all day`
}

function allInWords(value: Parts, timeZone: string): string {
  const said = Object.entries(value).filter(([, one]) => one !== null && one !== '')
  return said.length ? said.map(([name, one]) => `${name}: ${inWords(one, timeZone)}`).join(', ') : '(empty)'
}
