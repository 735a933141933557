import type { Link } from '../../query.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import type { Catalog } from '../source.ts'
import { type Navigation, navigationNamed, tableNamed } from './navigation.ts'

/**
 * A table within an expression, and the rows its lookups lead to: every single-valued path becomes one outer link, so
 * that a path that leads nowhere is null.
 */
export class Place {
  readonly table: TableDefinition
  readonly catalog: Catalog
  /** The alias of the link that leads here; none for the query's own table. */
  readonly alias: string | undefined
  readonly #links = new Map<string, { navigation: Navigation; place: Place; columns?: readonly string[] | 'all' }>()

  constructor(table: TableDefinition, catalog: Catalog, alias?: string) {
    this.table = table
    this.catalog = catalog
    this.alias = alias
  }

  /** Where a lookup's navigation property leads; undefined when it is none. */
  go(name: string): Place | undefined {
    const known = this.#links.get(name)
    if (known) return known.place
    const navigation = navigationNamed(name, this.table, this.catalog)
    if (navigation?.kind !== 'one') return undefined
    const alias = this.alias === undefined ? name : `${this.alias}.${name}`
    const place = new Place(tableNamed(navigation.table, this.catalog), this.catalog, alias)
    this.#links.set(name, { navigation, place })
    return place
  }

  /** Asks for columns of the row that a navigation property leads to. */
  read(name: string, columns: readonly string[] | 'all'): void {
    const link = this.#links.get(name)
    if (link) link.columns = columns
  }

  links(): Link[] {
    return [...this.#links.values()].map(({ navigation: { table, from, to }, place, columns }): Link => {
      const links = place.links()
      return {
        kind: 'link',
        table,
        from,
        to,
        type: 'outer',
        alias: place.alias as string,
        ...(columns ? { columns } : {}),
        ...(links.length > 0 ? { links } : {}),
      }
    })
  }
}
