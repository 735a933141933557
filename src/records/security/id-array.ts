import { type RawBuilder, sql } from 'kysely'

/** Ids as one array parameter, the same for both engines. Ids are UUIDs: nothing in them needs quoting. */
export const idArray = (ids: readonly string[]): RawBuilder<unknown> => sql`${`{${ids.join(',')}}`}::uuid[]`
