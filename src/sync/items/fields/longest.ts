import { standardTables } from '#records'

/** Characters that a column holds, by the catalogue (FD-12). @throws TypeError for a column that holds no text. */
export function longest(table: string, column: string): number {
  const most = lengths.get(`${table}.${column}`)
  if (most === undefined) throw new TypeError(`The column ${table}.${column} has no greatest length.`)
  return most
}

const lengths = new Map(
  standardTables.flatMap(({ name, columns }) =>
    columns.flatMap((column) => (column.max === undefined ? [] : [[`${name}.${column.name}`, column.max] as const])),
  ),
)
