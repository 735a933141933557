import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Item } from '#mailbox'
import type { Access } from '#records'
import type { ItemTable } from '../model.ts'

export interface RecordId {
  table: ItemTable
  id: string
}

/** Records of meetings with these UIDs. */
export async function meetingsOf(executor: Executor, uids: readonly string[]): Promise<RecordId[]> {
  const found: RecordId[] = []
  if (!uids.length) return found
  for (const table of ['appointment', 'recurringappointmentmaster'] as const) {
    // Exceptions have the UID of their series, and go with it (AP-70).
    const isWhole = table === 'appointment' ? sql`seriesid is null` : sql`true`
    const { rows } = await sql<{ id: string }>`select activityid as id from ${sql.table(table)}
      where globalobjectid = any(${[...uids]}::text[]) and ${isWhole}`.execute(executor)
    found.push(...rows.map(({ id }) => ({ table, id })))
  }
  return found
}

/** Contacts that the user may read with one of these addresses, or a name of one of these cards (AP-12). */
export async function contactsLike(
  user: Access,
  items: readonly Item[],
  addresses: readonly string[],
): Promise<RecordId[]> {
  const cards = items.filter((item) => item.kind === 'contact')
  if (!cards.length) return []
  const matches = addresses.length ? await user.resolveAddresses(addresses, 10) : new Map<string, never[]>()
  const byAddress = [...matches.values()].flat().filter(({ table }) => table === 'contact')
  const names = cards.flatMap(({ fields: { displayName, firstName, lastName } }) =>
    [displayName, [firstName, lastName].filter(Boolean).join(' ')].filter((name) => name !== undefined && name !== ''),
  )
  const byName =
    names.length && (await user.may('read', 'contact'))
      ? await user.query({
          table: 'contact',
          columns: ['contactid'],
          filter: {
            kind: 'filter',
            type: 'and',
            items: [{ kind: 'condition', column: 'fullname', operator: 'in', values: [...new Set(names)] as string[] }],
          },
          top: 1000,
        })
      : { rows: [] }
  const ids = [...byAddress.map(({ id }) => id), ...byName.rows.map((row) => String(row['contactid']))]
  return [...new Set(ids)].map((id) => ({ table: 'contact', id }))
}
