import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allWindowsZones,
  allZones,
  canonicalZone,
  ianaOfWindows,
  instantOf,
  localOf,
  offsetAt,
  placesOfWindows,
  transitionsOf,
  windowsOfIana,
} from '#calendar'

const FROM = Date.UTC(1990, 0, 1)
const TO = Date.UTC(2041, 0, 1)
const zone = fc.constantFrom(...allZones())
const instant = fc.integer({ min: FROM / 1000, max: TO / 1000 - 1 }).map((second) => second * 1000)

/** What Intl says by another way than ours: the name of the offset. */
function offsetByName(name: string, at: number): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  const text = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes, seconds] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text) ?? []
  const size = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return sign === '-' ? -size : size
}

describe('time zones', () => {
  test('AP-60: every zone has the offset Intl gives it, at any instant of 1990 to 2040', () => {
    fc.assert(
      fc.property(zone, instant, (name, at) => {
        expect(offsetAt(name, at)).toBe(offsetByName(name, at))
      }),
      { numRuns: 3000 },
    )
  })

  test('AP-60: every zone has the offset Intl gives it, just before and at every change of 1990 to 2040', () => {
    for (const name of allZones()) {
      const changes = transitionsOf(name, 1990, 2040)
      for (const { at, offset } of changes.filter((_, index) => index < 2 || index % 17 === 0)) {
        expect([name, at, offsetByName(name, at)]).toEqual([name, at, offset])
        expect([name, at, offsetByName(name, at - 1000)]).toEqual([name, at, offsetAt(name, at - 1000)])
      }
    }
  }, 60_000)

  test('AP-60: wall and instant are each other’s inverse, but for what comes twice or not at all', () => {
    fc.assert(
      fc.property(zone, instant, (name, at) => {
        const back = instantOf(localOf(at, name), name)
        expect(localOf(back, name)).toBe(localOf(at, name))
        expect(back).toBeLessThanOrEqual(at)
      }),
      { numRuns: 2000 },
    )
  })

  test('AP-60: a time that is left out is read by the offset before; one that comes twice is the first', () => {
    expect(localOf(instantOf('2026-03-29T02:30:00', 'Europe/Berlin'), 'UTC')).toBe('2026-03-29T01:30:00')
    expect(localOf(instantOf('2026-10-25T02:30:00', 'Europe/Berlin'), 'UTC')).toBe('2026-10-25T00:30:00')
    expect(localOf(instantOf('2026-03-08T02:30:00', 'America/New_York'), 'UTC')).toBe('2026-03-08T07:30:00')
    expect(localOf(instantOf('2011-12-30T12:00:00', 'Pacific/Apia'), 'UTC')).toBe('2011-12-30T22:00:00')
  })

  test('AP-60: zones have today’s names of IANA, whichever name is used', () => {
    const names = [
      'Europe/Kiev',
      'europe/kyiv',
      'Asia/Calcutta',
      'US/Pacific',
      'Asia/Katmandu',
      'Etc/UTC',
      'Asia/Saigon',
    ]
    expect(names.map(canonicalZone)).toEqual([
      'Europe/Kyiv',
      'Europe/Kyiv',
      'Asia/Kolkata',
      'America/Los_Angeles',
      'Asia/Kathmandu',
      'UTC',
      'Asia/Ho_Chi_Minh',
    ])
    for (const wrong of ['', 'Customized Time Zone', 'W. Europe Standard Time', 'Europe/Nowhere', '../etc', '+01:00']) {
      expect(canonicalZone(wrong)).toBeUndefined()
    }
    expect(() => offsetAt('Europe/Nowhere', 0)).toThrow('"Europe/Nowhere" is not a time zone of IANA')
  })
})

describe('zones of Windows', () => {
  test('AP-60: every zone that Intl knows has a Windows zone, and comes back as itself', () => {
    const without = allZones().filter((name) => windowsOfIana(name) === undefined)
    expect(without).toEqual(['Antarctica/Troll'])
    for (const name of allZones()) {
      const windows = windowsOfIana(name)
      if (windows === undefined) continue
      expect(ianaOfWindows(windows, { prefer: name })).toBe(name)
    }
  })

  test('AP-60: every Windows zone of CLDR has places, each of which leads back to it', () => {
    expect(allWindowsZones().length).toBeGreaterThan(135)
    for (const windows of allWindowsZones()) {
      const places = placesOfWindows(windows)
      expect(places.length).toBeGreaterThan(0)
      for (const place of places) expect([place, windowsOfIana(place)]).toEqual([place, windows])
    }
  })

  test('AP-60: the place that stands for a Windows zone keeps the time of all its places now', () => {
    const now = [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)]
    for (const windows of allWindowsZones()) {
      const first = ianaOfWindows(windows) as string
      for (const place of placesOfWindows(windows)) {
        expect([place, ...now.map((at) => offsetAt(place, at))]).toEqual([
          place,
          ...now.map((at) => offsetAt(first, at)),
        ])
      }
    }
  })

  test('AP-60: the territory and the person’s own place decide among the places', () => {
    const name = 'W. Europe Standard Time'
    expect(ianaOfWindows(name)).toBe('Europe/Berlin')
    expect(ianaOfWindows(name, { territory: 'ch' })).toBe('Europe/Zurich')
    expect(ianaOfWindows(name, { territory: 'ch', prefer: 'Europe/Rome' })).toBe('Europe/Rome')
    expect(ianaOfWindows(name, { prefer: 'Asia/Tokyo', territory: 'XX' })).toBe('Europe/Berlin')
    expect(ianaOfWindows('FLE Standard Time', { territory: 'UA' })).toBe('Europe/Kyiv')
    expect(ianaOfWindows('w. europe standard time ')).toBe('Europe/Berlin')
    expect(ianaOfWindows('Kamchatka Standard Time')).toBe('Asia/Kamchatka')
    expect(ianaOfWindows('Middle-earth Standard Time')).toBeUndefined()
  })

  test('AP-60: names, old and new, lead to the same Windows zone', () => {
    expect(windowsOfIana('Europe/Kiev')).toBe('FLE Standard Time')
    expect(windowsOfIana('Europe/Kyiv')).toBe('FLE Standard Time')
    expect(windowsOfIana('Asia/Kolkata')).toBe('India Standard Time')
    expect(windowsOfIana('America/Coyhaique')).toBe('Magallanes Standard Time')
    expect(windowsOfIana('America/Scoresbysund')).toBe('Greenland Standard Time')
  })
})
