import { resolveSender, trackingSettings } from '#incoming'
import type { Item } from '#mailbox'
import { type AddressMatch, normalAddress, type Reference, type Row } from '#records'
import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import type { RecordState } from '../model.ts'
import { recordKey } from './views.ts'

/** What is known of the people and records that a page of items and records speaks of. */
export interface People {
  /** The record that an address resolves to, as a sender's does (T-71). */
  partyOf(address: string): Reference | undefined
  /** The id of the user of an address, whether or not still enabled: for whose meeting it is, not for new parties (T-67). */
  userOf(address: string): string | undefined
  addressOf(reference: Reference): { address: string; name?: string } | undefined
  nameOf(reference: Reference): string | undefined
}

interface Known {
  address?: string
  name?: string
}

/**
 * Reads the people of a page as the mailbox's user: one statement for all addresses, and one for each table pointed to.
 * @param others addresses beside those of the items
 */
export async function loadPeople(
  dependencies: ItemDependencies,
  cycle: Pick<ItemCycle, 'userId' | 'organization'>,
  states: readonly RecordState[],
  items: readonly Item[],
  others: readonly string[] = [],
): Promise<People> {
  const user = asOwner(dependencies, cycle)
  const known = new Map<string, Known>()
  for (const [table, ids] of pointedTo(states)) {
    const declared = dependencies.records.catalogue.find(table)
    if (!declared || !(await user.may('read', table))) continue
    const [email] = declared.emailColumns
    const { rows } = await user.query({
      table,
      columns: [declared.id, declared.primaryName, ...(email ? [email.name] : [])],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: declared.id, operator: 'in', values: [...ids] }],
      },
    })
    for (const row of rows) {
      const one = { ...textAs('name', row[declared.primaryName]), ...textAs('address', email && row[email.name]) }
      known.set(recordKey({ table, id: String(row[declared.id]) }), one)
    }
  }
  const addresses = [...addressesOf(items), ...others.map(normalAddress).filter(Boolean)]
  const matches = await user.resolveAddresses([...new Set(addresses)])
  const owner = { table: 'systemuser', id: cycle.userId }
  const resolving = {
    settings: trackingSettings(cycle.organization),
    processing: { owner },
    matches: (address: string): readonly AddressMatch[] => matches.get(address) ?? [],
  }
  return {
    partyOf: (address) => {
      const [record] = resolveSender(normalAddress(address), resolving).records
      return record && { table: record.table, id: record.id }
    },
    userOf: (address) => {
      const users = (matches.get(normalAddress(address)) ?? []).filter(({ table }) => table === 'systemuser')
      return (users.find(({ active }) => active) ?? users[0])?.id
    },
    addressOf: (reference) => {
      const one = known.get(recordKey(reference))
      return one?.address === undefined
        ? undefined
        : { address: one.address.toLowerCase(), ...(one.name === undefined ? {} : { name: one.name }) }
    },
    nameOf: (reference) => known.get(recordKey(reference))?.name,
  }
}

function textAs<K extends keyof Known>(key: K, value: Row[string] | undefined): Pick<Known, K> | object {
  return typeof value === 'string' && value !== '' ? { [key]: value } : {}
}

/** Every record that the rows and their parties point to, by table. */
function pointedTo(states: readonly RecordState[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  const add = (table: unknown, id: unknown) => {
    if (typeof table !== 'string' || typeof id !== 'string') return
    found.set(table, (found.get(table) ?? new Set()).add(id))
  }
  for (const state of states) {
    if (typeof state === 'string') continue
    for (const { row, parties } of [state, ...(state.exceptions ?? [])]) {
      for (const name of POINTERS) add(row[`${name}_table`], row[name])
      for (const { party } of parties) add(party?.table, party?.id)
    }
  }
  return found
}
const POINTERS = ['regardingobjectid', 'parentcustomerid'] as const

/** Everybody whom meetings invite. */
export function addressesOf(items: readonly Item[]): string[] {
  const found = new Set<string>()
  for (const item of items) {
    if (item.kind !== 'event') continue
    const exceptions = item.series && 'recurrence' in item.series ? item.series.exceptions : []
    for (const fields of [item.fields, ...exceptions.map((one) => one.fields)])
      for (const { address } of fields.attendees ?? []) found.add(normalAddress(address))
    if (item.organizer) found.add(normalAddress(item.organizer.address))
  }
  found.delete('')
  return [...found]
}
