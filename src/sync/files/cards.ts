import ICAL from 'ical.js'
import type { Row } from '#records'

type Component = InstanceType<typeof ICAL.Component>

/** A contact as vCard: version 4 (RFC 6350) or 3 (RFC 2426). */
export function vcardOf(contact: Row, version: 3 | 4): string {
  const card: Component = new ICAL.Component([version === 4 ? 'vcard' : 'vcard3', [], []] as never)
  const text = (name: string) => (typeof contact[name] === 'string' ? contact[name] : '')
  const add = (name: string, value: string | string[], parameters: Record<string, string> = {}) => {
    if ((Array.isArray(value) ? value.join('') : value) === '') return
    const property = new ICAL.Property([name, parameters, 'text', value] as never, card)
    card.addProperty(property)
  }
  add('version', version === 4 ? '4.0' : '3.0')
  add('uid', `urn:uuid:${String(contact['contactid'])}`)
  add('fn', text('fullname') || text('emailaddress1') || '-')
  add('n', [text('lastname'), text('firstname'), text('middlename'), text('salutation'), text('suffix')])
  add('nickname', text('nickname'))
  add('title', text('jobtitle'))
  for (const name of ['emailaddress1', 'emailaddress2', 'emailaddress3']) add('email', text(name))
  add('tel', text('telephone1'), { type: 'work' })
  add('tel', text('telephone2'), { type: 'home' })
  add('tel', text('mobilephone'), { type: 'cell' })
  add('tel', text('fax'), { type: 'fax' })
  for (const [n, type] of [
    [1, 'work'],
    [2, 'home'],
  ] as const) {
    const part = (name: string) => text(`address${n}_${name}`)
    const street = [part('line1'), part('line2'), part('line3')].filter(Boolean).join(', ')
    const address = [
      part('postofficebox'),
      '',
      street,
      part('city'),
      part('stateorprovince'),
      part('postalcode'),
      part('country'),
    ]
    add('adr', address, { type })
  }
  add('note', text('description'))
  // One kind of component, whatever the version.
  return `${card.toString().replace('BEGIN:VCARD3', 'BEGIN:VCARD').replace('END:VCARD3', 'END:VCARD')}\r\n`
}

/** An appointment as iCalendar (RFC 5545): an event that was published, which asks nobody to come. */
export function icalendarOf(appointment: Row, now: Date): string {
  const calendar: Component = new ICAL.Component(['vcalendar', [], []])
  calendar.updatePropertyWithValue('version', '2.0')
  calendar.updatePropertyWithValue('prodid', '-//Regarding//EN')
  calendar.updatePropertyWithValue('method', 'PUBLISH')
  const event: Component = new ICAL.Component('vevent')
  const text = (name: string) => (typeof appointment[name] === 'string' ? appointment[name] : undefined)
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== null) event.updatePropertyWithValue(name, value)
  }
  put('uid', text('globalobjectid') ?? `${String(appointment['activityid'])}@regarding`)
  put('dtstamp', ICAL.Time.fromJSDate(now, true))
  const allDay = appointment['isalldayevent'] === true
  for (const [name, column] of [
    ['dtstart', 'scheduledstart'],
    ['dtend', 'scheduledend'],
  ] as const) {
    const at = appointment[column]
    if (!(at instanceof Date)) continue
    const time = ICAL.Time.fromJSDate(at, true)
    if (allDay) time.isDate = true
    put(name, time)
  }
  put('summary', text('subject'))
  put('location', text('location'))
  put('description', text('description'))
  put('sequence', appointment['icalsequence'])
  calendar.addSubcomponent(event)
  return `${calendar.toString()}\r\n`
}
