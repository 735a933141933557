import { describe, expect, it } from 'vitest'
import { fieldPairs, match, type RecordView } from '#items'
import type { CalendarItem } from '#mailbox'
import { recordView } from '../support/map.ts'
import { appointment, contextWith, decided, FILTERS, linkOf, ME, meeting, OTHER, PAST, past } from './support.ts'
import { CATEGORY } from './world/world.ts'

const enters = (record = appointment(), context = contextWith()) => decided({ record, filters: FILTERS }, context)

describe('an appointment of the CRM', () => {
  it('AP-30, AP-5: becomes an item of the calendar, with marks and the tracked category', () => {
    const { item, link } = enters()
    expect(item).toMatchObject({
      do: 'create',
      folder: 'calendar',
      item: { marks: { recordId: appointment().id, state: 'tracked' }, fields: { categories: ['Tracked'] } },
    })
    expect(link).toMatchObject({ state: 'linked', returned: true, organizes: true })
  })

  it('AP-2: without a filter that returns it, it becomes nothing', () => {
    expect(decided({ record: appointment(), filters: [] }, contextWith())).toEqual({})
  })

  it('AP-31: of another synchronizing user waits for the invitation', () => {
    expect(enters(appointment({}, OTHER)).item).toBeUndefined()
    const alone = contextWith({}, { synchronizingUsers: new Set([ME.id]) })
    const copy = enters(appointment({}, OTHER), alone).item
    expect(copy).toMatchObject({ do: 'create', notify: 'none' })
    expect(copy?.do === 'create' && copy.item.fields).not.toHaveProperty('attendees')
  })

  it('AP-32, MO-116: without organizer is not synchronized, and says so', () => {
    expect(enters(appointment({}, null))).toMatchObject({ failure: { code: 'OrganizerMissing' } })
    expect(enters(appointment({}, null)).item).toBeUndefined()
  })

  it('AP-35: invites when it is new, to come, the user’s own, and somebody is invited', () => {
    expect(enters().item?.notify).toBe('all')
    expect(enters(appointment(past())).item?.notify).toBe('none')
    expect(enters({ ...appointment(), parties: appointment().parties.slice(0, 1) }).item?.notify).toBe('none')
  })

  it('AP-39: as a draft stays in the CRM', () => {
    const draft = appointment({ isdraft: true })
    expect(enters(draft, contextWith({ draftAppointments: true })).item).toBeUndefined()
    expect(enters(draft).item?.do).toBe('create')
  })
})

const changed = (row = {}, settings = {}, item = meeting(), more = {}) => {
  const context = contextWith(settings)
  const record = { ...appointment({ ...row }), version: '2' }
  const link = linkOf(appointment(), item, context)
  return decided({ link, record, item, filters: FILTERS, ...more }, context)
}

describe('a changed appointment', () => {
  it('AP-36: tells attendees of what concerns them, and of nothing else', () => {
    expect(changed({ subject: 'Other talk' }).item).toMatchObject({ do: 'update', notify: 'all' })
    expect(
      changed({ regardingobjectid: 'a', regardingobjectid_table: 'account' }, {}, meeting({ marks: { key: 'key' } }))
        .item?.notify,
    ).toBe('none')
    const attendee = meeting({ role: 'attendee', organizer: { address: 'x@out.example' } })
    expect(changed({ subject: 'Other talk' }, {}, attendee).item?.notify).toBe('none')
  })

  it('AP-37: that is past keeps its changes to itself, unless the setting says otherwise', () => {
    const item = meeting({}, { time: PAST })
    expect(changed({ ...past(9), subject: 'Late' }, {}, item).item).toBeUndefined()
    const late = changed({ ...past(9), subject: 'Late' }, { updatePastMeetings: true }, item).item
    expect(late).toMatchObject({ do: 'update', notify: 'none' })
  })

  it('AP-40: that is canceled takes the meeting back only where that is wanted', () => {
    const row = { statecode: 2, statuscode: 4 }
    expect(changed(row).item).toMatchObject({ do: 'update' })
    expect(changed(row, { propagateCancellations: true }).item).toEqual({ do: 'remove', notify: 'all' })
  })

  it('AP-43: that has another organizer leaves the former one’s calendar', () => {
    const context = contextWith()
    const link = linkOf(appointment(), meeting(), context)
    const deed = decided({ link, record: appointment({}, OTHER), item: meeting(), filters: FILTERS }, context)
    expect(deed).toMatchObject({ item: { do: 'remove', notify: 'all' }, cause: 'organizerChanged' })
  })

  it('AP-43: of whom was invited and organizes it now is made anew, once the former organizer has called off the old one', () => {
    const context = contextWith()
    const invitation = meeting({ role: 'attendee', organizer: { address: 'x@out.example' } })
    const calledOff = { ...invitation, cancelled: true }
    const link = linkOf(appointment(), invitation, context)
    const pairing = { link, record: appointment(), filters: FILTERS }
    expect(decided({ ...pairing, item: calledOff }, context)).toMatchObject({ item: { do: 'create', notify: 'all' } })
    expect(decided({ ...pairing, item: invitation }, context).item?.do).not.toBe('create')
    const late = meeting({ role: 'attendee', organizer: { address: 'x@out.example' }, cancelled: true }, { time: PAST })
    expect(decided({ ...pairing, item: late }, context).item?.do).not.toBe('create')
    const others = { ...pairing, record: appointment({}, OTHER), item: calledOff }
    expect(decided(others, context).item?.do).not.toBe('create')
  })

  it('AP-52: that is closed takes nothing from the meeting', () => {
    const context = contextWith()
    const record = appointment({ statecode: 1, statuscode: 3 })
    const item = meeting({ ref: { folder: 'calendar', id: 'i', version: '2' } }, { subject: 'New', showAs: 'free' })
    const link = linkOf(record, meeting({}, { showAs: 'free' }), context)
    expect(decided({ link, record, item }, context).record).toBeUndefined()
  })

  it('SE-13: of a user who may not write it takes nothing, and has its way at its next change', () => {
    const context = contextWith()
    const privileges = { ...context.privileges, write: () => false }
    const link = linkOf(appointment(), meeting(), context)
    const item = meeting({ ref: { folder: 'calendar', id: 'i', version: '2' } }, { location: 'Here' })
    const first = decided({ link, record: appointment(), item }, { ...context, privileges })
    expect(first).toMatchObject({ failure: { code: 'InsufficientPermission' } })
    expect([first.item, first.record]).toEqual([undefined, undefined])
    const next = first.link === 'none' ? link : { ...link, ...first.link }
    const later = decided(
      { link: next, record: { ...appointment({ subject: 'B' }), version: '2' }, item },
      { ...context, privileges },
    )
    expect(later.item).toMatchObject({ do: 'update', patch: { set: { subject: 'B' }, clear: ['location'] } })
  })
})

const left = (settings = {}) => {
  const context = contextWith(settings)
  const link = linkOf(appointment(), meeting(), context)
  return decided({ link, record: appointment(), item: meeting(), filters: [] }, context)
}

const gone = (item = meeting(), settings = {}, link = {}) => {
  const context = contextWith(settings)
  return decided({ link: linkOf(appointment(), item, context, link), record: 'gone', item }, context)
}

describe('a deleted appointment', () => {
  it('AP-41, AP-42: takes its own meeting to come with it, and attendees are told', () => {
    expect(gone()).toMatchObject({ item: { do: 'remove', notify: 'all' }, link: 'none', cause: 'recordGone' })
    expect(gone(meeting({}, { attendees: [] })).item).toEqual({ do: 'remove', notify: 'none' })
  })

  it('AP-41: leaves a past meeting, and one of somebody else, which are nobody’s from then on', () => {
    for (const item of [meeting({ marks: { key: 'key' } }, { time: PAST }), meeting({ role: 'attendee' })]) {
      const deed = gone(item)
      expect(deed.item).toMatchObject({ do: 'update', notify: 'none' })
      expect(deed.link).toBe('none')
    }
  })

  it('AP-90, AP-91, AP-92, MO-115: leaving the filters deletes too, unless only physical deletes count', () => {
    expect(left()).toMatchObject({ item: { do: 'remove', notify: 'all' }, cause: 'leftFilters' })
    expect(left({ distinctDeletes: true })).toMatchObject({ link: { state: 'dormant', returned: false } })
    expect(left({ distinctDeletes: true }).item).toBeUndefined()
    expect(gone(meeting(), { distinctDeletes: true }).item?.do).toBe('remove')
  })

  it('SE-11: lost access is a logical delete', () => {
    const context = contextWith()
    const link = linkOf(appointment(), meeting(), context)
    const deed = decided({ link, record: 'unreadable', item: meeting(), filters: [] }, context)
    expect(deed).toMatchObject({ item: { do: 'remove' }, cause: 'accessLost' })
  })

  it('AP-94: a sleeping link wakes with the record’s values, and makes no second item', () => {
    const context = contextWith()
    const item = meeting({}, { location: 'Meanwhile' })
    const link = linkOf(appointment(), meeting(), context, { state: 'dormant', returned: false })
    const deed = decided({ link, record: appointment({ subject: 'Again' }), item, filters: FILTERS }, context)
    expect(deed.item).toMatchObject({ do: 'update', patch: { set: { subject: 'Again' }, clear: ['location'] } })
    expect(deed.link).toMatchObject({ state: 'linked' })
    expect(decided({ link, record: 'gone', item }, context).link).toBe('none')
    const anew = decided({ link, record: appointment(), item: 'gone', filters: FILTERS }, context)
    expect(anew.item?.do).toBe('create')
  })
})

const deletedInOutlook = (row = {}, more = {}, privileges = {}) => {
  const context = contextWith()
  const record = appointment(row)
  const link = linkOf(record, meeting(), context, more)
  const all = { ...context, privileges: { ...context.privileges, ...privileges } }
  return decided({ link, record, item: 'gone', filters: FILTERS }, all)
}

describe('a meeting deleted in Outlook', () => {
  it('AP-54: takes the record with it when it is the user’s own, open and to come', () => {
    expect(deletedInOutlook()).toMatchObject({ record: { do: 'delete' }, link: 'none', cause: 'itemGone' })
    for (const one of [
      deletedInOutlook({ statecode: 1, statuscode: 3 }),
      deletedInOutlook(past()),
      deletedInOutlook({}, { organizes: false }),
    ]) {
      expect(one.record).toBeUndefined()
      expect(one.link).toMatchObject({ state: 'deleted' })
    }
  })

  it('AP-13: is judged before a change of the record, which stays where it is', () => {
    const deed = deletedInOutlook({ ...past(), subject: 'Changed' })
    expect([deed.item, deed.record]).toEqual([undefined, undefined])
  })

  it('SE-15: does not delete what the user may not', () => {
    const deed = deletedInOutlook({}, {}, { delete: () => false })
    expect(deed).toMatchObject({ link: { state: 'deleted' }, failure: { code: 'InsufficientPermission' } })
    expect(deed.record).toBeUndefined()
  })
})

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
    expect(deed).toMatchObject({ failure: { code: 'InsufficientPermission' } })
    expect(deed.link).not.toMatchObject({ agreed: { item: { location: 'Hall' } } })
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
