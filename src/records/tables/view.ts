import type { Catalogue, Table } from './catalogue.ts'
import { storedColumns } from './sql-columns.ts'

/** The select behind `activitypointer`: one branch for each activity table, so that conditions reach its indexes. */
export function activityView(catalogue: Catalogue): { name: string; select: string } | undefined {
  const pointer = catalogue.find('activitypointer')
  const activities = catalogue.tables.filter((table) => table.activity && !table.view)
  if (!pointer || activities.length === 0) return undefined
  const columns = pointer.columns.flatMap(storedColumns)
  const branch = (table: Table) => {
    // A secured column never comes by way of the list of all activities: whoever may read it opens the activity (SE-21).
    const open = table.columns.filter((column) => !column.secured)
    const own = new Set(open.flatMap(storedColumns).map((column) => column.name))
    const list = columns.map(({ name, type }) => {
      if (name === 'activitytypecode') return `'${table.name}'::text as "${name}"`
      return own.has(name) ? `"${name}"` : `null::${type} as "${name}"`
    })
    return `select ${list.join(', ')} from "${table.name}"`
  }
  return { name: pointer.name, select: activities.map(branch).join(' union all ') }
}
