import { describe, expect, it } from 'vitest'
import { fieldPairs, match, type RecordView } from '#items'
import type { CalendarItem } from '#mailbox'
import { recordView } from '../support/map.ts'
import { appointment, contextWith, decided, FILTERS, linkOf, ME, meeting, OTHER, past } from './support.ts'
import { CATEGORY } from './world/world.ts'

const answered = (yes: boolean) =>
  decided({ item: meeting(), tracked: true, answer: { question: 'schedulingConflict', yes } }, contextWith())

const foreign = () => meeting({ role: 'attendee', organizer: { address: 'user1@contoso.example' } })

describe('a tracked meeting', () => {
  it('AP-50, AP-55: becomes a record, which its organizer owns', () => {
    const deed = decided({ item: foreign(), tracked: true }, contextWith())
    expect(deed.record).toMatchObject({
      do: 'create',
      table: 'appointment',
      creator: 'system',
      change: { values: { ownerid: OTHER, globalobjectid: 'uid-1' } },
    })
    expect(deed.item).toMatchObject({ do: 'update', notify: 'none', patch: { marks: { state: 'tracked' } } })
    expect(decided({ item: meeting(), tracked: true }, contextWith()).record).not.toHaveProperty('creator')
  })

  it('SE-18: of somebody else is readable by the users in it, unless nothing is shared implicitly', () => {
    expect(decided({ item: foreign(), tracked: true }, contextWith()).record).toMatchObject({ readers: [OTHER.id] })
    const quiet = decided({ item: foreign(), tracked: true }, contextWith({ noImplicitSharing: true }))
    expect(quiet.record).not.toHaveProperty('readers')
  })

  it('AP-56: of somebody inside may be kept to its organizer', () => {
    const strict = contextWith({ trackFromNonOrganizer: false })
    expect(decided({ item: foreign(), tracked: true }, strict).record).toBeUndefined()
    const outside = meeting({ role: 'attendee', organizer: { address: 'x@out.example' } })
    expect(decided({ item: outside, tracked: true }, strict).record?.do).toBe('create')
  })

  it('AP-57, AP-72, MO-118: that others have tracked is linked, and nobody is told anything', () => {
    const record = appointment({ globalobjectid: 'uid-1' }, OTHER)
    const deed = decided({ item: foreign(), record, filters: FILTERS, matchedBy: 'uid' }, contextWith())
    expect(deed.record).toBeUndefined()
    expect(deed.item).toMatchObject({ do: 'update', notify: 'none' })
    const blind = decided({ item: foreign(), record: 'unreadable', matchedBy: 'uid' }, contextWith())
    expect(blind).toMatchObject({ failure: { code: 'InsufficientPermission' } })
  })

  it('AP-8, AP-72, AP-95: that was linked before anything might be written is marked once it may be, and nobody is told', () => {
    const context = contextWith()
    const item = meeting({}, { categories: [] })
    const record = appointment({ globalobjectid: 'uid-1' })
    const { categorized: _unknown, ...link } = linkOf(record, item, context)
    const pairing = { link, record, item, filters: FILTERS }
    const deed = decided(pairing, context)
    expect(deed.item).toMatchObject({
      patch: { set: { categories: [CATEGORY] }, marks: { recordId: record.id, state: 'tracked' } },
      notify: 'none',
      pairs: [],
    })
    expect(deed.link).toMatchObject({ state: 'linked', categorized: true })
    const closed = decided(pairing, { ...context, readOnlyFolders: new Set(['calendar']) })
    expect(closed.item).toBeUndefined()
    expect(closed.link).not.toHaveProperty('categorized')
    const seen = { ...link, categorized: false }
    expect(decided({ ...pairing, link: seen }, context).item).toBeUndefined()
  })

  it('AP-31, AP-21: in an attendee’s calendar is not written before its organizer’s mailbox has linked it, and what waits for that is not agreed on', () => {
    const context = contextWith()
    const said = appointment({ globalobjectid: 'uid-1' }, OTHER)
    const link = linkOf(said, foreign(), context)
    const record = appointment({ globalobjectid: 'uid-1', subject: 'Walk', location: 'Room 7' }, OTHER)
    const waits = decided({ link, record, item: foreign(), filters: FILTERS }, context)
    expect(waits.item).toBeUndefined()
    expect(waits.link).toMatchObject({ agreed: { record: { subject: 'Talk', location: null } } })
    const other = foreign()
    const meanwhile = decided(
      { link, record, item: { ...other, fields: { ...other.fields, location: 'Hall' } } },
      context,
    )
    expect(meanwhile.record).toMatchObject({ change: { values: { location: 'Hall' } } })
    expect(meanwhile.conflicts).toEqual([{ pair: 'location', record: 'Room 7', item: 'Hall', winner: 'item' }])
    const told = decided({ link, record, item: foreign(), linkedByOrganizer: true }, context)
    expect(told.link).toMatchObject({ agreed: { record: { subject: 'Walk', location: 'Room 7' } } })
    const alone = { ...context, synchronizingUsers: new Set<string>() }
    expect(decided({ link, record, item: foreign() }, alone).item).toMatchObject({ pairs: ['location', 'subject'] })
  })

  it('SE-13, AP-21: what a guest who may not write the record was told is not agreed on: it comes with the organizer’s mailbox', () => {
    const context = contextWith()
    const record = appointment({ globalobjectid: 'uid-1' }, OTHER)
    const whole = linkOf(record, foreign(), context)
    const { location: _none, ...item } = whole.agreed.item
    const link = { ...whole, agreed: { ...whole.agreed, item } }
    const other = foreign()
    const told = { ...other, fields: { ...other.fields, location: 'Hall' } }
    const privileges = { ...context.privileges, write: () => false }
    const deed = decided({ link, record, item: told, filters: FILTERS }, { ...context, privileges })
    expect(deed.link).not.toMatchObject({ agreed: { item: { location: 'Hall' } } })
  })

  it('SE-13, AP-31: what a guest who may not write the record was told is said to stay in Outlook only where no organizer’s mailbox brings it', () => {
    const may = contextWith()
    const context = { ...may, privileges: { ...may.privileges, write: () => false } }
    const record = appointment({ globalobjectid: 'uid-1' }, OTHER)
    const link = linkOf(record, foreign(), context)
    const other = foreign()
    const told = { ...other, fields: { ...other.fields, location: 'Hall' } }
    const pairing = { link, record, item: told, filters: FILTERS }
    expect(decided(pairing, context)).toMatchObject({ link: { state: 'linked' } })
    expect(decided(pairing, context).failure).toBeUndefined()
    const recurrence = { frequency: 'weekly' as const, interval: 1, end: { count: 6 } }
    const series = { ...other, series: { recurrence, cancelled: [], exceptions: [] } }
    expect(decided({ ...pairing, item: series }, context).failure).toBeUndefined()

    const own = { ...told, fields: { ...told.fields, showAs: 'outOfOffice' as const } }
    const stays = { failure: { code: 'InsufficientPermission', text: expect.stringContaining('stay there') } }
    expect(decided({ ...pairing, item: own }, context)).toMatchObject(stays)
    const alone = { ...context, synchronizingUsers: new Set<string>() }
    expect(decided(pairing, alone)).toMatchObject(stays)
  })

  it('AP-31, AP-21, AP-72: is taken up by its organizer’s mailbox where a guest’s has left it: what the CRM changed goes to everybody, and nothing else', () => {
    const context = contextWith()
    const said = appointment({ globalobjectid: 'uid-1' })
    const { agreed: agreedElsewhere } = linkOf(said, meeting(), context)
    const asked = { item: meeting(), filters: FILTERS, matchedBy: 'uid' as const, agreedElsewhere }
    const record = appointment({ globalobjectid: 'uid-1', location: 'Room 7' })
    const deed = decided({ ...asked, record }, context)
    expect(deed).toMatchObject({ item: { patch: { set: { location: 'Room 7' } }, pairs: ['location'], notify: 'all' } })
    expect(decided({ ...asked, record: said }, context).item).toMatchObject({ notify: 'none', pairs: [] })
    const moved = decided({ ...asked, item: meeting({}, { location: 'Hall' }), record: said }, context)
    expect(moved).toMatchObject({ item: { notify: 'none' }, record: { change: { values: { location: 'Hall' } } } })
  })

  it('AP-43, AP-72: a user’s own meeting, which another user organizes in the CRM by now, tells its guests nothing as it is linked again', () => {
    const context = contextWith()
    const said = appointment({ globalobjectid: 'uid-1' }, OTHER)
    const { agreed: agreedElsewhere } = linkOf(said, meeting(), context)
    const asked = { filters: FILTERS, matchedBy: 'uid' as const, agreedElsewhere }
    const record = appointment({ globalobjectid: 'uid-1', location: 'Room 7' }, OTHER)
    const linked = decided({ ...asked, item: meeting(), record }, context)
    expect(linked).toMatchObject({ link: { state: 'linked', agreed: { record: { location: null } } } })
    expect([linked.item, linked.record]).toEqual([undefined, undefined])
    const link = linkOf(record, meeting(), context)
    const next = decided({ link, item: meeting(), record, filters: FILTERS }, context)
    expect(next).toMatchObject({ item: { do: 'remove' } })
  })

  it('AP-31, AP-21: what a guest’s copy says otherwise than the CRM, as both wait for the organizer’s mailbox, is agreed on by nobody: once that links the meeting, it says it', () => {
    const context = contextWith()
    const record = appointment({ globalobjectid: 'uid-1' })
    const { agreed } = linkOf(record, meeting(), context)
    const agreedElsewhere = { ...agreed, item: { ...agreed.item, subject: 'Walk' } }
    const item = meeting({}, { subject: 'Walk' })
    const deed = decided({ item, record, filters: FILTERS, matchedBy: 'uid', agreedElsewhere }, context)
    expect(deed).toMatchObject({ item: { notify: 'none' }, record: { change: { values: { subject: 'Walk' } } } })
  })

  it('AP-2, AP-95: in a folder that takes no changes it has no category of ours, so that nobody can take it off', () => {
    const closed = { ...contextWith(), readOnlyFolders: new Set(['calendar']) }
    const bare = meeting({ role: 'attendee', organizer: { address: 'user1@contoso.example' } }, { categories: [] })
    const record = appointment({ globalobjectid: 'uid-1' }, OTHER)
    for (const pairing of [
      { item: bare, record, filters: FILTERS, matchedBy: 'uid' as const },
      { item: bare, tracked: true },
    ]) {
      const deed = decided(pairing, closed)
      expect(deed.item).toBeUndefined()
      expect(deed.link).toMatchObject({ state: 'linked', categorized: false })
    }
  })

  it('AP-75, MO-53: with a recurrence that cannot be said is left, and says so', () => {
    const deed = decided({ item: meeting({ series: { cannot: 'two rules' } }), tracked: true }, contextWith())
    expect(deed).toMatchObject({ failure: { code: 'UnsupportedRecurrence' } })
    expect(deed.record).toBeUndefined()
  })

  it('SE-14, SE-16: needs the rights to create and to append', () => {
    const context = contextWith()
    const may = (privileges: Partial<typeof context.privileges>) => ({
      ...context,
      privileges: { ...context.privileges, ...privileges },
    })
    expect(decided({ item: meeting(), tracked: true }, may({ create: () => false })).record).toBeUndefined()
    const marks = { regardingType: 'account', regardingId: 'a1', regardingName: 'Adatum', key: 'k' }
    const deed = decided({ item: meeting({ marks }), tracked: true }, may({ appendTo: () => false }))
    expect(deed).toMatchObject({ failure: { code: 'InsufficientPermission' }, record: { do: 'create' } })
    expect(JSON.stringify(deed.record)).not.toContain('"a1"')
  })

  it('AP-95: is untracked when its category is taken off, and its record stays', () => {
    const context = contextWith()
    const link = linkOf(appointment(), meeting(), context, { categorized: true })
    const deed = decided({ link, record: appointment(), item: meeting({}, { categories: [] }) }, context)
    expect(deed.record).toBeUndefined()
    expect(deed.link).toMatchObject({ state: 'ignored' })
    const asked = decided({ link, record: appointment(), item: meeting(), untrack: 'delete' }, context)
    expect(asked.record).toEqual({ do: 'delete' })
    const late = decided({ link, record: appointment(past()), item: meeting(), untrack: 'delete' }, context)
    expect(late.record).toBeUndefined()
  })

  it('AP-53, MO-117: saved with a conflict when a person says so, and left until it changes when not', () => {
    expect(answered(true).record).toMatchObject({ do: 'create', ignoreConflicts: true })
    expect(answered(false).link).toMatchObject({ state: 'ignored', untilChange: true })
  })
})

describe('a series', () => {
  const recurrence = { frequency: 'weekly' as const, interval: 1, end: { count: 10 } }
  const time = { allDay: false, start: '2026-03-03T10:00:00', end: '2026-03-03T11:00:00', zone: 'Europe/Berlin' }
  const weekly = (cancelled: string[] = [], version = '1') =>
    meeting(
      { ref: { folder: 'calendar', id: 'i', version }, series: { recurrence, cancelled, exceptions: [] } },
      { time, attendees: [] },
    )

  it('AP-37, AP-41: that is running is not past, and goes with its record', () => {
    const context = contextWith()
    const link = { ...linkOf(appointment(), meeting(), context), table: 'recurringappointmentmaster' as const }
    expect(decided({ link, record: 'gone', item: weekly() }, context).item).toEqual({ do: 'remove', notify: 'none' })
    const over = {
      ...weekly(),
      series: { recurrence: { ...recurrence, end: { count: 1 } }, cancelled: [], exceptions: [] },
    }
    expect(decided({ link, record: 'gone', item: over }, context).item?.do).toBe('update')
  })

  it('AP-50, AP-54: becomes a series, of which deleted occurrences to come are deleted, and past ones stay', () => {
    const context = contextWith()
    const made = decided({ item: weekly(), tracked: true }, context)
    expect(made.record).toMatchObject({ do: 'create', table: 'recurringappointmentmaster' })
    if (made.record?.do !== 'create' || !made.link || made.link === 'none') throw new Error('Nothing was made.')
    const row = Object.fromEntries(
      Object.entries(made.record.change.values).filter(
        ([, value]) => value === null || typeof value !== 'object' || value instanceof Date,
      ),
    ) as RecordView['row']
    const record = {
      ...recordView('recurringappointmentmaster', row, { owner: ME }),
      exceptions: [],
      parties: appointment().parties.slice(0, 1),
    }
    const link = linkOf(record, weekly(), context, { organizes: true })
    const cancel = (start: string) => decided({ link, record, item: weekly([start], '2') }, context).record
    expect(JSON.stringify(cancel('2026-03-17T10:00:00'))).toContain('2026-03-17')
    expect(cancel('2026-03-03T10:00:00')).toBeUndefined()
    // Past is what has begun on the wall of the series: 10:00 in Berlin is 09:00 in UTC.
    const today = (now: string) =>
      decided({ link, record, item: weekly(['2026-03-10T10:00:00'], '2') }, contextWith({}, { now: new Date(now) }))
        .record
    expect(JSON.stringify(today('2026-03-10T08:30:00Z'))).toContain('2026-03-10')
    expect(today('2026-03-10T09:30:00Z')).toBeUndefined()
  })

  it('AP-73: whose one occurrence is tracked is tracked as a series, and its master carries the category from then on', () => {
    const untracked = weekly()
    const series = (categories: string[]): CalendarItem => ({
      ...untracked,
      fields: { ...untracked.fields, categories: [] },
      series: {
        recurrence,
        cancelled: [],
        exceptions: [{ originalStart: '2026-03-17T10:00:00', fields: { categories } }],
      },
    })
    const context = contextWith()
    const matched = (item: CalendarItem) =>
      match({ links: [], records: [], items: [{ folder: 'calendar', id: 'i', state: item }] }, context)
    expect(matched(series(['Blue']))).toEqual([])
    const [pairing] = matched(series([CATEGORY]))
    const deed = decided(pairing ?? {}, context)
    expect(deed.record).toMatchObject({ do: 'create', table: 'recurringappointmentmaster' })
    expect(deed.item).toMatchObject({ do: 'update', patch: { set: { categories: [CATEGORY] } }, notify: 'none' })
  })

  it('AP-74: attachments of a series stay where they are, though those of appointments are copied', () => {
    const context = contextWith({ appointmentAttachments: true })
    const file = { id: 'a', name: 'plan.txt', type: 'text/plain', size: 8, inline: false }
    const { record } = decided({ item: { ...weekly(), attachments: [file] }, tracked: true }, context)
    expect(record?.do === 'create' && record.change).not.toHaveProperty('attachments')
    expect(fieldPairs.recurringappointmentmaster.map(({ name }) => name)).not.toContain('attachments')
    expect(fieldPairs.appointment.map(({ name }) => name)).toContain('attachments')
  })
})
