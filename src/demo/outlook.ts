import {
  addEvent,
  localOf,
  NO_CONTACT,
  newUid,
  type Contact as OutlookPerson,
  type Task,
  type User,
  type World,
} from '#sandbox'
import { CONTACTS } from './company/contacts.ts'
import {
  OUTLOOK_CONTACTS,
  OUTLOOK_MEETINGS,
  OUTLOOK_TASKS,
  type OutlookContact,
  type OutlookMeeting,
} from './company/outlook.ts'
import { addressOf } from './company/users.ts'
import { person } from './people.ts'

/** The name under which Outlook shows that something is tracked (T-94). */
const TRACKED = 'Tracked to Regarding'
const ZONE = 'W. Europe Standard Time'
const DAY = 24 * 60 * 60 * 1000

/** Puts into Mira’s Outlook what she keeps there besides mail. Nobody is invited: it was always there. */
export async function fillOutlook(world: World): Promise<void> {
  const user = world.user(addressOf('mira'))
  const { mailbox } = user
  for (const contact of OUTLOOK_CONTACTS)
    mailbox.add<OutlookPerson>(mailbox.wellKnown('contacts').id, { ...NO_CONTACT, ...cardOf(contact) })
  for (const meeting of OUTLOOK_MEETINGS)
    await addEvent({ world, user, notify: false }, mailbox.wellKnown('calendar').id, eventOf(world, user, meeting))
  for (const { subject, due, tracked } of OUTLOOK_TASKS)
    mailbox.add<Task>(mailbox.wellKnown('tasks').id, {
      kind: 'task',
      subject,
      body: { type: 'text', content: '' },
      status: 'notStarted',
      percent: 0,
      importance: 'normal',
      sensitivity: 'normal',
      due: dayFrom(world, due),
      checklist: [],
      attachments: [],
      categories: tracked ? [TRACKED] : [],
    })
}

function cardOf(contact: OutlookContact): Partial<OutlookPerson> {
  const { mobile } = contact
  const known = 'who' in contact ? CONTACTS.find(({ key }) => key === contact.who) : contact
  if (!known) throw new RangeError('A contact of Outlook in the demo is nobody whom the company knows.')
  const { first, last, address } = known
  return {
    displayName: `${first} ${last}`,
    fileAs: `${last}, ${first}`,
    givenName: first,
    surname: last,
    emails: [{ name: `${first} ${last}`, address }],
    ...(mobile ? { mobilePhone: mobile } : {}),
  }
}

function eventOf(world: World, { name, address }: User, meeting: OutlookMeeting): Parameters<typeof addEvent>[2] {
  const day = dayFrom(world, meeting.day)
  return {
    kind: 'event',
    uid: newUid(world),
    sequence: 0,
    subject: meeting.subject,
    body: { type: 'text', content: '' },
    location: meeting.location ?? '',
    start: { local: `${day}T${meeting.from}:00`, zone: ZONE },
    end: { local: `${day}T${meeting.to}:00`, zone: ZONE },
    allDay: false,
    showAs: 'busy',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: 15,
    attendees: (meeting.with ?? []).map((who) => ({ ...personOf(who), type: 'required', answer: 'accepted' })),
    answer: 'organizer',
    cancelled: false,
    organizer: { name, address },
    mine: true,
    responseRequested: true,
    ...(meeting.weekly
      ? { recurrence: { pattern: { type: 'daily', interval: 7 }, start: day, count: meeting.weekly } }
      : {}),
    exceptions: [],
    online: false,
    attachments: [],
    categories: meeting.tracked ? [TRACKED] : [],
  }
}

function personOf(who: string): { name: string; address: string } {
  const { name, address } = person(who)
  return { name, address }
}

const dayFrom = (world: World, days: number): string =>
  localOf(new Date(world.clock.now().getTime() + days * DAY), ZONE).slice(0, 10)
