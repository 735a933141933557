import { createHmac, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Database, Executor } from '#database'

const CONTEXT = 'erasure_key'

/** For the rotation of keys. */
export const registerErasureKey = ({ secrets }: Database): void =>
  secrets.register({ table: 'erasure_key', id: 'id', column: 'sealed', context: () => CONTEXT })

/**
 * How a receipt names an address that is gone (B-82): by HMAC-SHA256 under a key of the installation. Whoever holds the
 * key can say whether a given address was erased; nobody else can find addresses by trying.
 */
export async function addressHasher({ secrets }: Database, tx: Executor): Promise<(address: string) => string> {
  const fresh = secrets.seal(randomBytes(32).toString('base64'), CONTEXT)
  await sql`insert into erasure_key (id, sealed) values (1, ${fresh}) on conflict do nothing`.execute(tx)
  const { rows } = await sql<{ sealed: string }>`select sealed from erasure_key`.execute(tx)
  const key = Buffer.from(secrets.open(rows[0]?.sealed ?? fresh, CONTEXT), 'base64')
  return (address) => createHmac('sha256', key).update(address).digest('hex')
}
