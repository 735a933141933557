import type { CalendarItem } from '#mailbox'
import { PARTICIPATION } from '#records'
import { clip } from '#text'
import type { MapContext, PairValue } from '../model.ts'
import { addressOf } from './attendees.ts'
import type { PairMap } from './pair.ts'

const MOST = 320

interface Organizer {
  /** In lower case; the main one of the mailbox's owner, whichever was said. */
  address?: string
  name?: string
  /** Who is an organizer without an address. */
  record?: string
}

/** The organizer. A server lets nobody change it afterwards, so an item has it from the start (AP-58). */
export const organizerPair: PairMap<CalendarItem> = {
  name: 'organizer',
  outlook: 'Organizer',
  record: 'Organizer',
  columns: ['organizer'],
  fields: ['organizer'],
  default: 'both',
  allowed: ['both'],
  rule: 'AP-58',
  derived: true,
  fromRecord: ({ parties }, context) => {
    const party = parties.find(({ role }) => role === PARTICIPATION.organizer)
    if (!party) return null
    const address = party.party?.id === context.owner.userId ? context.owner.addresses[0] : addressOf(party, context)
    const name = party.name === undefined ? {} : { name: party.name }
    if (address !== undefined) return { address: mainOf(address, context), ...name }
    return { ...name, ...(party.party && { record: `${party.party.table} ${party.party.id}` }) }
  },
  fromItem: ({ organizer, role }, context) => {
    const [own] = context.owner.addresses
    if (organizer?.address) {
      const address = mainOf(organizer.address, context)
      return { address, ...(organizer.name !== undefined && { name: clip(organizer.name, MOST) }) }
    }
    if (role !== 'attendee') return own === undefined ? undefined : { address: own }
    return context.settings.keepOrganizerWhenEmpty ? undefined : null
  },
  toRecord: (value, _present, context) => {
    const { address, name } = organizerOf(value)
    if (address === undefined) return value
    const party = context.partyOf(address)
    const known = party && context.addressOf(party)?.address
    return { address: known === undefined ? address : mainOf(known, context), ...(name !== undefined && { name }) }
  },
  toItem: (value, present) => (present === undefined && organizerOf(value).address !== undefined ? value : undefined),
  key: (value) => organizerOf(value).address ?? organizerOf(value).record ?? organizerOf(value).name ?? null,
  writeRecord: (value, _view, context) => {
    const { address, name } = organizerOf(value)
    const role = PARTICIPATION.organizer
    if (address === undefined && name === undefined) return { parties: { [role]: [] } }
    const own = address !== undefined && context.owner.addresses.includes(address)
    const party = own
      ? { table: 'systemuser', id: context.owner.userId }
      : address === undefined
        ? undefined
        : context.partyOf(address)
    const said = { ...(address !== undefined && { address }), ...(name !== undefined && { name }) }
    return { parties: { [role]: [{ role, ...(party && { party }), ...said }] } }
  },
  writeItem: (value, item, { owner }) => {
    const { address, name } = organizerOf(value)
    if (item || address === undefined || owner.addresses.includes(address)) return {}
    return { organizer: { address, ...(name !== undefined && { name }) } }
  },
}

function mainOf(address: string, { owner }: MapContext): string {
  const said = address.toLowerCase()
  return owner.addresses.includes(said) ? (owner.addresses[0] ?? said) : said
}

function organizerOf(value: PairValue): Organizer {
  return (value ?? {}) as Organizer
}
