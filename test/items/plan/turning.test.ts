import { describe, expect, it } from 'vitest'
import type { RecordView } from '#items'
import { appointment, contextWith, decided, FILTERS, linkOf, meeting, OTHER } from './support.ts'

const SERIES = 'recurringappointmentmaster'
const series = () =>
  meeting({
    series: {
      recurrence: { frequency: 'weekly', interval: 1, byDay: [{ day: 'TH' }], end: { count: 6 } },
      cancelled: [],
      exceptions: [],
    },
  })
/** As the CRM makes it of an appointment. */
const repeating = (record: RecordView): RecordView => ({
  ...record,
  table: SERIES,
  id: 'series',
  exceptions: [],
  row: {
    ...record.row,
    starttime: record.row['scheduledstart'] ?? null,
    endtime: record.row['scheduledend'] ?? null,
    recurrencepatterntype: 1,
    interval: 1,
    daysofweekmask: 16,
    patternendtype: 2,
    occurrences: 6,
    timezone: 'Europe/Berlin',
    deletedexceptionslist: null,
  },
})
const said = (row: RecordView['row'] = {}) => appointment({ globalobjectid: 'uid-1', ...row })
const CLOSED = { statecode: 1, statuscode: 3 }

describe('a meeting that begins to repeat', () => {
  const context = contextWith()
  const [record, item] = [appointment(), meeting()]
  const link = linkOf(record, item, context)
  const pairing = { link, record, item: series(), filters: FILTERS }

  it('AP-70, AP-71: in the mailbox: its record becomes a series, and nobody is told', () => {
    const deed = decided(pairing, context)
    expect(deed).toMatchObject({
      record: { do: 'convert', table: SERIES, change: { values: { occurrences: 6, recurrencepatterntype: 1 } } },
      link: { state: 'linked', table: SERIES, key: link.key, returned: false, returnedEver: false },
    })
    expect(deed.item ?? { notify: 'none' }).toMatchObject({ notify: 'none' })
    expect(deed.link).toMatchObject({ recordId: (deed.record as { id: string }).id })
    expect(Object.keys((deed.link as typeof link).agreed.item)).not.toContain('time')
  })

  it('AP-21: what was changed in the CRM meanwhile reaches the item', () => {
    const moved = appointment({ location: 'Room 7' })
    const deed = decided({ ...pairing, record: moved }, context)
    expect(deed).toMatchObject({ record: { do: 'convert' }, item: { patch: { set: { location: 'Room 7' } } } })
    expect(JSON.stringify(deed.item)).not.toContain('recurrence')
  })

  it('SE-13, SE-14: of whom may not, it stays as it is, and the failure says why', () => {
    const { privileges } = context
    const may = (more: Partial<typeof privileges>) =>
      decided(pairing, { ...context, privileges: { ...privileges, ...more } })
    expect(may({ write: () => false })).toMatchObject({
      failure: { text: expect.stringMatching(/change the record "Talk": it stays/) },
    })
    const refused = may({ create: () => false })
    expect(refused).toMatchObject({
      failure: { code: 'InsufficientPermission', text: expect.stringMatching(/repeats now.*create a record/) },
    })
    expect(refused.record).toBeUndefined()
  })

  it('AP-31, AP-52: a closed record, and an attendee’s copy of what the organizer’s mailbox has, wait', () => {
    const closed = decided({ ...pairing, record: appointment(CLOSED) }, context)
    expect([closed.record, closed.item, closed.link, closed.failure]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    const copy = { ...series(), role: 'attendee' as const }
    const waiting = decided({ ...pairing, item: copy, linkedByOrganizer: true }, context)
    expect([waiting.record, waiting.item, waiting.link, waiting.failure]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('AP-36, AP-71: in the CRM: the organizer’s item repeats, and attendees are told once', () => {
    const made = repeating(record)
    const turned = { ...link, table: SERIES, recordId: made.id } as const
    const deed = decided({ link: turned, record: made, item, filters: FILTERS }, context)
    expect(deed).toMatchObject({
      item: { do: 'update', notify: 'all', patch: { recurrence: { frequency: 'weekly', end: { count: 6 } } } },
      link: { state: 'linked', table: SERIES, recordId: 'series' },
    })
    expect(deed.record).toBeUndefined()
    const copy = { ...item, role: 'attendee' as const }
    const waiting = decided({ link: turned, record: made, item: copy, filters: FILTERS }, context)
    expect([waiting.record, waiting.item, waiting.link]).toEqual([undefined, undefined, undefined])
  })

  it('AP-57: on both sides: what is agreed on is the series', () => {
    const made = repeating(appointment({}, OTHER))
    const turned = { ...link, table: SERIES, recordId: made.id, organizes: false } as const
    const copy = { ...series(), role: 'attendee' as const }
    const deed = decided({ link: turned, record: made, item: copy, filters: FILTERS, linkedByOrganizer: true }, context)
    expect([deed.record, deed.item]).toEqual([undefined, undefined])
    const { agreed } = deed.link as typeof link
    expect(Object.keys(agreed.item)).toContain('recurrence')
    expect(Object.keys(agreed.item)).not.toContain('time')
  })
})

describe('a series that ceases to repeat', () => {
  const context = contextWith()
  const [record, item] = [repeating(appointment()), series()]
  const link = linkOf(record, item, context)

  it('AP-71: in the mailbox: its record becomes an appointment, at the item’s time', () => {
    const time = { allDay: false, start: '2026-03-20T10:00:00', end: '2026-03-20T11:00:00', zone: 'Europe/Berlin' }
    const deed = decided({ link, record, item: meeting({}, { time }), filters: FILTERS }, context)
    const values = { scheduledstart: new Date('2026-03-20T09:00:00Z'), scheduledend: new Date('2026-03-20T10:00:00Z') }
    expect(deed).toMatchObject({
      record: { do: 'convert', table: 'appointment', change: { values } },
      link: { state: 'linked', table: 'appointment', key: link.key },
    })
    expect(deed.item).toBeUndefined()
  })

  it('AP-36, AP-71: in the CRM: the organizer’s item is single, and attendees are told once', () => {
    const single = { ...appointment(), id: 'single' }
    const turned = { ...link, table: 'appointment', recordId: 'single' } as const
    const deed = decided({ link: turned, record: single, item, filters: FILTERS }, context)
    expect(deed).toMatchObject({ item: { do: 'update', notify: 'all', patch: { recurrence: null } } })
    expect(deed.record).toBeUndefined()
  })

  it('AP-57: found by its UID while the record of others repeats still: linked, and it follows', () => {
    const others = repeating(appointment({ globalobjectid: 'uid-1' }, OTHER))
    const copy = meeting({ role: 'attendee', organizer: { address: 'user1@contoso.example' } })
    const deed = decided(
      { record: others, item: copy, filters: FILTERS, matchedBy: 'uid', linkedByOrganizer: true, tracked: true },
      context,
    )
    expect(deed).toMatchObject({ link: { state: 'linked', table: SERIES, recordId: others.id } })
    expect([deed.record, deed.item]).toEqual([undefined, undefined])
  })
})

describe('a meeting that others track, and that repeats on one side alone as it is linked', () => {
  const context = contextWith()
  const { agreed: single } = linkOf(said(), meeting(), context)
  const { agreed: weekly } = linkOf(repeating(said()), series(), context)
  const asked = { filters: FILTERS, matchedBy: 'uid' as const }

  it('AP-21, AP-31: what the CRM has changed goes to everybody, as the record follows the organizer’s item', () => {
    const record = said({ location: 'Room 7' })
    const deed = decided({ ...asked, record, item: series(), agreedElsewhere: single }, context)
    expect(deed).toMatchObject({
      record: { do: 'convert', table: SERIES },
      item: { patch: { set: { location: 'Room 7' } }, notify: 'all' },
    })
    expect(JSON.stringify(deed.item)).not.toContain('recurrence')
    const back = repeating(said({ location: 'Room 7' }))
    const other = decided({ ...asked, record: back, item: meeting(), agreedElsewhere: weekly }, context)
    expect(other).toMatchObject({
      record: { do: 'convert', table: 'appointment' },
      item: { patch: { set: { location: 'Room 7' } }, notify: 'all' },
    })
  })

  it('AP-31, AP-71: what began or ceased to repeat in the CRM does so in the organizer’s calendar', () => {
    const begun = decided({ ...asked, record: repeating(said()), item: meeting(), agreedElsewhere: single }, context)
    expect(begun).toMatchObject({ item: { patch: { recurrence: { frequency: 'weekly' } }, notify: 'all' } })
    expect(begun.record).toBeUndefined()
    const ceased = decided({ ...asked, record: said(), item: series(), agreedElsewhere: weekly }, context)
    expect(ceased).toMatchObject({ item: { patch: { recurrence: null }, notify: 'all' } })
    expect(ceased.record).toBeUndefined()
  })

  it('AP-72: where nobody has tracked it, the record follows and nobody is told', () => {
    const deed = decided({ ...asked, record: said({ location: 'Room 7' }), item: series() }, context)
    expect(deed).toMatchObject({ record: { do: 'convert', table: SERIES } })
    expect(deed.item ?? { notify: 'none' }).toMatchObject({ notify: 'none' })
  })

  it('AP-31, B-70: what a guest’s copy says otherwise, as both wait for the organizer’s mailbox, is kept and agreed on by nobody', () => {
    const record = appointment({ globalobjectid: 'uid-1', location: 'Room 7' }, OTHER)
    const item = { ...series(), role: 'attendee' as const, organizer: { address: 'user1@contoso.example' } }
    const copy = { ...item, fields: { ...item.fields, location: 'Hall' } }
    const deed = decided({ ...asked, record, item: copy, tracked: true }, context)
    expect(deed).toMatchObject({ record: { do: 'convert', change: { values: { location: 'Hall' } } } })
    expect(deed.conflicts).toMatchObject([{ pair: 'location', record: 'Room 7', item: 'Hall', winner: 'item' }])
  })
})
