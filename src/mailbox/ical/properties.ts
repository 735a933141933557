import type { Answer, Attendee, EventFields, Importance, Person, Sensitivity, ShowAs } from '../items/index.ts'
import { durationOf } from './duration.ts'
import {
  type Component,
  componentsOf,
  escapeText,
  type Line,
  linesOf,
  newComponent,
  newLine,
  splitValue,
  unescapeText,
} from './lines.ts'

/** The fields of an appointment that are one property each, and how they are read and written. */

type Plain = Omit<EventFields, 'time' | 'joinUrl'>

const BUSY: Record<string, ShowAs> = {
  FREE: 'free',
  TENTATIVE: 'tentative',
  BUSY: 'busy',
  OOF: 'outOfOffice',
  WORKINGELSEWHERE: 'workingElsewhere',
}
const CLASSES: Record<string, Sensitivity> = {
  PUBLIC: 'normal',
  PERSONAL: 'personal',
  PRIVATE: 'private',
  CONFIDENTIAL: 'confidential',
}
const PRIORITIES: Record<Importance, string> = { high: '1', normal: '5', low: '9' }
export const ANSWERS: Record<string, Answer> = { ACCEPTED: 'accepted', DECLINED: 'declined', TENTATIVE: 'tentative' }

export function plainFields(event: Component): Plain {
  const text = (name: string) => linesOf(event, name)[0]?.value
  const [subject, notes, location] = ['SUMMARY', 'DESCRIPTION', 'LOCATION'].map((name) => text(name)).map(read)
  const html = linesOf(event, 'X-ALT-DESC').find(({ params }) => params['FMTTYPE']?.toLowerCase() === 'text/html')
  const reminder = reminderOf(event)
  const organizer = linesOf(event, 'ORGANIZER').map(personOf)[0]?.address
  const attendees = attendeesOf(event).filter(({ address }) => address === '' || address !== organizer)
  const categories = linesOf(event, 'CATEGORIES').flatMap(({ value }) => splitValue(value, ',').map(unescapeText))
  return {
    ...(subject && { subject }),
    ...(notes && { body: { text: notes, ...(html && { html: unescapeText(html.value) }) } }),
    ...(location && { location }),
    showAs: showAsOf(event),
    importance: importanceOf(text('PRIORITY')),
    sensitivity: CLASSES[text('CLASS')?.toUpperCase() ?? ''] ?? 'normal',
    ...(reminder !== undefined && { reminder }),
    ...(attendees.length > 0 && { attendees }),
    ...(categories.length > 0 && { categories: [...new Set(categories)] }),
  }
}

/** The properties that a field is kept in, and its new lines; undefined: for fields that are kept otherwise. */
export function linesOfField(
  fields: Partial<EventFields>,
  name: keyof EventFields,
): { names: string[]; lines: Line[] } | undefined {
  switch (name) {
    case 'subject':
      return textLine('SUMMARY', fields.subject)
    case 'location':
      return textLine('LOCATION', fields.location)
    case 'body': {
      const { text = '', html } = fields.body ?? {}
      const rich = html === undefined ? [] : [newLine('X-ALT-DESC', escapeText(html), { FMTTYPE: 'text/html' })]
      return { names: ['DESCRIPTION', 'X-ALT-DESC'], lines: [...textLine('DESCRIPTION', text).lines, ...rich] }
    }
    case 'importance':
      return textLine('PRIORITY', PRIORITIES[fields.importance ?? 'normal'])
    case 'sensitivity':
      return textLine('CLASS', keyOf(CLASSES, fields.sensitivity ?? 'normal'))
    case 'showAs': {
      const { showAs = 'busy' } = fields
      const transparent = showAs === 'free' || showAs === 'workingElsewhere' ? 'TRANSPARENT' : 'OPAQUE'
      const lines = [newLine('TRANSP', transparent), newLine('X-MICROSOFT-CDO-BUSYSTATUS', keyOf(BUSY, showAs))]
      return { names: ['TRANSP', 'X-MICROSOFT-CDO-BUSYSTATUS'], lines }
    }
    case 'categories': {
      const all = fields.categories?.map(escapeText).join(',')
      return { names: ['CATEGORIES'], lines: all ? [newLine('CATEGORIES', all)] : [] }
    }
    case 'attendees':
    case 'reminder':
    case 'time':
    case 'joinUrl':
      return undefined
  }
}

function textLine(property: string, text: string | undefined): { names: string[]; lines: Line[] } {
  return { names: [property], lines: text ? [newLine(property, escapeText(text))] : [] }
}

export function attendeesOf(event: Component): Attendee[] {
  return linesOf(event, 'ATTENDEE').map((line) => {
    const { ROLE = '', CUTYPE = '', PARTSTAT = '' } = line.params
    const resource = /^(RESOURCE|ROOM)$/i.test(CUTYPE)
    const role = resource ? 'resource' : /^(OPT|NON)-PARTICIPANT$/i.test(ROLE) ? 'optional' : 'required'
    return { ...personOf(line), role, answer: ANSWERS[PARTSTAT.toUpperCase()] ?? 'none' }
  })
}

/** An attendee as the organizer asks for; whoever is there already keeps her line, answer and all. */
export function attendeeLine({ address, name, role, answer }: Attendee): Line {
  const ROLE = role === 'optional' ? 'OPT-PARTICIPANT' : 'REQ-PARTICIPANT'
  const PARTSTAT = answer === 'none' ? 'NEEDS-ACTION' : keyOf(ANSWERS, answer)
  const CUTYPE = role === 'resource' ? 'RESOURCE' : undefined
  return newLine('ATTENDEE', `mailto:${address}`, { CN: name, CUTYPE, ROLE, PARTSTAT, RSVP: 'TRUE' })
}

export function personOf({ value, params }: Line): Person {
  const address = /^mailto:/i.test(value) ? value.slice(7).trim().toLowerCase() : (params['EMAIL'] ?? '').toLowerCase()
  return { address, ...(params['CN'] && { name: params['CN'] }) }
}

/** Who acts for an organizer or attendee (RFC 5545 §3.2.18), in lower case. */
export function sentByOf({ params }: Line): { sentBy?: string } {
  const sentBy = /^mailto:(.+)$/i.exec(params['SENT-BY']?.trim() ?? '')?.[1]?.toLowerCase()
  return sentBy === undefined ? {} : { sentBy }
}

/** The first alarm before the start that shows something; minutes. */
function reminderOf(event: Component): number | undefined {
  const [seconds] = alarmsOf(event).map((alarm) => durationOf(linesOf(alarm, 'TRIGGER')[0]?.value))
  return seconds === undefined ? undefined : Math.max(0, Math.round(-seconds / 60))
}

export function alarmsOf(event: Component): Component[] {
  return componentsOf(event, 'VALARM').filter((alarm) => {
    const [trigger] = linesOf(alarm, 'TRIGGER')
    return trigger && durationOf(trigger.value) !== undefined && trigger.params['RELATED']?.toUpperCase() !== 'END'
  })
}

export function newAlarm(minutes: number): Component {
  return newComponent('VALARM', [
    newLine('ACTION', 'DISPLAY'),
    newLine('DESCRIPTION', 'Reminder'),
    newLine('TRIGGER', `-PT${minutes}M`),
  ])
}

function showAsOf(event: Component): ShowAs {
  const said = BUSY[linesOf(event, 'X-MICROSOFT-CDO-BUSYSTATUS')[0]?.value.toUpperCase() ?? '']
  if (said) return said
  if (linesOf(event, 'TRANSP')[0]?.value.toUpperCase() === 'TRANSPARENT') return 'free'
  return linesOf(event, 'STATUS')[0]?.value.toUpperCase() === 'TENTATIVE' ? 'tentative' : 'busy'
}

function importanceOf(priority: string | undefined): Importance {
  const number = Number(priority ?? 0)
  return number >= 1 && number <= 4 ? 'high' : number >= 6 && number <= 9 ? 'low' : 'normal'
}

function read(value: string | undefined): string | undefined {
  return value === undefined ? undefined : unescapeText(value)
}

function keyOf<Value>(table: Record<string, Value>, value: Value): string {
  return Object.keys(table).find((key) => table[key] === value) ?? ''
}
