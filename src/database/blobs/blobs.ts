import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock } from '#time'
import type { Blobs } from '../database.ts'

export function openBlobs(_directory: string | undefined, clock: Clock): Blobs {
  return {
    put: async (tx, contents) => {
      const hashes = contents.map((content) => createHash('sha256').update(content).digest('hex'))
      const distinct = new Map(contents.map((content, index) => [hashes[index] as string, content]))
      if (distinct.size === 0) return []
      const now = clock.now()
      await sql`insert into blob (hash, size, content, stored)
        values ${sql.join([...distinct].map(([hash, content]) => sql`(${hash}, ${content.length}, ${content}, ${now})`))}
        on conflict (hash) do nothing`.execute(tx)
      return hashes
    },
    get: async (executor, hash) => {
      const { rows } = await sql<{ content: Buffer }>`select content from blob where hash = ${hash}`.execute(executor)
      return rows[0]?.content
    },
  }
}
