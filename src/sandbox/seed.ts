import { buildMessage } from '#mime'
import {
  addEvent,
  type Contact,
  deliver,
  localOf,
  NO_CONTACT,
  newUid,
  type Person,
  submit,
  type Task,
  type User,
  type World,
} from './model/index.ts'

const DOMAIN = 'nordlicht.example'
const ZONE = 'W. Europe Standard Time'

const GRETE = { name: 'Grete Østby', address: 'grete.ostby@fjordmaskin.example' }
const MARCO = { name: 'Marco Bianchi', address: 'm.bianchi@bianchi-ottica.example' }

/** A small company that makes measuring instruments, with mail, meetings, contacts and tasks of the last days. */
export async function seedCompany(world: World): Promise<void> {
  const [anna, ben, clara] = PEOPLE.map(([name, alias]) =>
    world.addUser({
      name,
      address: `${alias}@${DOMAIN}`,
      timeZone: ZONE,
      aliases: alias === 'clara.weiss' ? [`sales@${DOMAIN}`] : [],
    }),
  ) as [User, User, User, User]
  await correspondence(world, anna, ben, clara)
  await meetings(world, anna, [ben, clara])
  for (const person of [GRETE, MARCO])
    anna.mailbox.add<Contact>(anna.mailbox.wellKnown('contacts').id, contactOf(person))
  anna.mailbox.add<Task>(anna.mailbox.wellKnown('tasks').id, {
    kind: 'task',
    subject: 'Send revised offer to Fjordmaskin',
    body: { type: 'text', content: 'Twelve units, delivery in May.' },
    status: 'notStarted',
    percent: 0,
    importance: 'high',
    sensitivity: 'normal',
    due: dayFrom(world, 3),
    checklist: [],
    attachments: [],
  })
}

const PEOPLE = [
  ['Anna Berg', 'anna.berg'],
  ['Ben Roth', 'ben.roth'],
  ['Clara Weiss', 'clara.weiss'],
  ['David Lindt', 'david.lindt'],
] as const

async function correspondence(world: World, anna: User, ben: User, clara: User): Promise<void> {
  const request = await arrives(
    world,
    GRETE,
    [anna],
    'Offer for 12 laser gauges',
    'Dear Anna,\n\ncould you quote twelve LG-40 with mounting plates, delivered to Bergen in May?\n\nKind regards\nGrete\n',
  )
  const answer = await sends(
    world,
    anna,
    [GRETE],
    'Re: Offer for 12 laser gauges',
    'Dear Grete,\n\ngladly: you will have it tomorrow.\n\nAnna\n',
    [request],
    [clara],
  )
  await arrives(
    world,
    GRETE,
    [anna],
    'Re: Offer for 12 laser gauges',
    'Thank you! One more thing: calibration certificates, please.\n\nGrete\n',
    [request, answer],
  )
  await sends(
    world,
    anna,
    [ben],
    'Calibration for Fjordmaskin',
    'Ben, can we certify twelve LG-40 by the end of April?\n',
    [],
  )
  await arrives(
    world,
    MARCO,
    [clara],
    'Lens adapters: wrong thread',
    'Buongiorno,\n\nthe adapters of order 2217 have an M42 thread; we ordered M39.\n\nMarco Bianchi\n',
  )
  await sends(
    world,
    clara,
    [MARCO],
    'Re: Lens adapters: wrong thread',
    'Dear Mr Bianchi,\n\nour mistake. Replacements leave today.\n\nClara Weiss\n',
  )
  await arrives(
    world,
    { name: 'Trade Fair Weekly', address: 'news@fairweekly.example' },
    [anna, ben],
    'Metrology fairs in spring',
    'This week: three fairs you should not miss.\n',
  )
  await arrives(
    world,
    { name: 'Ida Moe', address: 'ida@fjordmaskin.example' },
    [{ name: 'Sales', address: `sales@${DOMAIN}` }],
    'Spare parts for LG-30',
    'Hello,\n\ndo you still have dust covers for the LG-30?\n\nIda\n',
  )
}

async function arrives(
  world: World,
  from: Person,
  to: readonly Person[],
  subject: string,
  text: string,
  thread: string[] = [],
): Promise<string> {
  const messageId = world.ids.messageId(from.address.split('@')[1] as string)
  const mime = await buildMessage({ messageId, date: world.clock.now(), from, to, subject, text, ...threadOf(thread) })
  await deliver(world, { from: from.address, to: to.map(({ address }) => address), mime })
  return messageId
}

async function sends(
  world: World,
  user: User,
  to: readonly Person[],
  subject: string,
  text: string,
  thread: string[] = [],
  cc: readonly Person[] = [],
): Promise<string> {
  const messageId = world.ids.messageId(DOMAIN)
  const people = { from: personOf(user), to: to.map(personOf), cc: cc.map(personOf) }
  const mime = await buildMessage({ messageId, date: world.clock.now(), ...people, subject, text, ...threadOf(thread) })
  await submit(world, { user, mime })
  return messageId
}

function threadOf(thread: readonly string[]) {
  const last = thread.at(-1)
  return last ? { inReplyTo: last, references: thread } : {}
}

function personOf({ name, address }: Person): Person {
  return { name, address }
}

async function meetings(world: World, organizer: User, others: readonly User[]): Promise<void> {
  const day = dayFrom(world, 1)
  await addEvent({ world, user: organizer, notify: true }, organizer.mailbox.wellKnown('calendar').id, {
    kind: 'event',
    uid: newUid(world),
    sequence: 0,
    subject: 'Sales round',
    body: { type: 'text', content: 'Open offers, deliveries, complaints.' },
    location: 'Meeting room 2',
    start: { local: `${day}T09:00:00`, zone: ZONE },
    end: { local: `${day}T09:45:00`, zone: ZONE },
    allDay: false,
    showAs: 'busy',
    sensitivity: 'normal',
    importance: 'normal',
    reminder: 15,
    attendees: others.map((user) => ({ ...personOf(user), type: 'required', answer: 'none' })),
    answer: 'organizer',
    cancelled: false,
    organizer: personOf(organizer),
    mine: true,
    responseRequested: true,
    recurrence: { pattern: { type: 'daily', interval: 7 }, start: day, count: 10 },
    exceptions: [],
    online: false,
    attachments: [],
  })
}

function contactOf({ name, address }: Person) {
  const [givenName = name, ...rest] = name.split(' ')
  const surname = rest.join(' ')
  return {
    ...NO_CONTACT,
    displayName: name,
    givenName,
    surname,
    fileAs: `${surname}, ${givenName}`,
    emails: [{ name, address }],
  }
}

function dayFrom(world: World, days: number): string {
  return localOf(new Date(world.clock.now().getTime() + days * 86_400_000), ZONE).slice(0, 10)
}
