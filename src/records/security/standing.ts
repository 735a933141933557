import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import type { Proof, Standing } from '../access.ts'
import type { ResultRow } from '../query/compile.ts'
import { late } from '../query/late.ts'
import { securityVersion } from './load.ts'

/** A standing of which nobody has looked whether it still holds. */
export type Unproven = Standing & { readonly proof: Proof }

export function unprovenOf(standing: Standing | undefined): Unproven | undefined {
  return standing?.proof && !standing.confirmed ? (standing as Unproven) : undefined
}

/** What was known of who asks does not hold any more, or is not known here. */
export class Outdated extends Error {
  constructor() {
    super('Who asks must be found out anew.')
    this.name = 'Outdated'
  }
}

/** Whether a standing still holds, as part of a statement that is kept. */
export function stillHolds({ holds }: Proof): RawBuilder<boolean> {
  return whether(
    late(({ proof }) => proof?.version),
    holds(late(({ proof }) => proof?.id)),
  )
}

/** The rows of a statement that asked along whether a standing holds. @throws Outdated when it does not. */
export function provenRows(rows: readonly ResultRow[]): readonly ResultRow[] {
  if (rows[0]?.['proven'] === true) return rows
  throw new Outdated()
}

/** Asks by itself. @throws Outdated */
export async function prove(executor: Executor, standing: Unproven): Promise<void> {
  const { version, proof } = standing
  const { rows } = await sql<ResultRow>`
    select ${whether(sql`${version}`, proof.holds(sql`${proof.id}`))} as proven`.execute(executor)
  provenRows(rows)
  standing.confirmed = true
}

const whether = (version: RawBuilder<unknown>, holds: RawBuilder<boolean>) =>
  sql<boolean>`(${securityVersion} = ${version} and ${holds})`
