import type { Values } from '../access.ts'
import type { Table } from '../tables/catalogue.ts'
import type { CodeEvent, CodeRow, Write } from './write.ts'

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
