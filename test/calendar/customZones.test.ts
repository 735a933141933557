import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allZones,
  type CustomZone,
  eraOf,
  keepSameTime,
  localOf,
  offsetAt,
  placeOfRules,
  printVtimezone,
  resolveZone,
  type ZoneEra,
  zoneOfDefinition,
  zoneOfEras,
  zoneOfStruct,
  zoneOfVtimezone,
} from '#calendar'

const years = { from: 2024, to: 2030 }
const fallback = 'Africa/Nairobi'
const EUROPE: ZoneEra = {
  from: 1601,
  offset: 3600,
  daylight: {
    offset: 7200,
    begins: { month: 3, weekday: 0, week: 5, time: '02:00:00' },
    ends: { month: 10, weekday: 0, week: 5, time: '03:00:00' },
  },
}
const OUTLOOK = `BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
`
/** Two hours of daylight saving, at an hour that no place has. */
const STRANGE: ZoneEra = {
  from: 1990,
  offset: 20_700,
  daylight: {
    offset: 27_900,
    begins: { month: 9, weekday: 6, week: 2, time: '04:00:00' },
    ends: { month: 2, day: 10, time: '01:00:00' },
  },
}

const us = (from: number, month: number, week: number, last: number, lastWeek: number): ZoneEra => ({
  from,
  offset: -18_000,
  daylight: {
    offset: -14_400,
    begins: { month, weekday: 0, week, time: '02:00:00' },
    ends: { month: last, weekday: 0, week: lastWeek, time: '02:00:00' },
  },
})

const by = (name: string | undefined, rules?: CustomZone, more: { prefer?: string; territory?: string } = {}) =>
  resolveZone(name, { years, fallback, ...(rules && { rules }), ...more })

const systemTime = (...parts: number[]) => parts.flatMap((part) => [part & 255, part >> 8])
const int = (value: number) => [...new Uint8Array(new Int32Array([value]).buffer)]

describe('zones that somebody defined', () => {
  test('AP-60: the rules of Windows, in eras, keep the time of the place they describe', () => {
    const berlin = zoneOfEras('own', [EUROPE])
    expect(keepSameTime(berlin, 'Europe/Berlin', { from: 1997, to: 2040 })).toBe(true)
    const eastern = zoneOfEras('Eastern', [us(2007, 3, 2, 11, 1), us(1601, 4, 1, 10, 5)])
    expect(keepSameTime(eastern, 'America/New_York', { from: 1990, to: 2040 })).toBe(true)
  })

  test('AP-60: an era may begin in the middle of a year, with summer time or without', () => {
    const later = { ...EUROPE, from: 2026, since: '2026-07-01T00:00:00' }
    const zone = zoneOfEras('own', [
      { from: 1, offset: 0 },
      later,
      { from: 2027, since: '2027-05-10T12:00:00', offset: 3600 },
    ])
    expect(zone).toEqual({
      name: 'own',
      offset: 0,
      transitions: [
        { at: Date.parse('2026-06-30T22:00:00Z'), offset: 7200 },
        { at: Date.parse('2026-10-25T01:00:00Z'), offset: 3600 },
        { at: Date.parse('2027-03-28T01:00:00Z'), offset: 7200 },
        { at: Date.parse('2027-05-10T11:00:00Z'), offset: 3600 },
      ],
    })
  })

  test('AP-60: the definition and the structure that Outlook keeps of a series mean the place they describe', () => {
    const biases = [...int(-60), ...int(0), ...int(-60)]
    const ends = systemTime(0, 10, 0, 5, 3, 0, 0, 0)
    const begins = systemTime(0, 3, 0, 5, 1, 59, 59, 999)
    const name = Buffer.from('Own', 'utf16le')
    const rule = [
      2,
      1,
      0x3e,
      0,
      2,
      0,
      ...systemTime(1601),
      ...Array.from({ length: 14 }, () => 0),
      ...biases,
      ...ends,
      ...begins,
    ]
    const definition = Uint8Array.from([2, 1, 12, 0, 2, 0, 3, 0, ...name, 1, 0, ...rule])
    const struct = Uint8Array.from([...biases, 0, 0, ...ends, 0, 0, ...begins])
    for (const zone of [zoneOfDefinition(definition), zoneOfStruct(struct)])
      expect(keepSameTime(zone as CustomZone, 'Europe/Berlin', { from: 1997, to: 2040 })).toBe(true)
    for (let length = 0; length < definition.length; length++)
      expect(zoneOfDefinition(definition.subarray(0, length))).toBeUndefined()
    expect(zoneOfStruct(struct.subarray(1))).toBeUndefined()
  })

  test('AP-60: a year of any zone can be given to Exchange as an era, and means the same', () => {
    const inexpressible = new Set<string>()
    const told: [string, number, boolean][] = []
    for (const zone of allZones()) {
      for (const year of [1995, 2011, 2026]) {
        const era = eraOf(zone, year)
        if (era) told.push([zone, year, keepSameTime(zoneOfEras('era', [era]), zone, { from: year, to: year })])
        else inexpressible.add(zone)
      }
    }
    expect(told.filter(([, , same]) => !same)).toEqual([])
    expect(inexpressible.size).toBeLessThan(60)
    expect(eraOf('Antarctica/Troll', 2026)).toMatchObject({ offset: 0, daylight: { offset: 7200 } })
  }, 60_000)

  test('AP-60: a VTIMEZONE of Outlook, from the year 1601 on, keeps the time it says', () => {
    const zone = zoneOfVtimezone(OUTLOOK)
    expect(keepSameTime(zone, 'Europe/Berlin', { from: 1997, to: 2040 })).toBe(true)
    expect(localOf(Date.UTC(2090, 6, 1), zone)).toBe('2090-07-01T02:00:00')
  })

  test('AP-60: any zone written as a VTIMEZONE is read back with the same time at every instant', () => {
    const instant = fc.integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2040, 11, 31) / 1000 })
    fc.assert(
      fc.property(
        fc.constantFrom(...allZones()),
        fc.array(instant, { minLength: 20, maxLength: 20 }),
        (zone, seconds) => {
          const read = zoneOfVtimezone(printVtimezone(zone, 'x', 1990, 2040))
          for (const second of seconds) expect(offsetAt(read, second * 1000)).toBe(offsetAt(zone, second * 1000))
        },
      ),
      { numRuns: 100 },
    )
  }, 60_000)

  test('AP-60: a definition that cannot be read is an error that says why', () => {
    const bad = [
      '',
      'BEGIN:VTIMEZONE',
      OUTLOOK.replace('TZOFFSETTO:+0100\n', ''),
      OUTLOOK.replace('FREQ=YEARLY', 'FREQ=ALWAYS'),
    ]
    for (const text of bad) expect(() => zoneOfVtimezone(text)).toThrow(/time zone definition|recurrence rule/)
  })
})

describe('whose zone is meant', () => {
  test('AP-60: names of IANA, behind any prefix, mean the place', () => {
    for (const name of [
      'Europe/Berlin',
      '/freeassociation.sourceforge.net/Europe/Berlin',
      '/freeassociation.sourceforge.net/Tzfile/Europe/Berlin',
      '/mozilla.org/20070129_1/Europe/Berlin',
      '/softwarestudio.org/Olson_20011030_5/Europe/Berlin',
    ]) {
      expect(by(name)).toEqual({ zone: 'Europe/Berlin', by: 'name' })
    }
    expect(by('/citadel.org/20070227_1/America/Argentina/Buenos_Aires').zone).toBe('America/Argentina/Buenos_Aires')
    expect(by('tzone://Microsoft/Utc')).toEqual({ zone: 'UTC', by: 'name' })
  })

  test('AP-60: a name of IANA wins over old rules, one of Windows does not', () => {
    const flat: CustomZone = { name: 'x', offset: -18_000, transitions: [] }
    expect(by('America/New_York', flat)).toEqual({ zone: 'America/New_York', by: 'name' })
    const found = by('Eastern Standard Time', flat)
    expect(found.by).toBe('rules')
    expect(keepSameTime(found.zone, flat, years)).toBe(true)
    expect(by('Eastern Standard Time')).toEqual({ zone: 'America/New_York', by: 'windows' })
    expect(by('W. Europe Standard Time', zoneOfEras('x', [EUROPE]), { territory: 'AT' }).zone).toBe('Europe/Vienna')
  })

  test('AP-60: names that Outlook shows to people mean their cities', () => {
    const names: [string, string][] = [
      ['(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna', 'Europe/Berlin'],
      ['(GMT+01:00) Brussels, Copenhagen, Madrid, Paris', 'Europe/Brussels'],
      ['(GMT-05:00) Eastern Time (US & Canada)', 'America/New_York'],
      ['(UTC-08:00) Pacific Time (US & Canada)', 'America/Los_Angeles'],
      ['(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi', 'Asia/Kolkata'],
      ['(UTC+09:00) Osaka, Sapporo, Tokyo', 'Asia/Tokyo'],
      ['(UTC) Dublin, Edinburgh, Lisbon, London', 'Europe/London'],
      ['(UTC) Coordinated Universal Time', 'UTC'],
      ['(UTC-03:00) Brasilia', 'America/Sao_Paulo'],
      ['(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius', 'Europe/Kyiv'],
      ['(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi', 'Asia/Shanghai'],
    ]
    for (const [name, zone] of names) expect([name, by(name).zone]).toEqual([name, zone])
  })

  test('AP-60: rules without a known name mean the place that keeps them, the person’s own first', () => {
    expect(by('Customized Time Zone', zoneOfVtimezone(OUTLOOK), { territory: 'DE' })).toEqual({
      zone: 'Europe/Berlin',
      by: 'rules',
    })
    expect(keepSameTime(by('', zoneOfVtimezone(OUTLOOK)).zone, 'Europe/Berlin', years)).toBe(true)
    expect(by(undefined, zoneOfVtimezone(OUTLOOK), { prefer: 'Europe/Madrid' }).zone).toBe('Europe/Madrid')
    expect(by('(UTC+01:00) Amsterdam', zoneOfVtimezone(OUTLOOK)).zone).toBe('Europe/Amsterdam')
  })

  test('AP-60: rules that no place keeps stay as they are', () => {
    const rules = zoneOfEras('My boat', [STRANGE])
    expect(placeOfRules(rules, years)).toBeUndefined()
    const { zone, by: how } = by('Customized Time Zone', rules)
    expect([how, zone]).toEqual(['custom', rules])
    expect(JSON.parse(JSON.stringify(zone))).toEqual(zone)
    expect(localOf(Date.UTC(2026, 0, 1, 0, 0), zone)).toBe('2026-01-01T07:45:00')
    expect(localOf(Date.UTC(2026, 5, 1, 0, 0), zone)).toBe('2026-06-01T05:45:00')
  })

  test('AP-60: a bare offset is a zone of its own, and nothing at all is the fallback, said as such', () => {
    expect(by('(UTC+05:45) Nowhere')).toMatchObject({ zone: { offset: 20_700, transitions: [] }, by: 'offset' })
    expect(by('GMT-0300')).toEqual({ zone: 'Etc/GMT+3', by: 'offset' })
    expect(by('Customized Time Zone')).toEqual({ zone: fallback, by: 'fallback' })
    expect(by(undefined)).toEqual({ zone: fallback, by: 'fallback' })
    expect(by('x'.repeat(100_000)).by).toBe('fallback')
  })

  test('AP-60: of any place only the rules are known, and a place is found that keeps the same time', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allZones()), (zone) => {
        const found = by('My zone', zoneOfVtimezone(printVtimezone(zone, 'x', 2020, 2032)))
        expect(found.by).toBe('rules')
        expect(keepSameTime(found.zone, zone, years)).toBe(true)
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
