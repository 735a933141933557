import { type Catalogue, navigationNamed, type Table } from '#records'

/** What a navigation property means to whoever writes it. */
export type Relation = One | Many

/** A lookup; without table, to any that it may point to. */
export interface One {
  kind: 'one'
  name: string
  column: string
  table?: string
}

export interface Many {
  kind: 'many'
  name: string
  table: Table
  /** The lookup of those rows that leads here; none where a third table ties both. */
  column: string
  via?: { table: string; near: string; far: string }
}

/** Navigation properties as they are read; and a polymorphic lookup by its own name, where what it is set to tells the table. */
export function relationNamed(name: string, table: Table, catalogue: Catalogue): Relation | undefined {
  const navigation = navigationNamed(name, table, catalogue)
  if (navigation?.kind === 'one') return { kind: 'one', name, column: navigation.to, table: navigation.table }
  if (navigation) {
    const { via } = navigation
    return {
      kind: 'many',
      name,
      table: catalogue.table(navigation.table),
      column: navigation.from,
      ...(via ? { via } : {}),
    }
  }
  return table.byName.get(name)?.type === 'lookup' ? { kind: 'one', name, column: name } : undefined
}
