import { localOfWall } from '../local.ts'
import { WEEKDAYS } from '../recurrence/recurrence.ts'
import type { Transition } from './offsets.ts'
import { offsetAt, printOffset, transitionsOf, type Zone } from './zone.ts'

/** Years by the same rule that are worth one: fewer are said one by one. */
const WORTH_A_RULE = 3

/** Changes of the clock in years that follow each other, on the same weekday of the same month at the same time. */
interface Run {
  before: number
  offset: number
  /** Month, weekday and time on the wall before the change. */
  moment: string
  /** Which of the weekdays of the month all of them are: the nth, the last. */
  which: number[]
  changes: Transition[]
}

/**
 * A VTIMEZONE that keeps the zone's time in the years `from` to `to` (RFC 5545 §3.6.5), by yearly rules where there are some:
 * those that hold in the last year go on. Lines end in CRLF.
 */
export function printVtimezone(zone: Zone, tzid: string, from: number, to: number): string {
  const start = Date.UTC(from, 0, 1)
  const before = offsetAt(zone, start)
  const parts = [partOf({ at: start, offset: before }, before)]
  for (const run of runsOf(transitionsOf(zone, from, to), before)) parts.push(...partsOf(run, to))
  const lines = ['BEGIN:VTIMEZONE', `TZID:${tzid.replace(/[\r\n]/g, ' ')}`, ...parts.flat(), 'END:VTIMEZONE']
  return `${lines.join('\r\n')}\r\n`
}

/** Each change goes on a run of the year before, or begins one. */
function runsOf(transitions: readonly Transition[], first: number): Run[] {
  const runs: Run[] = []
  let open: Run[] = []
  let before = first
  for (const change of transitions) {
    const made = runOf(change, before)
    const year = yearOf(made, change)
    open = open.filter((run) => yearOf(run, run.changes.at(-1) as Transition) >= year - 1)
    const going = open.find((run) => goesOn(run, made, year))
    if (going) {
      going.which = going.which.filter((one) => made.which.includes(one))
      going.changes.push(change)
    } else {
      runs.push(made)
      open.push(made)
    }
    before = change.offset
  }
  return runs
}

function goesOn(run: Run, next: Run, year: number): boolean {
  const isAlike = run.before === next.before && run.offset === next.offset && run.moment === next.moment
  const isNext = yearOf(run, run.changes.at(-1) as Transition) === year - 1
  return isAlike && isNext && run.which.some((one) => next.which.includes(one))
}

function runOf(change: Transition, before: number): Run {
  const wall = wallAt(change, before)
  const [day, month] = [wall.getUTCDate(), wall.getUTCMonth()]
  const length = new Date(Date.UTC(wall.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const weekday = WEEKDAYS[(wall.getUTCDay() + 6) % 7]
  const moment = `${month + 1} ${weekday} ${wall.toISOString().slice(11, 19)}`
  const which = [...(day + 7 > length ? [-1] : []), Math.ceil(day / 7)]
  return { before, offset: change.offset, moment, which, changes: [change] }
}

function partsOf(run: Run, to: number): string[][] {
  const { changes, before, which, moment } = run
  const [first, last] = [changes[0], changes.at(-1)] as [Transition, Transition]
  if (changes.length < WORTH_A_RULE) return changes.map((change) => partOf(change, before))
  const [month, weekday] = moment.split(' ')
  const until = yearOf(run, last) < to ? `;UNTIL=${compact(localOfWall(last.at))}Z` : ''
  return [partOf(first, before, `FREQ=YEARLY;BYMONTH=${month};BYDAY=${which[0]}${weekday}${until}`)]
}

function partOf(change: Transition, before: number, rule?: string): string[] {
  const kind = change.offset > before ? 'DAYLIGHT' : 'STANDARD'
  return [
    `BEGIN:${kind}`,
    `DTSTART:${compact(localOfWall(wallAt(change, before).getTime()))}`,
    `TZOFFSETFROM:${printOffset(before).replaceAll(':', '')}`,
    `TZOFFSETTO:${printOffset(change.offset).replaceAll(':', '')}`,
    ...(rule ? [`RRULE:${rule}`] : []),
    `END:${kind}`,
  ]
}

function wallAt({ at }: Transition, offset: number): Date {
  return new Date(at + offset * 1000)
}

function yearOf({ before }: Pick<Run, 'before'>, change: Transition): number {
  return wallAt(change, before).getUTCFullYear()
}

function compact(text: string): string {
  return text.replace(/[-:]/g, '')
}
