import { sql } from 'kysely'
import { resolveZone, type Zone } from '#calendar'
import type { Item, ItemKind } from '#mailbox'
import type { ItemCycle, ItemDependencies } from './context.ts'
import { loadPeople } from './load/people.ts'
import type { MapContext, RecordState } from './model.ts'

/** What translating a few records and items of a mailbox is a function of, outside of a cycle. */
export async function mappingOf(
  dependencies: ItemDependencies,
  cycle: Pick<ItemCycle, 'setup' | 'userId' | 'organization' | 'personal' | 'settings'> &
    Partial<Pick<ItemCycle, 'items'>>,
  { records, items, kind }: { records: readonly RecordState[]; items: readonly Item[]; kind: ItemKind },
): Promise<MapContext> {
  return {
    ...(await loadPeople(dependencies, cycle, records, items)),
    now: dependencies.clock.now(),
    zone: zoneOf(cycle),
    settings: cycle.settings,
    owner: { userId: cycle.userId, addresses: await ownAddresses(dependencies, cycle) },
    lacks: cycle.items?.can.lacks[kind] ?? [],
  }
}

/** Of the mailbox's user, as chosen in the CRM (AP-60). */
export function zoneOf({ personal }: Pick<ItemCycle, 'personal'>): Zone {
  const name = String(personal['TimeZone'] ?? 'UTC')
  return resolveZone(name, { years: { from: 1970, to: 2100 }, fallback: 'UTC' }).zone
}

/** Every address of the mailbox and its user, in lower case. */
export async function ownAddresses(
  { database }: Pick<ItemDependencies, 'database'>,
  { setup, userId }: Pick<ItemCycle, 'setup' | 'userId'>,
): Promise<string[]> {
  const { rows } = await sql<{ address: string }>`select distinct lower(address) as address from emailaddress
    where recordid = ${userId}`.execute(database.sql)
  return [...new Set([setup.address.toLowerCase(), ...rows.map(({ address }) => address)])].filter(Boolean)
}
