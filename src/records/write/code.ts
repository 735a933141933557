import type { Executor } from '#database'
import type { Access, Principal, Values } from '../access.ts'
import type { Table } from '../tables/catalogue.ts'
import type { RowsChanged, Write } from './write.ts'

/** One row that is about to be written, as it was given. */
export interface CodeRow {
  /** Of rows that exist. */
  id?: string
  values: Values
}

/** A write that is about to happen. */
export interface CodeEvent {
  message: 'create' | 'update' | 'delete'
  table: string
  rows: readonly CodeRow[]
  principal: Principal
  /** As whoever writes, in the transaction. */
  access: Access
}

/** What an installation does of its own about writes. */
export interface CodePoints {
  /** @returns the rows as they shall be written. @throws RecordError `IsvAborted` */
  before(event: CodeEvent): Promise<readonly CodeRow[]>
  after(change: RowsChanged, tx: Executor): Promise<void>
}

/** Asks the installation's own code about rows that are to be written. What is secret is not shown to it. */
export async function askCode(
  write: Write,
  table: Table,
  message: CodeEvent['message'],
  rows: readonly Values[],
): Promise<readonly Values[]> {
  const { code, context } = write
  if (!code || rows.length === 0) return rows
  const hidden = table.columns.filter(({ type }) => type === 'secret').map(({ name }) => name)
  const shown = rows.map((values): CodeRow => {
    const { [table.id]: id, ...rest } = values
    const open = Object.fromEntries(Object.entries(rest).filter(([name]) => !hidden.includes(name)))
    return { values: open, ...(typeof id === 'string' ? { id } : {}) }
  })
  const left = await code.before({
    message,
    table: table.name,
    rows: shown,
    principal: context.principal,
    access: write.access(),
  })
  return rows.map((given, at) => {
    const kept = Object.fromEntries(
      Object.entries(given).filter(([name]) => name === table.id || hidden.includes(name)),
    )
    return { ...left[at]?.values, ...kept }
  })
}
