import { expect, it } from 'vitest'
import { readEvent } from '#mailbox'

/** What an assistant makes in the calendar of whom she assists (RFC 5545 §3.2.18). */
const TEXT = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Example//Calendar//EN',
  'BEGIN:VEVENT',
  'UID:plans-1',
  'DTSTAMP:20260105T080000Z',
  'DTSTART:20260202T100000Z',
  'DTEND:20260202T110000Z',
  'SUMMARY:Plans',
  'ORGANIZER;CN=Anna Berg;SENT-BY="mailto:sam@test.example":mailto:anna@test.example',
  'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:dora@outside.example',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n')

it.each([
  ['anna@test.example', 'organizer'],
  ['sam@test.example', 'attendee'],
  ['ben@test.example', 'attendee'],
])('AP-31, AP-55: of a meeting that an assistant made for its organizer, %s is %s', (address, role) => {
  const event = readEvent(TEXT, { address, fallback: 'UTC' })
  expect(event).toMatchObject({ role, organizer: { address: 'anna@test.example', name: 'Anna Berg' } })
  expect(event.fields.attendees).toMatchObject([{ address: 'dora@outside.example', answer: 'none' }])
})
