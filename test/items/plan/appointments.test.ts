import { describe, expect, it } from 'vitest'
import { appointment, contextWith, decided, FILTERS, linkOf, ME, meeting, OTHER, PAST, past } from './support.ts'

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

  it('AP-43, SC-58: of whom was invited and organizes it now waits for the former organizer’s mailbox, and is told what to do where that calls nothing off', () => {
    const context = contextWith()
    const invitation = meeting({ role: 'attendee', organizer: { address: 'user1@contoso.example' } })
    const link = linkOf(appointment(), invitation, context)
    const pairing = { link, record: appointment(), item: invitation, filters: FILTERS }
    const waiting = decided({ ...pairing, linkedByOrganizer: true }, context)
    expect(waiting).toMatchObject({ failure: { again: true, waits: true } })
    expect([waiting.item, waiting.record]).toEqual([undefined, undefined])
    const off = { ...context, synchronizingUsers: new Set(['user-0', 'user-2']) }
    for (const told of [
      decided(pairing, context),
      decided({ ...pairing, linkedByOrganizer: true }, off),
      decided({ record: appointment(), item: invitation, filters: FILTERS, matchedBy: 'uid' }, off),
    ]) {
      const text = expect.stringMatching(
        /"Talk".*user1@contoso\.example.*canceled.*choose user1@contoso\.example again as the organizer/,
      )
      expect(told.failure).toEqual({ code: 'FormerOrganizer', again: true, text })
      expect([told.item, told.record]).toEqual([undefined, undefined])
    }
  })

  it('AP-43: of somebody who is no user of the CRM stays that person’s, and its organizer there is told why', () => {
    const context = contextWith()
    const item = meeting({ role: 'attendee', organizer: { address: 'x@out.example' } })
    const link = linkOf(appointment({}, OTHER), item, context)
    const failure = { code: 'ForeignOrganizer', text: expect.stringMatching(/"Talk".*x@out\.example/) }
    const told = decided({ link, record: appointment(), item, filters: FILTERS }, context)
    expect(told).toMatchObject({ failure, link: { state: 'linked' } })
    expect(told.item).toBeUndefined()
    const elsewhere = { record: appointment(), filters: FILTERS, organizedBy: 'x@out.example' }
    expect(decided(elsewhere, context)).toMatchObject({ failure })
    expect(decided(elsewhere, context).item).toBeUndefined()
    for (const organizedBy of ['user0@contoso.example', 'user1@contoso.example', 'alias@contoso.example'])
      expect(decided({ ...elsewhere, organizedBy }, context).item?.do).toBe('create')
  })

  it('AP-43: that still stands in a former organizer’s calendar is made anew after that, or when its owner says so', () => {
    const context = contextWith()
    const heldBy = { mailboxId: 'm', linkId: 'l', address: 'user1@contoso.example', synchronizes: true }
    const pairing = { record: appointment(), filters: FILTERS, heldBy }
    expect(decided(pairing, context)).toMatchObject({ failure: { code: 'FormerOrganizer', again: true, waits: true } })
    const off = { ...pairing, heldBy: { ...heldBy, synchronizes: false } }
    const text = expect.stringMatching(/"Talk".*user1@contoso\.example.*canceled in that calendar/)
    expect(decided(off, context)).toMatchObject({ question: { kind: 'secondMeeting', text } })
    const yes = { question: 'secondMeeting', yes: true } as const
    expect(decided({ ...off, answer: yes }, context)).toMatchObject({ item: { do: 'create', notify: 'all' } })
    const no = decided({ ...off, answer: { ...yes, yes: false } }, context)
    expect([no.item, no.link, no.question, no.failure]).toEqual([undefined, undefined, undefined, undefined])
  })

  it('AP-43: of which nobody hears anything waits for no former organizer', () => {
    const context = contextWith()
    const heldBy = { mailboxId: 'm', linkId: 'l', address: 'user1@contoso.example', synchronizes: false }
    const alone = { ...appointment(), parties: appointment().parties.slice(0, 1) }
    for (const record of [appointment({ statecode: 1, statuscode: 3 }), appointment(past()), alone])
      expect(decided({ record, filters: FILTERS, heldBy }, context)).toMatchObject({ item: { do: 'create' } })
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
