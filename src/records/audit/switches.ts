import { sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError } from '../access.ts'
import type { SecurityContext } from '../security/context.ts'
import { type Catalogue, columnOf } from '../tables/catalogue.ts'
import { isAuditable, type Switches, switchKey } from './policy.ts'

/** What another process switched is known here after this long. */
const FRESH_MILLISECONDS = 5_000

/** The switches as they were a moment ago, so that a write does not read them each time. */
export class AuditSwitches {
  #known: { at: number; switches: Switches } | undefined

  async current(executor: Executor, now: Date): Promise<Switches> {
    const at = now.getTime()
    if (this.#known && at >= this.#known.at && at - this.#known.at < FRESH_MILLISECONDS) return this.#known.switches
    const { rows } = await sql<{ tablename: string; columnname: string; enabled: boolean }>`
      select tablename, columnname, enabled from audit_switch`.execute(executor)
    const switches = new Map(
      rows.map(({ tablename, columnname, enabled }) => [switchKey(tablename, columnname), enabled]),
    )
    this.#known = { at, switches }
    return switches
  }

  forget(): void {
    this.#known = undefined
  }
}

/** Whether changes are audited: of everything, a table, or a column; `undefined` gives back what is declared. */
export interface AuditSwitch {
  table?: string
  column?: string
  enabled: boolean | undefined
}

/** @throws RecordError `PrivilegeDenied` for who may not write the organization's settings; `ValidationFailed`. */
export async function setAuditSwitch(
  tx: Executor,
  { catalogue, context, now }: { catalogue: Catalogue; context: SecurityContext; now: Date },
  { table, column, enabled }: AuditSwitch,
): Promise<void> {
  if (!context.unrestricted && !context.privileges.has('prvwriteorgsettings'))
    throw new RecordError('PrivilegeDenied', 'Switching auditing needs the privilege prvWriteOrgSettings.', {
      privilege: 'prvWriteOrgSettings',
    })
  const of = table === undefined ? undefined : catalogue.table(table)
  if (column !== undefined && (!of || !isAuditable(of, columnOf(of, column))))
    throw new RecordError('ValidationFailed', `Changes of "${table ?? ''}.${column}" are never audited by themselves.`)
  const at = [table ?? '', column ?? ''] as const
  if (enabled === undefined)
    await sql`delete from audit_switch where tablename = ${at[0]} and columnname = ${at[1]}`.execute(tx)
  else
    await sql`insert into audit_switch (tablename, columnname, enabled, changed_on, changed_by)
      values (${at[0]}, ${at[1]}, ${enabled}, ${now.toISOString()}::timestamptz, ${context.userId}::uuid)
      on conflict (tablename, columnname) do update set enabled = excluded.enabled, changed_on = excluded.changed_on,
        changed_by = excluded.changed_by`.execute(tx)
}
