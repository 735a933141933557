import { describe, expect, it } from 'vitest'
import {
  attachmentsToItem,
  changeRecord,
  effectiveDirections,
  type ItemTable,
  mergePairs,
  newItem,
  type PairValues,
  patchItem,
  type RecordView,
  readItem,
  readRecord,
} from '#items'
import type { CalendarItem, ShowAs } from '#mailbox'
import type { Row } from '#records'
import { changedView, eventItem, made, mapContext, NOW, OWNER, PEOPLE, recordView, SETTINGS } from '../support/map.ts'

const context = mapContext()
const directions = effectiveDirections('appointment', {}, SETTINGS)
const ADA = { table: 'contact', id: PEOPLE['ada@adatum.example']?.id ?? '' }

const at = (days: number) => new Date(NOW.getTime() - days * 86_400_000)
const file = (id: string, name: string, size: number) => ({ id, name, size, type: 'text/plain', inline: false })
const kept = (id: string, name: string, size: number) => ({
  id,
  name,
  size,
  type: 'text/plain',
  modified: NOW,
  hash: id,
})

function toNewItem(view: RecordView, using = context) {
  const of = effectiveDirections(view.table, {}, using.settings)
  const merged = mergePairs({ table: view.table, context: using, directions: of, record: readRecord(view, using) })
  return { ...merged, item: newItem(view.table, merged.toItem, using) }
}

function toNewRecord(item: CalendarItem, using = context, table: ItemTable = 'appointment') {
  const merged = mergePairs({ table, context: using, directions, item: readItem(item, table, using) })
  return { ...merged, change: changeRecord(table, merged.toRecord, undefined, using) }
}

const meeting = (row: Row = {}) =>
  recordView(
    'appointment',
    {
      subject: 'Review',
      scheduledstart: new Date('2026-03-12T09:00:00Z'),
      scheduledend: new Date('2026-03-12T10:00:00Z'),
      statecode: 3,
      statuscode: 5,
      ...row,
    },
    {
      parties: [
        { role: 7, party: OWNER, address: 'olga@contoso.example', name: 'Olga Owner' },
        { role: 5, party: OWNER, address: 'olga@contoso.example', name: 'Olga Owner' },
        { role: 5, party: ADA, address: 'ada@adatum.example', name: 'Ada Adams' },
        { role: 5, party: { table: 'account', id: '00000000-0000-4000-8000-0000000000c2' }, name: 'No address' },
        { role: 6, address: 'guest@elsewhere.example' },
      ],
    },
  )

const started = (days: number) => toNewItem(meeting({ scheduledstart: at(days), scheduledend: at(days) })).item.fields

describe('an appointment of the CRM', () => {
  it('FD-20, AP-30: has its time on the wall of the user, its people and its reminder', () => {
    const { item } = toNewItem(meeting({ location: 'Room 1', prioritycode: 2 }))
    expect(item).toEqual({
      kind: 'event',
      fields: {
        subject: 'Review',
        location: 'Room 1',
        time: { allDay: false, start: '2026-03-12T10:00:00', end: '2026-03-12T11:00:00', zone: 'Europe/Berlin' },
        showAs: 'busy',
        importance: 'high',
        sensitivity: 'normal',
        reminder: 15,
        attendees: [
          { address: 'ada@adatum.example', name: 'Ada Adams', role: 'required', answer: 'none' },
          { address: 'guest@elsewhere.example', role: 'optional', answer: 'none' },
        ],
      },
    })
  })

  it.each([
    ['Open / Free', 0, 1, 'free'],
    ['Open / Tentative', 0, 2, 'tentative'],
    ['Scheduled / Busy', 3, 5, 'busy'],
    ['Scheduled / Out of Office', 3, 6, 'outOfOffice'],
    ['Completed', 1, 3, 'free'],
    ['Canceled', 2, 4, 'free'],
  ])(
    'AP-33, AP-34: %s is shown so, with a reminder unless it is free or over',
    (_name, statecode, statuscode, shown) => {
      const { item } = toNewItem(meeting({ statecode, statuscode }))
      expect(item.fields).toMatchObject({ showAs: shown })
      expect('reminder' in item.fields).toBe(shown !== 'free')
    },
  )

  it('AP-34: a start of more than seven days ago has no reminder', () => {
    expect(started(6.9)).toHaveProperty('reminder', 15)
    expect(started(7.1)).not.toHaveProperty('reminder')
  })

  it('AP-60: all day is from midnight to midnight, of the zone in which it was written', () => {
    const berlin = { scheduledstart: new Date('2026-03-28T23:00:00Z'), scheduledend: new Date('2026-03-29T22:00:00Z') }
    expect(toNewItem(meeting({ ...berlin, isalldayevent: true })).item.fields).toMatchObject({
      time: { allDay: true, start: '2026-03-29', end: '2026-03-30', zone: 'Europe/Berlin' },
    })
    const tokyo = { scheduledstart: new Date('2026-03-28T15:00:00Z'), scheduledend: new Date('2026-03-29T15:00:00Z') }
    expect(toNewItem(meeting({ ...tokyo, isalldayevent: true, timezone: 'Asia/Tokyo' })).item.fields).toMatchObject({
      time: { allDay: true, start: '2026-03-29', end: '2026-03-30', zone: 'Europe/Berlin' },
    })
  })
})

describe('an appointment of the mailbox', () => {
  it('AP-50: its people are parties where an address is known and text where none is', () => {
    const { change } = toNewRecord(
      eventItem({
        subject: 'Review',
        attendees: [
          { address: 'ada@adatum.example', name: 'A.', role: 'required', answer: 'accepted' },
          { address: 'guest@elsewhere.example', name: 'Guest', role: 'optional', answer: 'none' },
          { address: '', name: 'Somebody', role: 'required', answer: 'none' },
        ],
      }),
    )
    expect(change.parties).toEqual({
      5: [
        { role: 5, name: 'Somebody' },
        { role: 5, party: ADA, address: 'ada@adatum.example', name: 'Ada Adams' },
      ],
      6: [{ role: 6, address: 'guest@elsewhere.example', name: 'Guest' }],
      7: [{ role: 7, party: OWNER, address: 'olga@contoso.example' }],
      10: [],
    })
  })

  it.each([
    ['free', 0, 1, 3],
    ['tentative', 0, 2, undefined],
    ['busy', 3, 5, undefined],
    ['outOfOffice', 3, 6, undefined],
    ['workingElsewhere', 0, 1, undefined],
  ] as const)('AP-51: %s', (showAs: ShowAs, statecode, statuscode, closed) => {
    const before = showAs === 'busy' ? 'tentative' : 'busy'
    expect(toNewRecord(eventItem({ showAs })).change.values).toMatchObject({ statecode, statuscode })
    for (const row of [
      { statecode: 1, statuscode: 3 },
      { statecode: 2, statuscode: 4 },
    ]) {
      const record = readRecord(recordView('appointment', row), context)
      const agreed = { record, item: readItem(eventItem({ showAs: before }), 'appointment', context) }
      const item = readItem(eventItem({ showAs }), 'appointment', context)
      const { toRecord } = mergePairs({ table: 'appointment', context, directions, agreed, record, item })
      const expected = closed === undefined || row.statuscode === closed ? {} : { showAs: { state: 1, status: closed } }
      expect(toRecord).toEqual(expected)
    }
  })

  it('AP-52: nothing else reaches a record that is closed', () => {
    const record = readRecord(meeting({ statecode: 1, statuscode: 3 }), context)
    const agreed = { record, item: readItem(eventItem({ subject: 'Review', showAs: 'free' }), 'appointment', context) }
    const item = readItem(
      eventItem({ subject: 'Moved', location: 'Elsewhere', showAs: 'free' }),
      'appointment',
      context,
    )
    expect(mergePairs({ table: 'appointment', context, directions, agreed, record, item }).toRecord).toEqual({})
  })

  it('AP-58: without an organizer the record has none either, or keeps its own where that is the setting', () => {
    const nobody = eventItem({}, { role: 'attendee' })
    expect(readItem(nobody, 'appointment', context)).toHaveProperty('organizer', null)
    const keeping = mapContext({ settings: { ...SETTINGS, keepOrganizerWhenEmpty: true } })
    expect(readItem(nobody, 'appointment', keeping)).not.toHaveProperty('organizer')
  })

  it('AP-59: pictures of the body are words in the record, and stay pictures while nobody writes', () => {
    const html = '<p>See <img src="cid:1" alt="the plan"> and <img src="cid:2"></p>'
    const item = eventItem({ body: { text: 'See and', html } })
    const { change, agreed } = toNewRecord(item)
    expect(change.values['description']).toBe('See [Picture: the plan] and [Picture]')
    const record = readRecord(changedView(recordView('appointment'), change), context)
    const again = mergePairs({
      table: 'appointment',
      context,
      directions,
      agreed,
      record,
      item: readItem(item, 'appointment', context),
    })
    expect(again).toMatchObject({ toItem: {}, toRecord: {} })
  })
})

describe('attendees that changed', () => {
  const view = meeting()
  const record = readRecord(view, context)
  const first = toNewItem(view)
  const item = made(first.item) as CalendarItem
  const both = { table: 'appointment', context, directions, agreed: first.agreed } as const

  it('AP-25: are one field: who was made optional on one side is not required too', () => {
    const changed = {
      ...item,
      fields: { ...item.fields, attendees: [{ ...item.fields.attendees![0]!, role: 'optional' as const }] },
    }
    const { toRecord } = mergePairs({ ...both, record, item: readItem(changed, 'appointment', context) })
    const { parties } = changeRecord('appointment', toRecord, view, context)
    expect(parties?.[6]).toMatchObject([{ address: 'ada@adatum.example' }])
    // The organizer among the attendees and who has no address are the record's own.
    expect(parties?.[5]?.map(({ name }) => name)).toEqual(['Olga Owner', 'No address'])
  })

  it('AP-50: another address of the same person is no other person', () => {
    const alias = mapContext({ partyOf: (address) => (address.startsWith('ada') ? ADA : context.partyOf(address)) })
    const [ada, guest] = item.fields.attendees ?? []
    const attendees = [{ ...ada!, address: 'ada.adams@home.example' }, guest!]
    const agreedItem = readItem({ ...item, fields: { ...item.fields, attendees } }, 'appointment', alias)
    const more = changedView(view, { values: {}, parties: { 6: [] } })
    const merged = mergePairs({
      ...both,
      context: alias,
      agreed: { record, item: agreedItem },
      record: readRecord(more, alias),
      item: agreedItem,
    })
    expect(merged.toItem['requiredAttendees']).toMatchObject([{ address: 'ada.adams@home.example', role: 'required' }])
  })
})

describe('attachments', () => {
  const on = mapContext({ settings: { ...SETTINGS, appointmentAttachments: true } })
  const open = effectiveDirections('appointment', {}, on.settings)

  it('AP-24, AP-85: each is merged by itself, and pictures of the body are none', () => {
    const view = meeting()
    const before = { ...view, attachments: [kept('r1', 'a.txt', 1), kept('r2', 'b.txt', 2)] }
    const was = eventItem({}, { attachments: [file('i1', 'a.txt', 1), file('i2', 'b.txt', 2)] })
    const agreed = { record: readRecord(before, on), item: readItem(was, 'appointment', on) }
    const after = { ...view, attachments: [kept('r1', 'a.txt', 1), kept('r3', 'c.txt', 3)] }
    const now = eventItem(
      {},
      {
        attachments: [file('i4', 'a.txt', 4), file('i2', 'b.txt', 2), { ...file('i5', 'logo.png', 9), inline: true }],
      },
    )
    const merged = mergePairs({
      table: 'appointment',
      context: on,
      directions: open,
      agreed,
      record: readRecord(after, on),
      item: readItem(now, 'appointment', on),
    })
    expect(changeRecord('appointment', merged.toRecord, after, on).attachments).toEqual({
      add: [{ id: 'i4', key: 'a.txt', name: 'a.txt', type: 'text/plain', size: 4 }],
      remove: ['r1'],
    })
    expect(attachmentsToItem(merged.toItem)).toMatchObject([{ id: 'r3', name: 'c.txt', size: 3 }])
    expect(patchItem('appointment', merged.toItem, now, on)).toMatchObject({ attachments: { remove: ['i2'] } })
    expect(merged.conflicts).toEqual([])
    // What was not copied, for whatever reason, was not deleted on the other side.
    const again = mergePairs({
      table: 'appointment',
      context: on,
      directions: open,
      agreed: merged.agreed,
      record: readRecord(after, on),
      item: readItem(eventItem({}, { attachments: [file('i4', 'a.txt', 4)] }), 'appointment', on),
    })
    expect(again).toMatchObject({ toItem: {}, toRecord: {} })
  })

  it('SF-63: they stay where they are unless the organization synchronizes them', () => {
    expect(open['attachments']).toBe('both')
    expect(directions['attachments']).toBe('none')
  })
})

describe('a service activity', () => {
  it('AP-80, AP-81, MO-120: is copied to the mailbox and never back', () => {
    const view = recordView(
      'serviceappointment',
      { subject: 'Repair', scheduledstart: NOW, scheduledend: NOW, statecode: 3, statuscode: 4 },
      {
        parties: [
          { role: 10, party: OWNER, address: 'olga@contoso.example' },
          { role: 11, party: ADA, address: 'ada@adatum.example' },
        ],
      },
    )
    const { item, agreed } = toNewItem(view)
    expect(item.fields).toMatchObject({ subject: 'Repair', showAs: 'busy', attendees: [{ role: 'optional' }] })
    expect(item).not.toHaveProperty('organizer')
    const of = effectiveDirections('serviceappointment', {}, SETTINGS)
    const changed = made(item) as CalendarItem
    const merge = (row: Row): { toItem: PairValues; toRecord: PairValues } =>
      mergePairs({
        table: 'serviceappointment',
        context,
        directions: of,
        agreed,
        record: readRecord({ ...view, row: { ...view.row, ...row } }, context),
        item: readItem({ ...changed, fields: { ...changed.fields, subject: 'Mine' } }, 'serviceappointment', context),
      })
    expect(merge({})).toMatchObject({ toItem: {}, toRecord: {} })
    expect(merge({ subject: 'Repair at noon' })).toMatchObject({ toItem: { subject: 'Repair at noon' }, toRecord: {} })
  })
})
