import {
  addEvent,
  type CalendarEvent,
  type Contact,
  type ExtendedProperty,
  NO_CONTACT,
  PROPERTY_SETS,
  type PropertyName,
  type User,
  type World,
} from '#sandbox'
import { ITEM_ZONE, type ItemCounts, itemsOf } from './itemCorpus.ts'

/** Where each of the two ways to Exchange keeps the mark of the App for Outlook: it is to be tracked. */
const STATES: readonly PropertyName[] = [
  { type: 'String', set: '5f3e0f4c-8d0b-4f7a-9c1e-2b6a7d94c0de', name: 'RegardingState' },
  { type: 'String', set: PROPERTY_SETS.PublicStrings, name: 'RegardingState' },
]
const PENDING: ExtendedProperty[] = STATES.map((property) => ({ property, value: 'pending' }))

/** The corpus as a mailbox of Exchange holds it, all marked for tracking. */
export async function fillItems(world: World, user: User, counts: ItemCounts): Promise<void> {
  const { mailbox } = user
  const [contacts, calendar] = [mailbox.wellKnown('contacts').id, mailbox.wellKnown('calendar').id]
  const { people, visits } = itemsOf(counts)
  for (const { first, last, address, phone, mobile, title, company, notes } of people)
    mailbox.add<Contact>(contacts, {
      ...NO_CONTACT,
      displayName: `${first} ${last}`,
      givenName: first,
      surname: last,
      companyName: company,
      jobTitle: title,
      emails: [{ name: `${first} ${last}`, address }],
      businessPhones: [phone],
      mobilePhone: mobile,
      notes,
      properties: PENDING,
    })
  for (const visit of visits) await addEvent({ world, user, notify: false }, calendar, eventOf(visit, user))
}

function eventOf(
  { uid, subject, place, notes, start, end, repeats }: ReturnType<typeof itemsOf>['visits'][number],
  user: User,
) {
  return {
    kind: 'event',
    uid,
    sequence: 0,
    subject,
    body: { type: 'text', content: notes },
    location: place,
    start: { local: start, zone: ITEM_ZONE },
    end: { local: end, zone: ITEM_ZONE },
    allDay: false,
    showAs: 'busy',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: undefined,
    attendees: [],
    answer: 'organizer',
    cancelled: false,
    organizer: { name: user.name, address: user.address },
    mine: true,
    responseRequested: true,
    exceptions: [],
    online: false,
    attachments: [],
    properties: PENDING,
    ...(repeats
      ? { recurrence: { pattern: { type: 'daily', interval: 7 }, start: start.slice(0, 10), count: 10 } }
      : {}),
  } satisfies Parameters<typeof addEvent>[2] as Parameters<typeof addEvent>[2] & Pick<CalendarEvent, 'kind'>
}
