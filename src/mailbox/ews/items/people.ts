import type { Answer, Attendee, Person } from '../../items/index.ts'
import { childOf, childrenOf, type Node, textOf } from '../node.ts'
import { type Xml, xml } from '../xml.ts'
import { element, type Property, plain } from './property.ts'

const LISTS = { required: 'RequiredAttendees', optional: 'OptionalAttendees', resource: 'Resources' } as const
const ROLES = Object.keys(LISTS) as Attendee['role'][]

const ANSWERS: Readonly<Record<string, Answer>> = { Accept: 'accepted', Tentative: 'tentative', Decline: 'declined' }

export function readAnswer(text: string | undefined): Answer {
  return ANSWERS[text ?? ''] ?? 'none'
}

export function readPerson(mailbox: Node | undefined): Person | undefined {
  if (!mailbox) return undefined
  const name = textOf(mailbox, 'Name')
  const address = addressOf(mailbox, name)
  return { address, ...(name !== undefined && name !== '' && name.toLowerCase() !== address && { name }) }
}

/** Who is in the directory alone has no address of the internet here, unless his name is one. */
function addressOf(mailbox: Node, name = ''): string {
  const address = (textOf(mailbox, 'EmailAddress') ?? '').replace(/^smtp:/i, '')
  const found = [address, name].find((text) => /^[^\s@]+@[^\s@]+$/.test(text))
  return (found ?? '').toLowerCase()
}

/** Everybody but the organizer, whom Exchange lists among those required. */
export function readAttendees(item: Node, organizer: Person | undefined): Attendee[] | undefined {
  const attendees = ROLES.flatMap((role) =>
    childrenOf(item, LISTS[role]).flatMap((node): Attendee[] => {
      const said = textOf(node, 'ResponseType')
      const person = readPerson(childOf(node, 'Mailbox'))
      if (!person || said === 'Organizer' || (person.address && person.address === organizer?.address)) return []
      return [{ ...person, role, answer: readAnswer(said) }]
    }),
  )
  return attendees.length > 0 ? attendees : undefined
}

/** All three lists: whoever changes his role leaves the one he was on. */
export function writeAttendees(attendees: readonly Attendee[] = []): Property[] {
  return ROLES.map((role) => {
    const people = attendees.filter((one) => one.role === role && one.address !== '').map(attendee)
    return plain(`calendar:${LISTS[role]}`, people.length > 0 ? people : undefined)
  })
}

function attendee({ address, name }: Person): Xml {
  return element(
    'Attendee',
    xml`<t:Mailbox>${name && element('Name', name)}${element('EmailAddress', address)}</t:Mailbox>`,
  )
}
