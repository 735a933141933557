import { readdirSync, readFileSync } from 'node:fs'
import { canonicalZone, ianaOfWindows, parseRrule, type Zone } from '#calendar'
import type { EventException, EventTime, NewEvent, SeriesParts } from '#mailbox'
import { customZone } from './customZones.ts'

/** Who may be unable to say a series: the two connectors of Exchange, the columns of the CRM, and a server of CalDAV. */
export type Unable = 'graph' | 'ews' | 'crm' | 'cyrus'

/** One series of the corpus: what is written, what takes place by hand, and who cannot say it. */
export interface Sample {
  name: string
  time: EventTime
  rule: string
  series: SeriesParts
  /** The first starts of what takes place, in the order of the pattern: instants, or days. Written by hand. */
  is?: string[]
  /** The same pattern in Exchange's words. */
  as?: string
  /** The part that cannot be said, as the refusal names it. */
  cannot: { [Who in Unable]?: string }
}

const DIRECTORY = new URL('./series/', import.meta.url)
const ROOM = 'Room 1'

/**
 * Reads `series/*.txt`: blocks parted by empty lines, each with a name, `start length zone`, a rule, and more by a word at
 * the beginning of the line (`added`, `cancelled`, `moved … to … [length]`, `lasts`, `named`, `placed`, `nowhere`, `is`,
 * `as`, `cannot <who>: <part>`; `exchange` means graph, ews and crm).
 */
export function readCorpus(): Sample[] {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.txt'))
  return files.sort().flatMap((name) => readFileSync(new URL(name, DIRECTORY), 'utf8').trim().split(/\n\n+/).map(read))
}

/** The appointment of a sample; its subject is the name. */
export function eventOf({ name, time, series }: Sample): NewEvent {
  const fields = { subject: name, location: ROOM, time, showAs: 'busy', importance: 'normal', sensitivity: 'normal' }
  return { kind: 'event', fields: fields as NewEvent['fields'], series }
}

function read(block: string): Sample {
  const [name = '', when = '', rule = '', ...more] = block.split('\n').map((line) => line.trim())
  const [start = '', length = '', zoneName = ''] = when.split(' ')
  const zone = zoneNamed(zoneName)
  const time = timeOf(start, length, zone)
  const sample: Sample = {
    name,
    time,
    rule,
    series: { recurrence: parseRrule(rule, zone), cancelled: [], exceptions: [] },
    cannot: {},
  }
  for (const line of more) readLine(sample, line, length)
  sample.series.exceptions.sort((a, b) => (a.originalStart < b.originalStart ? -1 : 1))
  return sample
}

function readLine(sample: Sample, line: string, length: string): void {
  const { series, cannot, time } = sample
  const [word = '', first = '', ...others] = line.split(' ')
  const rest = others.join(' ')
  const all = [first, ...others]
  switch (word) {
    case 'added':
      series.added = all.map(full)
      return
    case 'cancelled':
      series.cancelled.push(...all.map(full))
      return
    case 'moved':
      exceptionAt(series, first).fields.time = timeOf(others[1] ?? '', others[2] ?? length, time.zone)
      return
    case 'lasts':
      exceptionAt(series, first).fields.time = timeOf(first, rest, time.zone)
      return
    case 'named':
      exceptionAt(series, first).fields.subject = rest
      return
    case 'placed':
      exceptionAt(series, first).fields.location = rest
      return
    case 'nowhere':
      exceptionAt(series, first).cleared = ['location']
      return
    case 'is':
      sample.is = all
      return
    case 'as':
      sample.as = all.join(' ')
      return
    case 'cannot': {
      const [who = '', part = ''] = line.slice('cannot '.length).split(': ')
      const names = who === 'exchange' ? ['graph', 'ews', 'crm'] : who.split(' ')
      for (const one of names) cannot[one as Unable] = part
      return
    }
    default:
      throw new Error(`${sample.name}: nobody understands “${line}”`)
  }
}

function exceptionAt({ exceptions }: SeriesParts, start: string): EventException {
  const originalStart = full(start)
  const there = exceptions.find((one) => one.originalStart === originalStart)
  if (there) return there
  const made: EventException = { originalStart, fields: {} }
  exceptions.push(made)
  return made
}

function timeOf(start: string, length: string, zone: Zone): EventTime {
  const allDay = !start.includes('T')
  const minutes = Number.parseInt(length, 10) * (length.endsWith('d') ? 1440 : 1)
  const from = full(start)
  const end = new Date(Date.parse(`${allDay ? `${from}T00:00:00` : from}Z`) + minutes * 60_000).toISOString()
  return { allDay, start: from, end: end.slice(0, allDay ? 10 : 19), zone }
}

/** `2026-03-09T10:00` with its seconds. */
function full(local: string): string {
  return local.length === 16 ? `${local}:00` : local
}

function zoneNamed(name: string): Zone {
  if (name.startsWith('custom:')) return customZone(name.slice('custom:'.length))
  const zone = ianaOfWindows(name.replaceAll('_', ' ')) ?? canonicalZone(name)
  if (!zone) throw new Error(`There is no zone ${name}`)
  return zone
}
