import { type CustomZone, eraOf, offsetAt, type YearlyMoment, type Zone, type ZoneEra, zoneOfEras } from '#calendar'
import { unsupported } from '../../failures.ts'
import { childOf, childrenOf, type Node, textOf } from '../node.ts'
import { type Xml, xml } from '../xml.ts'

/** The time for which a zone is told, and whether by its rules at any rate. */
export interface Span {
  /** Instants, in milliseconds. */
  from: number
  to: number
  spelt?: boolean
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** The rules that a definition spells out; undefined when it only names the zone. */
export function readDefinition(node: Node): CustomZone | undefined {
  const periods = new Map(
    childrenOf(node, 'Periods').map(({ attributes }) => [attributes['Id'] ?? '', -secondsOf(attributes['Bias'])]),
  )
  if (periods.size === 0) return undefined
  const groups = new Map(childrenOf(node, 'TransitionsGroups').map((group) => [group.attributes['Id'] ?? '', group]))
  const eras = childrenOf(node, 'Transitions').flatMap((transition): ZoneEra[] => {
    const to = childOf(transition, 'To')
    const begins = beginningOf(textOf(transition, 'DateTime'))
    if (to?.attributes['Kind'] === 'Period') return [{ ...begins, offset: periods.get(to.text) ?? 0 }]
    const group = groups.get(to?.text ?? '')
    return group ? [{ ...begins, ...rulesOfGroup(group, periods) }] : []
  })
  const [offset = 0] = periods.values()
  const { Id, Name } = node.attributes
  return zoneOfEras(Id ?? Name ?? 'Custom', eras.length > 0 ? eras : [{ from: 1, offset }])
}

/** Of the one without a date, from the beginning of time. */
function beginningOf(at: string | undefined): Pick<ZoneEra, 'from' | 'since'> {
  if (at === undefined) return { from: 1 }
  const since = at.slice(0, 19)
  return { from: Number(at.slice(0, 4)), ...(!since.endsWith('-01-01T00:00:00') && { since }) }
}

function rulesOfGroup(group: Node, periods: ReadonlyMap<string, number>): Omit<ZoneEra, 'from'> {
  const changes = group.children.map((transition) => ({
    offset: periods.get(textOf(transition, 'To') ?? '') ?? 0,
    moment: momentOf(transition),
  }))
  const [first, second] = changes
  const offset = Math.min(...changes.map((change) => change.offset))
  if (!first?.moment || !second?.moment || first.offset === second.offset) return { offset }
  const [begins, ends] = first.offset > second.offset ? [first, second] : [second, first]
  if (!begins.moment || !ends.moment) return { offset }
  return { offset, daylight: { offset: begins.offset, begins: begins.moment, ends: ends.moment } }
}

function momentOf(transition: Node): YearlyMoment | undefined {
  const month = Number(textOf(transition, 'Month'))
  if (!month) return undefined
  const offset = secondsOf(textOf(transition, 'TimeOffset'))
  const time = [Math.floor(offset / 3600), Math.floor(offset / 60) % 60, offset % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
  const day = textOf(transition, 'Day')
  if (day !== undefined) return { month, day: Number(day), time }
  const week = Number(textOf(transition, 'Occurrence') ?? 1)
  const weekday = DAYS.indexOf(textOf(transition, 'DayOfWeek') ?? 'Sunday')
  return { month, weekday, week: week < 0 ? 5 : week, time }
}

/** Seconds of an `xs:duration` of days or less, such as `-PT1H30M`; the last millisecond of a day is midnight. */
function secondsOf(duration: string | undefined): number {
  const match = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(duration ?? '')
  if (!match) return 0
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part) => Number(part ?? 0))
  const size = Math.round(days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
  return match[1] ? -size : size
}

/** Years that are spelt out of a series that does not end sooner. */
const MOST_YEARS = 25

/** A zone by its rules, year by year as far as they differ. @throws MailboxError `unsupported` */
export function writeDefinition(name: string, zone: Zone, span: Span): Xml {
  const eras = erasOf(zone, span)
  const label = typeof zone === 'string' ? zone : zone.name
  const periods = eras.map(({ offset, daylight }, index) => [
    xml`<t:Period Bias="${bias(offset)}" Name="Standard" Id="${index}-Standard"/>`,
    daylight && xml`<t:Period Bias="${bias(daylight.offset)}" Name="Daylight" Id="${index}-Daylight"/>`,
  ])
  const groups = eras.map(
    (era, index) => xml`<t:TransitionsGroup Id="${index}">${changesOf(era, index)}</t:TransitionsGroup>`,
  )
  const transitions = eras.map(({ from }, index) => {
    const to = xml`<t:To Kind="Group">${index}</t:To>`
    if (index === 0) return xml`<t:Transition>${to}</t:Transition>`
    return xml`<t:AbsoluteDateTransition>${to}<t:DateTime>${from}-01-01T00:00:00</t:DateTime></t:AbsoluteDateTransition>`
  })
  return xml`<t:${name} Id="${label}" Name="${label}"><t:Periods>${periods}</t:Periods><t:TransitionsGroups>${groups}</t:TransitionsGroups><t:Transitions>${transitions}</t:Transitions></t:${name}>`
}

function erasOf(zone: Zone, { from, to }: Span): ZoneEra[] {
  const first = new Date(from).getUTCFullYear()
  const last = Math.min(new Date(to).getUTCFullYear(), first + MOST_YEARS)
  const eras: ZoneEra[] = []
  for (let year = first; year <= last; year++) {
    const era = eraOf(zone, year) ?? (first === last ? { from: year, offset: offsetAt(zone, from) } : undefined)
    if (!era) {
      const label = typeof zone === 'string' ? zone : zone.name
      throw unsupported(`repeat an appointment in the time zone ${label}: ${year} has no regular summer time`, 'ews')
    }
    const { from: _year, ...rules } = era
    const { from: _before, ...before } = eras.at(-1) ?? { from: 0 }
    if (JSON.stringify(rules) !== JSON.stringify(before)) eras.push(era)
  }
  return eras
}

function changesOf({ daylight }: ZoneEra, index: number): Xml[] {
  const to = (name: string) => xml`<t:To Kind="Period">${index}-${name}</t:To>`
  if (!daylight) return [xml`<t:Transition>${to('Standard')}</t:Transition>`]
  const changes = [
    { moment: daylight.begins, to: to('Daylight') },
    { moment: daylight.ends, to: to('Standard') },
  ]
  return changes.sort((a, b) => a.moment.month - b.moment.month).map((change) => changeOf(change.to, change.moment))
}

function changeOf(to: Xml, { month, weekday = 0, week = 1, day, time }: YearlyMoment): Xml {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  const at = xml`${to}<t:TimeOffset>PT${hours}H${minutes}M${seconds}S</t:TimeOffset><t:Month>${month}</t:Month>`
  if (day !== undefined) return xml`<t:RecurringDateTransition>${at}<t:Day>${day}</t:Day></t:RecurringDateTransition>`
  const occurrence = week >= 5 ? -1 : week
  return xml`<t:RecurringDayTransition>${at}<t:DayOfWeek>${DAYS[weekday]}</t:DayOfWeek><t:Occurrence>${occurrence}</t:Occurrence></t:RecurringDayTransition>`
}

/** Minutes west of UTC. */
function bias(offset: number): string {
  const minutes = Math.round(-offset / 60)
  return `${minutes < 0 ? '-' : ''}PT${Math.abs(minutes)}M`
}
