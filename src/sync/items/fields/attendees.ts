import type { Attendee, CalendarItem } from '#mailbox'
import { PARTICIPATION, type Reference } from '#records'
import { clip } from '#text'
import type { MapContext, PairValue, PartyView, RecordView } from '../model.ts'
import type { PairMap } from './pair.ts'
import { oneLine } from './text.ts'

/** Characters of the name and of the address of a party. */
const MOST = 320

/** Somebody invited. Without an address it is text that nobody could be found for (AP-50). */
interface Invited {
  role: Attendee['role']
  /** In lower case. */
  address?: string
  name?: string
}

const ROLES: readonly (readonly [Attendee['role'], number])[] = [
  ['required', PARTICIPATION.required],
  ['optional', PARTICIPATION.optional],
  ['resource', PARTICIPATION.resource],
]

/**
 * Attendees of all roles are one field (AP-25), of which people are the parts that count: their addresses and roles. The
 * organizer is none of them. Parties without any address stay in the record, and never reach the item.
 */
export const attendeesPair: PairMap<CalendarItem> = {
  name: 'requiredAttendees',
  outlook: 'Required attendees',
  record: 'Required attendees',
  columns: ['requiredattendees', 'optionalattendees'],
  fields: ['attendees'],
  default: 'both',
  allowed: ['both'],
  rule: 'AP-50',
  fromRecord: (view, context) => asValue(invitedOf(view, ROLES, context)),
  fromItem: ({ fields }) =>
    asValue((fields.attendees ?? []).map(({ role, address, name }) => person(role, address, name))),
  toRecord: (value, _present, context) => asValue(invited(value).map((one) => ofRecord(one, context))),
  toItem: (value, present, context) =>
    asValue(invited(value).flatMap((one) => ofItem(one, invited(present ?? null), context))),
  key: (value) => invited(value).map(keyOf),
  writeRecord: (value, view, context) => {
    const kept = (view?.parties ?? []).filter((one) => isKept(one, view, context))
    const parties = ROLES.map(([role, code]) => [
      code,
      [
        ...invited(value).flatMap((one) => (one.role === role ? partyOf(one, code, view, context) : [])),
        ...kept.filter((one) => one.role === code),
      ],
    ])
    return { parties: Object.fromEntries(parties) as Record<number, PartyView[]> }
  },
  writeItem: (value, item) => {
    const before = item?.fields.attendees ?? []
    const attendees = invited(value).map(({ role, address = '', name }): Attendee => {
      const same = before.find((one) => one.address === address && (address !== '' || one.name === name))
      return same ? { ...same, role } : { address, ...(name !== undefined && { name }), role, answer: 'none' }
    })
    return { fields: { attendees: attendees.length === 0 ? undefined : attendees } }
  },
}

/** Shown as a pair of its own; carried by the one of the required attendees. */
export const optionalAttendeesPair: PairMap<CalendarItem> = {
  ...attendeesPair,
  name: 'optionalAttendees',
  outlook: 'Optional attendees',
  record: 'Optional attendees',
  with: 'requiredAttendees',
}

/** Of service activities resources are required and customers optional; nothing of it comes back (AP-80). */
export const serviceAttendees: Pick<
  PairMap<CalendarItem>,
  'fromRecord' | 'toRecord' | 'default' | 'allowed' | 'rule'
> = {
  default: 'toItem',
  allowed: ['toItem'],
  rule: 'FD-22',
  fromRecord: (view, context) => {
    const roles = [
      ...ROLES.slice(0, 2),
      ['required', PARTICIPATION.resource],
      ['optional', PARTICIPATION.customer],
    ] as const
    const own = (one: Invited) => one.address !== undefined && context.owner.addresses.includes(one.address)
    return asValue(invitedOf(view, roles, context).filter((one) => !own(one)))
  },
  toRecord: () => undefined,
}

function invitedOf(view: RecordView, roles: typeof ROLES, context: MapContext): Invited[] {
  return roles.flatMap(([role, code]) =>
    view.parties.flatMap((one) =>
      one.role === code && !isKept(one, view, context) ? person(role, addressOf(one, context), one.name) : [],
    ),
  )
}

/** What stays in the record whatever the item says: who has no address, and the organizer among the attendees. */
function isKept(one: PartyView, view: RecordView | undefined, context: MapContext): boolean {
  const address = addressOf(one, context)
  if (address === undefined) return one.party !== undefined
  const organizer = view?.parties.find(({ role }) => role === PARTICIPATION.organizer)
  return organizer !== undefined && organizer !== one && addressOf(organizer, context) === address
}

export function addressOf({ address, party }: PartyView, context: Pick<MapContext, 'addressOf'>): string | undefined {
  return (address ?? (party && context.addressOf(party)?.address))?.toLowerCase() || undefined
}

function person(role: Attendee['role'], address: string | undefined, name: string | undefined): Invited {
  const said = oneLine(name)
  return { role, ...(address && { address: address.toLowerCase() }), ...(said !== null && { name: clip(said, MOST) }) }
}

/** By the address that the record of the person has, if there is one. */
function ofRecord(one: Invited, context: MapContext): Invited {
  const party = one.address === undefined ? undefined : context.partyOf(one.address)
  const known = party && context.addressOf(party)
  return known ? { ...one, address: known.address, ...(known.name !== undefined && { name: known.name }) } : one
}

/** By the address that the item has for the same person. Text without address can be nobody's invitation. */
function ofItem(one: Invited, present: readonly Invited[], context: MapContext): Invited[] {
  if (one.address === undefined)
    return present.filter(({ address, name }) => address === undefined && name === one.name)
  const party = context.partyOf(one.address)
  const same =
    party && present.find(({ address }) => address !== undefined && isSameRecord(context.partyOf(address), party))
  return [same ? { ...same, role: one.role } : one]
}

function partyOf(one: Invited, role: number, view: RecordView | undefined, context: MapContext): PartyView {
  const { address, name } = one
  const before = view?.parties.find(
    (party) => party.role === role && keyOf({ ...one, ...addressed(party, context) }) === keyOf(one),
  )
  if (before) return before
  const party = address === undefined ? undefined : context.partyOf(address)
  return {
    role,
    ...(party && { party }),
    ...(address !== undefined && { address: clip(address, MOST) }),
    ...(name !== undefined && { name }),
  }
}

function addressed(party: PartyView, context: MapContext): Pick<Invited, 'address' | 'name'> {
  const address = addressOf(party, context)
  return { ...(address !== undefined && { address }), ...(party.name !== undefined && { name: party.name }) }
}

function isSameRecord(a: Reference | undefined, b: Reference): boolean {
  return a?.table === b.table && a.id === b.id
}

/** Everybody once, in an order that does not depend on where it comes from. */
function asValue(people: readonly Invited[]): PairValue {
  const first = new Map<string, Invited>()
  for (const one of people) {
    const who = one.address ?? `"${one.name ?? ''}"`
    if (one.address !== undefined || one.name !== undefined) first.set(who, first.get(who) ?? one)
  }
  return [...first].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => ({ ...one }))
}

function invited(value: PairValue): readonly Invited[] {
  return (value ?? []) as unknown as readonly Invited[]
}

function keyOf({ role, address, name }: Invited): string {
  return `${role} ${address ?? `"${name ?? ''}"`}`
}
