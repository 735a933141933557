import { type CustomZone, zoneOfVtimezone } from '#calendar'

/** Definitions that belong to no place, as a calendar program would send them. */
const DEFINITIONS = {
  early: definition(
    'Early Summer Time',
    part('DAYLIGHT', '20000319T020000', '+0100', '+0200', 'FREQ=YEARLY;BYMONTH=3;BYDAY=3SU'),
    part('STANDARD', '20001001T030000', '+0200', '+0100', 'FREQ=YEARLY;BYMONTH=10;BYDAY=1SU'),
  ),
  south: definition(
    'Somewhere South',
    part('DAYLIGHT', '16011008T020000', '+0630', '+0730', 'FREQ=YEARLY;BYMONTH=10;BYDAY=2SU'),
    part('STANDARD', '16010415T030000', '+0730', '+0630', 'FREQ=YEARLY;BYMONTH=4;BYDAY=3SU'),
  ),
  odd: definition('Twenty Minutes', part('STANDARD', '16010101T000000', '+0020', '+0020')),
  changing: definition(
    'Until 2027',
    part('DAYLIGHT', '20200426T020000', '+0100', '+0200', 'FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=20270425T010000Z'),
    part('STANDARD', '20200830T030000', '+0200', '+0100', 'FREQ=YEARLY;BYMONTH=8;BYDAY=-1SU;UNTIL=20270829T010000Z'),
  ),
  likeBerlin: definition(
    'Customized Time Zone',
    part('DAYLIGHT', '16010325T020000', '+0100', '+0200', 'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU'),
    part('STANDARD', '16011028T030000', '+0200', '+0100', 'FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU'),
  ),
}

export function customZone(name: string): CustomZone {
  const text = (DEFINITIONS as Record<string, string>)[name]
  if (!text) throw new Error(`There is no zone custom:${name}`)
  return zoneOfVtimezone(text)
}

function definition(tzid: string, ...parts: string[]): string {
  return ['BEGIN:VTIMEZONE', `TZID:${tzid}`, ...parts, 'END:VTIMEZONE', ''].join('\r\n')
}

function part(kind: 'DAYLIGHT' | 'STANDARD', start: string, from: string, to: string, rule?: string): string {
  const lines = [`BEGIN:${kind}`, `DTSTART:${start}`, `TZOFFSETFROM:${from}`, `TZOFFSETTO:${to}`]
  return [...lines, ...(rule ? [`RRULE:${rule}`] : []), `END:${kind}`].join('\r\n')
}
