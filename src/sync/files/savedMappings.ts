import { type Principal, RecordError, type Row } from '#records'
import type { Regarding } from '../regarding.ts'
import type { Mapping } from './mapping.ts'

/** A map of the principal's own, else one that they may read. @throws RecordError `NotFound`, `Conflict` */
export async function savedMapping(
  regarding: Regarding,
  who: Principal,
  table: string,
  name: string,
): Promise<Mapping> {
  const row = await mapNamed(regarding, who, table, name)
  if (!row)
    throw new RecordError('NotFound', `There is no map “${name.slice(0, 100)}” for "${table}" that you may read.`, {
      table: 'importmap',
    })
  const { mapping } = row
  return (typeof mapping === 'string' ? JSON.parse(mapping) : mapping) as Mapping
}

/** Keeps a mapping under a name; one of the same name that the principal owns is replaced. */
export async function keepMapping(
  regarding: Regarding,
  who: Principal,
  { table, name, mapping }: { table: string; name: string; mapping: Mapping },
): Promise<void> {
  const access = regarding.records.as(who)
  const known = await mapNamed(regarding, who, table, name, true)
  const values = { name, targetentity: table, mapping: JSON.stringify(mapping) }
  if (known) await access.update('importmap', String(known['importmapid']), values)
  else await access.create('importmap', values)
}

async function mapNamed(
  { records }: Regarding,
  who: Principal,
  table: string,
  name: string,
  ownOnly = false,
): Promise<Row | undefined> {
  const { userId } = await records.securityOf(who)
  const { rows } = await records.as(who).query({
    table: 'importmap',
    columns: ['importmapid', 'mapping', 'ownerid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column: 'name', operator: 'eq', values: [name] },
        { kind: 'condition', column: 'targetentity', operator: 'eq', values: [table] },
      ],
    },
    top: 50,
  })
  const own = rows.filter((row) => row['ownerid'] === userId)
  const found = own.length > 0 || ownOnly ? own : rows
  if (found.length > 1)
    throw new RecordError('Conflict', `Several maps are called “${name.slice(0, 100)}”; rename all but one.`, {
      table: 'importmap',
    })
  return found[0]
}
