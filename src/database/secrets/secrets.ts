import { sql } from 'kysely'
import type { Executor, SecretColumn, Secrets } from '../database.ts'
import { open, seal, sealedPrefix } from './cipher.ts'
import type { Key } from './keys.ts'
import type { KeyRing } from './ring.ts'

type InTransaction = <T>(work: (tx: Executor) => Promise<T>) => Promise<T>

const BATCH = 500

export function openSecrets(ring: KeyRing, transaction: InTransaction): Secrets {
  const columns: SecretColumn[] = []
  return {
    seal: (plain, context) => seal(ring.active, plain, context),
    open: (sealed, context) => open(ring.keys, sealed, context),
    register: (column) => {
      const isSame = (other: SecretColumn) => other.table === column.table && other.column === column.column
      if (!columns.some(isSame)) columns.push(column)
    },
    rotate: async (newKey) => {
      ring.add(newKey)
      let count = 0
      for (const column of columns) count += await resealColumn(ring, column, transaction)
      await transaction((tx) => replaceKeyIds(tx, ring.active))
      ring.forget()
      return count
    },
  }
}

async function resealColumn(ring: KeyRing, column: SecretColumn, transaction: InTransaction): Promise<number> {
  for (let count = 0; ; ) {
    const done = await transaction((tx) => resealBatch(tx, ring, column))
    count += done
    if (done < BATCH) return count
  }
}

async function resealBatch(tx: Executor, ring: KeyRing, { table, id, column, context }: SecretColumn): Promise<number> {
  const { rows } = await sql<{ id: string; sealed: string }>`
    select ${sql.ref(id)}::text as id, ${sql.ref(column)} as sealed from ${sql.table(table)}
    where ${sql.ref(column)} is not null and not starts_with(${sql.ref(column)}, ${sealedPrefix(ring.active)})
    order by ${sql.ref(id)} limit ${BATCH} for update`.execute(tx)
  if (rows.length === 0) return 0
  const ids = rows.map((row) => row.id)
  const sealed = rows.map((row) => seal(ring.active, open(ring.keys, row.sealed, context(row.id)), context(row.id)))
  await sql`update ${sql.table(table)} as t set ${sql.id(column)} = n.sealed
    from unnest(${ids}::text[], ${sealed}::text[]) as n(id, sealed)
    where ${sql.ref(`t.${id}`)}::text = n.id`.execute(tx)
  return rows.length
}

async function replaceKeyIds(tx: Executor, key: Key): Promise<void> {
  await sql`delete from secret_key`.execute(tx)
  await sql`insert into secret_key (id) values (${key.id})`.execute(tx)
}

/**
 * Remembers the active key's id, and refuses keys none of which has ever been used here.
 * @throws Error naming the ids, before anything is sealed with a wrong key.
 */
export async function checkKeys(tx: Executor, ring: KeyRing): Promise<void> {
  const { rows } = await sql<{ id: string }>`select id from secret_key`.execute(tx)
  const used = rows.map((row) => row.id)
  if (used.includes(ring.active.id)) return
  if (used.length > 0 && !ring.keys.some((key) => used.includes(key.id))) {
    throw new Error(
      `The secrets in this database were sealed with another key (${used.join(', ')}) than the one at hand (${ring.active.id}). Give that key by REGARDING_SECRET_KEY or in the key file.`,
    )
  }
  await sql`insert into secret_key (id) values (${ring.active.id}) on conflict do nothing`.execute(tx)
}
