import type { YearlyMoment, ZoneRules } from '../../model/index.ts'
import { child, type Element, tag, textOf, type Xml } from '../xml.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** The rules that a TimeZoneDefinition spells out; nothing when it only names a zone. */
export function readDefinition(element: Element): ZoneRules[] | undefined {
  const periods = new Map(
    (child(element, 'Periods')?.children ?? []).map(({ attributes }) => [
      attributes.get('Id') ?? '',
      -seconds(attributes.get('Bias')),
    ]),
  )
  if (!periods.size) return undefined
  const groups = child(element, 'TransitionsGroups')?.children ?? []
  return (child(element, 'Transitions')?.children ?? []).map((transition) => {
    const from = Number(textOf(transition, 'DateTime')?.slice(0, 4) ?? 1)
    const group = groups.find(({ attributes }) => attributes.get('Id') === textOf(transition, 'To'))
    const changes = (group?.children ?? []).map((each) => ({
      offset: periods.get(textOf(each, 'To') ?? '') ?? 0,
      moment: momentOf(each),
    }))
    const [begins, ends] = changes.sort((a, b) => b.offset - a.offset)
    if (!begins || !ends) return { from, offset: begins?.offset ?? 0 }
    return {
      from,
      offset: ends.offset,
      daylight: { offset: begins.offset, begins: begins.moment, ends: ends.moment },
    }
  })
}

function momentOf(transition: Element): YearlyMoment {
  const number = (name: string) => Number(textOf(transition, name) ?? 0)
  const week = number('Occurrence')
  return {
    month: number('Month'),
    weekday: Math.max(0, DAYS.indexOf(textOf(transition, 'DayOfWeek') ?? '')),
    week: week < 0 ? 5 : week,
    day: child(transition, 'Day') ? number('Day') : undefined,
    seconds: seconds(textOf(transition, 'TimeOffset')),
  }
}

function seconds(duration = ''): number {
  const match = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/.exec(duration)
  const [days = 0, hours = 0, minutes = 0, rest = 0] = (match ?? []).slice(2).map((part) => Number(part ?? 0))
  const size = ((days * 24 + hours) * 60 + minutes) * 60 + rest
  return match?.[1] ? -size : size
}

/** What stands in a TimeZoneDefinition that spells rules out. */
export function writeDefinition(rules: readonly ZoneRules[]): Xml[] {
  return [
    tag(
      't:Periods',
      {},
      rules.map(({ offset, daylight }, index) => [
        period('Standard', index, offset),
        daylight && period('Daylight', index, daylight.offset),
      ]),
    ),
    tag(
      't:TransitionsGroups',
      {},
      rules.map(({ daylight }, index) =>
        tag(
          't:TransitionsGroup',
          { Id: index },
          daylight
            ? [change(`Daylight/${index}`, daylight.begins), change(`Standard/${index}`, daylight.ends)]
            : tag('t:Transition', {}, tag('t:To', { Kind: 'Period' }, `Standard/${index}`)),
        ),
      ),
    ),
    tag(
      't:Transitions',
      {},
      rules.map(({ from }, index) => {
        const to = tag('t:To', { Kind: 'Group' }, index)
        if (index === 0) return tag('t:Transition', {}, to)
        return tag('t:AbsoluteDateTransition', {}, to, tag('t:DateTime', {}, `${from}-01-01T00:00:00`))
      }),
    ),
  ]
}

function change(period: string, { month, weekday, week, day, seconds: time }: YearlyMoment): Xml {
  const at = [
    tag('t:To', { Kind: 'Period' }, period),
    tag('t:TimeOffset', {}, duration(time)),
    tag('t:Month', {}, month),
  ]
  if (day !== undefined) return tag('t:RecurringDateTransition', {}, at, tag('t:Day', {}, day))
  const which = [tag('t:DayOfWeek', {}, DAYS[weekday]), tag('t:Occurrence', {}, week === 5 ? -1 : week)]
  return tag('t:RecurringDayTransition', {}, at, which)
}

function duration(size: number): string {
  return `${size < 0 ? '-' : ''}PT${Math.abs(size) / 60}M`
}

function period(name: string, index: number, offset: number): Xml {
  return tag('t:Period', { Bias: duration(-offset), Name: name, Id: `${name}/${index}` })
}
