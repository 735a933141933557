import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type OrdinalDay, occurrences, type Recurrence } from '#calendar'
import {
  type Attendee,
  applyPatch,
  type CalendarItem,
  type EventFields,
  type EventPatch,
  type NewEvent,
  patchEvent,
  printEvent,
  readEvent,
} from '#mailbox'

const NOW = new Date('2026-01-05T08:00:00Z')
const options = { address: 'me@contoso.example', fallback: 'Europe/Berlin', now: NOW }

const text = fc
  .string({ minLength: 1, maxLength: 90, unit: fc.constantFrom(...Array.from('aB ;,:"\\\nÄ京🙂<&=')) })
  .map((word) => `x${word}x`)
const at = (minute: number) => new Date(Date.UTC(2024, 0, 1) + minute * 60_000).toISOString().slice(0, 19)
const zone = fc.constantFrom('Europe/Berlin', 'UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe')
const minutes = fc.integer({ min: 0, max: 2_000_000 })
const time = fc
  .tuple(minutes, fc.integer({ min: 0, max: 3000 }), zone, fc.boolean())
  .map(([start, length, zone, allDay]) => {
    const day = (minute: number) => at(minute).slice(0, 10)
    return allDay
      ? { allDay, start: day(start), end: day(start + 1440 * (1 + (length % 5))), zone: options.fallback }
      : { allDay, start: at(start), end: at(start + length), zone }
  })
const attendee: fc.Arbitrary<Attendee> = fc.record({
  address: fc.constantFrom('ann', 'bob', 'cid', 'dörte').map((name) => `${name}@adatum.example`),
  name: fc.constantFrom('Ann', 'Bob; the "builder"', 'Cid, C.').map((name) => name.replaceAll('"', "'")),
  role: fc.constantFrom('required', 'optional', 'resource'),
  answer: fc.constantFrom('none', 'accepted', 'declined', 'tentative'),
})
const some: fc.Arbitrary<Partial<EventFields>> = fc.record(
  {
    subject: text,
    body: text.map((text) => ({ text })),
    location: text,
    showAs: fc.constantFrom('free', 'tentative', 'busy', 'outOfOffice', 'workingElsewhere'),
    importance: fc.constantFrom('low', 'normal', 'high'),
    sensitivity: fc.constantFrom('normal', 'personal', 'private', 'confidential'),
    reminder: fc.integer({ min: 0, max: 20_000 }),
    attendees: fc.uniqueArray(attendee, { minLength: 1, maxLength: 3, selector: ({ address }) => address }),
    categories: fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
)
const fields: fc.Arbitrary<EventFields> = fc.tuple(some, time).map(([more, time]) => {
  return { showAs: 'busy', importance: 'normal', sensitivity: 'normal', ...more, time }
})
const byDay: OrdinalDay[][] = [[{ day: 'MO' }], [{ day: 'TU' }, { day: 'FR' }]]
const recurrence: fc.Arbitrary<Recurrence> = fc.oneof(
  fc.record({
    frequency: fc.constant('daily'),
    interval: fc.integer({ min: 1, max: 3 }),
    end: fc.constant({ count: 8 }),
  }),
  fc.record({ frequency: fc.constant('weekly'), interval: fc.constant(1), byDay: fc.constantFrom(...byDay) }),
)

/** A single appointment or a series, with exceptions and cancellations among its first occurrences. */
const events: fc.Arbitrary<NewEvent> = fc
  .tuple(
    fields,
    fc.option(recurrence, { nil: undefined }),
    fc.array(fc.constantFrom('keep', 'cancel', 'change'), { maxLength: 5 }),
    text,
  )
  .map(([fields, recurrence, fates, subject]) => {
    if (!recurrence) return { kind: 'event', fields }
    const starts = [...occurrences(recurrence, fields.time.start, { limit: fates.length })]
    const fated = (fate: string) => starts.filter((_, index) => fates[index] === fate)
    const differing = subject === fields.subject ? `${subject}!` : subject
    const exceptions = fated('change').map((originalStart) => ({ originalStart, fields: { subject: differing } }))
    return { kind: 'event', fields, series: { recurrence, cancelled: fated('cancel'), exceptions } }
  })

const patches: fc.Arbitrary<EventPatch> = fc.record(
  {
    kind: fc.constant('event'),
    set: fc
      .tuple(some, fc.option(time, { nil: undefined }))
      .map(([more, time]) => ({ ...more, ...(time && { time }) })),
    clear: fc.uniqueArray(fc.constantFrom('subject', 'body', 'location', 'reminder', 'attendees', 'categories')),
    recurrence: fc.option(recurrence),
  },
  { requiredKeys: ['kind'] },
)

describe('appointments as iCalendar', () => {
  test('FD-20, FD-21: whatever is written is read again as it was', () => {
    fc.assert(
      fc.property(events, (item) => {
        const read = readEvent(printEvent(item, 'uid-1', options), options)
        expect(read.fields).toEqual(item.fields)
        expect(read.series).toEqual(item.series)
        expect(read).toMatchObject({
          uid: 'uid-1',
          role: item.fields.attendees ? 'organizer' : 'none',
          cancelled: false,
        })
      }),
      { numRuns: 150 },
    )
  })

  test('AP-20, AP-71: a patch in the text is the patch of what is read', () => {
    fc.assert(
      fc.property(events, patches, (item, patch) => {
        const text = printEvent(item, 'uid-1', options)
        const before = readEvent(text, options) as CalendarItem
        const expected = applyPatch(before, patch)
        const after = readEvent(patchEvent(text, patch, options), options)
        expect(namesOf(after.fields)).toEqual(namesOf(expected.fields))
        expect(withoutAnswers(after.fields)).toEqual(withoutAnswers(expected.fields))
        const [read, meant] = [after.series, expected.series].map((series) => withoutSame(series, expected.fields))
        expect(read).toEqual(meant)
      }),
      { numRuns: 200 },
    )
  })

  test('AP-70: patches of single occurrences in the text are those of what is read', () => {
    const fate = fc.constantFrom('cancel', 'Garden', 'Attic')
    fc.assert(
      fc.property(events, fc.array(fc.tuple(fc.nat(5), fate), { maxLength: 6 }), (item, fates) => {
        const { series, fields } = item
        if (!series) return
        const starts = [...occurrences(series.recurrence, fields.time.start, { limit: 6 })]
        let text = printEvent(item, 'uid-1', options)
        for (const [index, what] of fates) {
          const before = readEvent(text, options) as CalendarItem
          const originalStart = starts[index % starts.length]
          const gone =
            before.series && 'cancelled' in before.series && before.series.cancelled.includes(originalStart ?? '')
          if (gone || originalStart === undefined) continue
          const cancel = { originalStart, cancel: true } as const
          const change = { originalStart, set: { location: what } }
          const patch: EventPatch = { kind: 'event', occurrences: [what === 'cancel' ? cancel : change] }
          text = patchEvent(text, patch, options)
          const expected = applyPatch(before, patch).series
          expect(withoutSame(readEvent(text, options).series, fields)).toEqual(withoutSame(expected, fields))
        }
      }),
      { numRuns: 80 },
    )
  })

  test('AP-70, B-41: an occurrence that takes place again takes nothing from the others, unknown lines and odd spellings included', () => {
    const exception = [
      'UID:weekly',
      'RECURRENCE-ID:20260318T100000Z',
      'SUMMARY:Weekly, long',
      'LOCATION:There',
      'DTSTART:20260318T140000Z',
      'DTEND:20260318T150000Z',
      'X-MOON;X-PHASE=full:high',
      'BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER:-PT10M\r\nEND:VALARM',
    ]
    const rule = ['RRULE:COUNT=6;FREQ=WEEKLY', 'EXDATE:20260311T100000Z', 'EXDATE:20260325T100000Z']
    const times = ['DTSTART:20260304T100000Z', 'DTEND:20260304T110000Z']
    const written = ['UID:weekly', 'SUMMARY:Weekly', ...times, ...rule]
    const inner = [written, exception].flatMap((lines) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'])
    const before = ['BEGIN:VCALENDAR', 'VERSION:2.0', ...inner, 'END:VCALENDAR', ''].join('\r\n')
    const moved = { allDay: false, start: '2026-03-18T14:00:00', end: '2026-03-18T15:00:00', zone: 'UTC' }
    const patch: EventPatch = {
      kind: 'event',
      recurrence: { frequency: 'weekly', interval: 1, end: { count: 6 } },
      occurrences: [
        { originalStart: '2026-03-11T10:00:00', cancel: true },
        { originalStart: '2026-03-18T10:00:00', set: { subject: 'Weekly, long', time: moved } },
      ],
    }
    const after = patchEvent(before, patch, options)
    for (const line of exception.filter((line) => !/^(SUMMARY|LOCATION)/.test(line))) expect(after).toContain(line)
    expect(after).not.toContain('20260325')
    // What is not said of it is as in its series.
    expect(after).not.toContain('There')
    expect(readEvent(after, options).series).toMatchObject({
      cancelled: ['2026-03-11T10:00:00'],
      exceptions: [{ originalStart: '2026-03-18T10:00:00', fields: { subject: 'Weekly, long', time: moved } }],
    })
  })

  test('AP-20: lines that a patch does not name stay byte for byte, unknown ones and odd folds included', () => {
    const patched = patchEvent(OUTLOOK, { kind: 'event', set: { subject: 'New', reminder: 5 } }, options)
    const changed = /^(SUMMARY|DTSTAMP|LAST-MODIFIED|SEQUENCE|TRIGGER|  long)/
    const others = (text: string) => text.split('\r\n').filter((line) => !changed.test(line))
    expect(others(patched)).toEqual(others(OUTLOOK))
    expect(patched).toContain('SUMMARY:New\r\n')
    // RFC 5546 §2.1.4: the sequence is the organizer's, and counts what concerns others.
    const boss = { ...options, address: 'boss@adatum.example' }
    const sequence = (patch: EventPatch, by = boss) => /SEQUENCE:(\d+)/.exec(patchEvent(OUTLOOK, patch, by))?.[1]
    expect(sequence({ kind: 'event', set: { subject: 'New' } }, options)).toBe('3')
    expect(sequence({ kind: 'event', set: { subject: 'New' } })).toBe('4')
    expect(sequence({ kind: 'event', set: { reminder: 5 }, marks: { state: 'tracked' } })).toBe('3')
  })

  test('AP-8: marks are hidden lines of their own, written one by one', () => {
    const item: NewEvent = { kind: 'event', fields: readEvent(OUTLOOK, options).fields }
    const text = printEvent({ ...item, marks: { key: 'k-1', state: 'Adatum; Co, „A“' } }, 'uid-1', options)
    const patched = patchEvent(text, { kind: 'event', marks: { state: null } }, options)
    expect(readEvent(text, options).marks).toEqual({ key: 'k-1', state: 'Adatum; Co, „A“' })
    expect(readEvent(patched, options).marks).toEqual({ key: 'k-1' })
  })

  test('AP-8: the text, which everybody who is invited can read, does not say what it is about in the CRM', () => {
    const item: NewEvent = { kind: 'event', fields: readEvent(OUTLOOK, options).fields }
    const text = printEvent({ ...item, marks: { key: 'k-1', recordId: 'r-1', regardingName: 'Adatum' } }, 'u', options)
    expect(text).not.toMatch(/r-1|Adatum/)
    const older = text.replace('X-REGARDING-KEY', 'X-REGARDING-RECORD-ID:r-1\r\nX-REGARDING-KEY')
    expect(readEvent(older, options).marks).toEqual({ key: 'k-1' })
    expect(patchEvent(older, { kind: 'event', set: { reminder: 5 } }, options)).not.toContain('r-1')
  })

  test('AP-60, AP-50: what Outlook writes is understood', () => {
    expect(readEvent(OUTLOOK, options)).toMatchObject({
      uid: '040000008200E00074C5B7101A82E008',
      fields: {
        subject: 'Jour fixe; weekly, long',
        time: { allDay: false, start: '2026-03-23T09:00:00', end: '2026-03-23T10:00:00' },
        showAs: 'outOfOffice',
        sensitivity: 'private',
        importance: 'high',
        reminder: 15,
        attendees: [{ address: 'me@contoso.example', role: 'required', answer: 'tentative' }],
        body: { text: 'Agenda\nsecond line', html: '<b>Agenda</b>' },
      },
      series: {
        recurrence: { frequency: 'weekly', interval: 1, byDay: [{ day: 'MO' }], end: { until: '2026-06-01T09:00:00' } },
        cancelled: ['2026-04-06T09:00:00'],
        exceptions: [{ originalStart: '2026-03-30T09:00:00', fields: { subject: 'Moved' } }],
      },
      role: 'attendee',
      organizer: { address: 'boss@adatum.example', name: 'The Boss' },
      answer: 'tentative',
    })
  })

  test('AP-75: what is broken or cannot be said is named, and is never a crash', () => {
    const broken: [string, RegExp][] = [
      ['', /no iCalendar/],
      ['BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n', /no appointment/],
      ['BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n', /does not end/],
      ['BEGIN:VCALENDAR\r\nEND:VEVENT\r\n', /did not begin/],
      [event('SUMMARY:x'), /no start/],
      [event('DTSTART:soon'), /"soon"/],
      [event('DTSTART:20260101T000000\r\nno colon here'), /no colon here/],
    ]
    for (const [text, why] of broken) expect(() => readEvent(text, options)).toThrow(why)
    const start = 'DTSTART:20260105T090000Z\r\n'
    const cannot: [string, RegExp][] = [
      ['RRULE:FREQ=DAILY;RSCALE=HEBREW', /RSCALE/],
      ['RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY', /several patterns/],
      ['RDATE:20260106T090000Z', /RDATE/],
    ]
    for (const [rule, why] of cannot) {
      const { series } = readEvent(event(start + rule), options)
      expect(series && 'cannot' in series ? series.cannot : '').toMatch(why)
    }
    const more = 'END:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260106T090000Z\r\n'
    const range = event(`${start}RRULE:FREQ=DAILY\r\n${more}DTSTART:20260106T100000Z`)
    expect(readEvent(range, options).series).toMatchObject({ cannot: expect.stringContaining('RANGE') })
    expect(readEvent(event(start + 'DTEND:20250105T090000Z'), options).fields.time.end).toBe('2025-01-05T09:00:00')
    expect(readEvent(event('DTSTART;VALUE=DATE:20260105'), options).fields.time.end).toBe('2026-01-06')
    expect(readEvent(event(`${start}RECURRENCE-ID:20260105T080000Z`), options).recurrenceId).toBe('2026-01-05T08:00:00')
  })

  test('AP-75: whatever text comes, nothing but a MailboxError leaves', () => {
    const piece = fc.constantFrom(
      ...OUTLOOK.split('\r\n'),
      'BEGIN:VEVENT',
      'END:VEVENT',
      ' folded',
      'DTSTART:1',
      '\u0000',
    )
    const garbled = fc.array(piece, { maxLength: 60 }).map((lines) => lines.join('\r\n'))
    fc.assert(
      fc.property(fc.oneof(garbled, fc.string()), (text) => {
        expect(failureOf(() => readEvent(text, options))).toMatch(/^(none|MailboxError)$/)
      }),
      { numRuns: 500 },
    )
  })
})

function namesOf(fields: object): string[] {
  return Object.keys(fields).sort()
}

/** Answers are the attendees' own: a patch does not write them. */
function withoutAnswers(fields: EventFields) {
  return { ...fields, attendees: fields.attendees?.map(({ address, role }) => ({ address, role })) }
}

/** In the text an occurrence says everything; what is as in its master is no difference. */
function withoutSame(series: CalendarItem['series'], master: EventFields) {
  if (!series || !('exceptions' in series)) return series
  const exceptions = series.exceptions.map(({ originalStart, fields, cleared = [] }) => {
    const own = { ...master, ...fields, ...Object.fromEntries(cleared.map((name) => [name, undefined])) }
    const differs = Object.entries(own).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(master[name as keyof EventFields]),
    )
    return { originalStart, fields: Object.fromEntries(differs) }
  })
  return { ...series, exceptions }
}

function failureOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.name : 'something thrown'
  }
}

const event = (lines: string) => `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n${lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`

const OUTLOOK = `BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
BEGIN:VTIMEZONE
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
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E008
ORGANIZER;CN="The Boss":MAILTO:Boss@adatum.example
ATTENDEE;CN=Me;ROLE=REQ-PARTICIPANT;PARTSTAT=TENTATIVE;X-NUM-GUESTS=0:mailt
 o:me@contoso.example
SUMMARY;LANGUAGE=de:Jour fixe\\; weekly\\,
  long
DESCRIPTION:Agenda\\nsecond line
X-ALT-DESC;FMTTYPE=text/html:<b>Agenda</b>
DTSTART;TZID="Customized Time Zone":20260323T090000
DTEND;TZID="Customized Time Zone":20260323T100000
DTSTAMP:20260101T080000Z
SEQUENCE:3
CLASS:PRIVATE
PRIORITY:1
TRANSP:OPAQUE
X-MICROSOFT-CDO-BUSYSTATUS:OOF
X-MOON-PHASE;X-ODD="a;b:c":full\\, nearly
RRULE:FREQ=WEEKLY;UNTIL=20260601T070000Z;BYDAY=MO
EXDATE;TZID="Customized Time Zone":20260406T090000
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
DESCRIPTION:Reminder
X-WHO:knows
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E008
RECURRENCE-ID:20260330T070000Z
ORGANIZER;CN="The Boss":MAILTO:Boss@adatum.example
ATTENDEE;PARTSTAT=TENTATIVE:mailto:me@contoso.example
SUMMARY:Moved
DTSTART:20260330T120000Z
DURATION:PT1H
END:VEVENT
END:VCALENDAR
`.replaceAll('\n', '\r\n')
