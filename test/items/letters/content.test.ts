import ICAL from 'ical.js'
import { describe, expect, it } from 'vitest'
import { type CalendarItem, type EventPatch, type NewEvent, printEvent, readEvent } from '#mailbox'
import { buildMessage } from '#mime'
import { lettersOf } from '../../../src/sync/items/letters/compose.ts'

const now = new Date('2026-01-05T08:00:00Z')
const composing = { from: { address: 'anna@test.example', name: 'Anna Berg' }, now, key: 'key1' }
const options = { address: 'anna@test.example', now, fallback: 'UTC' } as const

const guest = (address: string) => ({ address, role: 'required', answer: 'none' }) as const
const meeting: NewEvent = {
  kind: 'event',
  fields: {
    subject: 'Plans, and more',
    body: { text: 'Bring the plans.' },
    location: 'Room 1',
    time: { allDay: false, start: '2026-02-02T09:00:00', end: '2026-02-02T10:00:00', zone: 'Europe/Berlin' },
    showAs: 'busy',
    importance: 'normal',
    sensitivity: 'normal',
    reminder: 15,
    categories: ['$Tracked', 'Secret'],
    attendees: [guest('ben@test.example'), guest('dora@outside.example')],
  },
  series: {
    recurrence: { frequency: 'weekly', interval: 1, byDay: [{ day: 'MO' }], end: { count: 4 } },
    cancelled: ['2026-02-16T09:00:00'],
    exceptions: [{ originalStart: '2026-02-09T09:00:00', fields: { location: 'Room 2' } }],
  },
}

/** The meeting as it lies in the calendar. */
function lying(item: NewEvent = meeting): CalendarItem {
  const rest = printEvent({ ...item, marks: { key: 'key1' } }, 'uid1', options)
  const ref = { folder: 'calendar', id: 'one.ics', version: '1' }
  return { ...readEvent(rest, options), ref, attachments: [], modified: now, rest }
}

const changed = (patch: Omit<EventPatch, 'kind'>, notify: 'all' | 'changed' | 'none' = 'all') =>
  lettersOf({ do: 'update', patch: { kind: 'event', ...patch }, notify }, lying(), composing)

const parsed = (text: string) => new ICAL.Component(ICAL.parse(text) as [string, unknown[], unknown[]])

function contentOf(letter: ReturnType<typeof lettersOf>[number] | undefined) {
  if (!letter) throw new Error('There is no letter.')
  return letter.content
}

describe('letters about meetings', () => {
  it('AP-35: an invitation says the meeting as the calendar has it, and nothing of the organizer’s own', () => {
    const [letter, ...more] = lettersOf(
      { do: 'create', folder: 'calendar', item: meeting, key: 'key1', notify: 'all' },
      undefined,
      composing,
    )
    expect(more).toEqual([])
    const { calendar, subject, text, to, method } = contentOf(letter)
    expect({ subject, method, to, id: letter?.messageId }).toEqual({
      subject: 'Invitation: Plans, and more',
      method: 'REQUEST',
      to: [{ address: 'ben@test.example' }, { address: 'dora@outside.example' }],
      id: '<key1.0.invitation@test.example>',
    })
    expect(text).toMatch(/^When: Monday,? 2 February 2026, 09:00 – 10:00 \(Europe\/Berlin\)$/m)
    expect(text).toContain('Repeats: every week, 4 times')
    expect(calendar).not.toMatch(/VALARM|CATEGORIES|X-REGARDING|BUSYSTATUS|TRANSP/)
    const [theirs, ours] = [readEvent(calendar, { ...options, address: 'ben@test.example' }), lying()]
    expect(theirs.role).toBe('attendee')
    expect(theirs.series).toEqual(ours.series)
    expect(theirs.fields.time).toEqual(ours.fields.time)
    const component = parsed(calendar)
    expect(component.getFirstPropertyValue('method')).toBe('REQUEST')
    expect(component.getAllSubcomponents('vtimezone')).toHaveLength(1)
    const [master, exception] = component.getAllSubcomponents('vevent')
    expect(master?.getFirstPropertyValue('sequence')).toBe(0)
    expect(master?.getAllProperties('attendee').map((one) => one.getFirstParameter('rsvp'))).toEqual(['TRUE', 'TRUE'])
    expect(String(exception?.getFirstPropertyValue('recurrence-id'))).toBe('2026-02-09T09:00:00')
  })

  it('AP-36: a change raises the sequence; who comes is invited, who stays gets the update, who goes a cancellation', () => {
    const attendees = [guest('ben@test.example'), guest('new@outside.example')]
    const said = (letters: ReturnType<typeof changed>) =>
      letters.map(({ messageId, content: { subject, to } }) => [
        messageId,
        subject,
        ...to.map(({ address }) => address),
      ])
    expect(said(changed({ set: { location: 'Room 3', attendees } }))).toEqual([
      ['<key1.1.update@test.example>', 'Updated: Plans, and more', 'ben@test.example'],
      ['<key1.1.invitation@test.example>', 'Invitation: Plans, and more', 'new@outside.example'],
      ['<key1.1.cancellation@test.example>', 'Canceled: Plans, and more', 'dora@outside.example'],
    ])
    expect(said(changed({ set: { attendees } }, 'changed')).map(([, subject]) => subject)).toEqual([
      'Invitation: Plans, and more',
      'Canceled: Plans, and more',
    ])
    const farewell = changed({ set: { attendees } }, 'changed').at(-1)?.content.calendar ?? ''
    const event = parsed(farewell).getFirstSubcomponent('vevent')
    expect([event?.getFirstPropertyValue('status'), event?.getFirstPropertyValue('sequence')]).toEqual([null, 1])
    expect(event?.getAllProperties('attendee').map((one) => one.getFirstValue())).toEqual([
      'mailto:dora@outside.example',
    ])
  })

  it('AP-36: of what attendees do not see nobody is told, nor of anything that is to be silent', () => {
    expect(changed({ set: { reminder: 30, categories: ['Other'], showAs: 'free' } })).toEqual([])
    expect(changed({ set: { location: 'Room 3' } }, 'none')).toEqual([])
  })

  it('AP-42: a meeting that is called off is cancelled as a whole', () => {
    const [letter] = lettersOf({ do: 'remove', notify: 'all' }, lying(), composing)
    const event = parsed(letter?.content.calendar ?? '').getFirstSubcomponent('vevent')
    expect([event?.getFirstPropertyValue('status'), event?.getFirstPropertyValue('sequence')]).toEqual(['CANCELLED', 2])
    expect(letter?.content.method).toBe('CANCEL')
  })

  it('AP-35: a line break in a subject or name becomes no header, and what is no address gets nothing', async () => {
    const subject = 'Plans\r\nBcc: thief@outside.example\r\n\r\nGo away'
    const attendees = [
      { ...guest('ben@test.example'), name: 'Ben\r\nBcc: thief@outside.example' },
      guest('two@x.example, thief@outside.example'),
      guest('no address'),
    ]
    const { series: _none, ...single } = meeting
    const item = { ...single, fields: { ...meeting.fields, subject, attendees } }
    const [letter] = lettersOf(
      { do: 'create', folder: 'calendar', item, key: 'key1', notify: 'all' },
      undefined,
      composing,
    )
    const content = contentOf(letter)
    expect(content.to.map(({ address }) => address)).toEqual(['ben@test.example'])
    const { from, to, calendar, text, method } = content
    const shown = ({ address, name = '' }: (typeof to)[number]) => ({ address, name })
    const source = await buildMessage({
      messageId: String(letter?.messageId),
      date: now,
      from: shown(from),
      to: to.map(shown),
      subject: content.subject,
      text,
      calendar: { method, content: calendar },
    })
    const [headers = ''] = source.toString('latin1').split('\r\n\r\n')
    expect(headers).not.toMatch(/^bcc:/im)
    expect(parsed(calendar).getFirstSubcomponent('vevent')?.getFirstPropertyValue('summary')).toContain('Plans\nBcc:')
  })

  it('AP-35: a large meeting goes in several mails', () => {
    const attendees = Array.from({ length: 250 }, (_, n) => guest(`guest${n}@outside.example`))
    const item = { ...meeting, fields: { ...meeting.fields, attendees } }
    const letters = lettersOf(
      { do: 'create', folder: 'calendar', item, key: 'key1', notify: 'all' },
      undefined,
      composing,
    )
    expect(letters.map(({ content }) => content.to.length)).toEqual([100, 100, 50])
    expect(new Set(letters.map(({ messageId }) => messageId)).size).toBe(3)
  })
})
