import type { Actor, Knowledge, Message, Plan, TraceStep } from '../model.ts'
import type { People } from './people.ts'
import { step } from './trace.ts'

export interface AutoCreate {
  person?: NonNullable<Plan['autoCreate']>
  trace: TraceStep[]
}

/** A contact or lead for a sender whom nobody knows (T-75…T-78). `actor` is who accepted the message or tracked it. */
export function planPerson(message: Message, people: People, actor: Actor, knowledge: Knowledge): AutoCreate {
  const { sender } = people
  if (message.direction !== 'incoming' || !sender.resolution.unknown) return { trace: [] }
  // A bounce comes from a machine.
  if (message.headers.kind === 'report') return { trace: [] }
  if (!knowledge.settings.autoCreateContactOnPromote)
    return { trace: [step('T-75', 'no', 'Records are not created automatically in this organization')] }
  const table = actor.create
  if (table === 'off') return { trace: [step('T-75', 'no', `${actor.name} creates no records automatically`)] }
  if (!actor.mayCreate[table] || !actor.owner)
    return { trace: [step('T-77', 'no', `${actor.name} may not create a ${table}; the sender stays unresolved`)] }
  const person = {
    id: message.ids.person,
    table,
    ...nameOf(sender.name, sender.address),
    address: sender.address,
    owner: actor.owner,
  }
  return { person, trace: [step('T-76', 'yes', `A ${table} is created for the sender`, { [table]: person.id })] }
}

/** Last word of the display name is the last name, the rest the first; without one the local part is (T-76). */
function nameOf(displayName: string, address: string): { firstName?: string; lastName: string } {
  const words = displayName.split(/\s+/).filter((word) => word !== '' && word !== address)
  const last = words.pop()
  if (last === undefined) return { lastName: address.slice(0, address.lastIndexOf('@')) }
  return words.length ? { firstName: words.join(' '), lastName: last } : { lastName: last }
}
