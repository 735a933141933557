import { completeTable, type Reaction, RecordError, type Records, SYSTEM, type TableDefinition } from '#records'

/** How the columns of a file that comes again and again fill a table, under a name. */
const importmap: TableDefinition = {
  name: 'importmap',
  set: 'importmaps',
  label: 'Data Map',
  id: 'importmapid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'ImportMap',
  columns: [
    { name: 'name', type: 'text', max: 320, required: true },
    { name: 'description', type: 'memo', max: 2000 },
    { name: 'targetentity', type: 'text', max: 100, required: true, label: 'Table' },
    { name: 'mapping', type: 'json', required: true, label: 'Columns by heading; null leaves a heading out' },
  ],
  indexes: [['name']],
}

export const importTables: readonly TableDefinition[] = [importmap].map(completeTable)

const MOST_HEADINGS = 500

/** A map names columns that exist, by whatever interface it is written. */
export function importReactions(records: () => Records): Reaction[] {
  return [
    {
      table: 'importmap',
      kinds: ['create', 'update'],
      async react(change, tx) {
        for (const { id } of change.rows) {
          const row = await records().as(SYSTEM).in(tx).retrieve('importmap', id)
          if (row) checkMapping(records(), String(row['targetentity']), row['mapping'])
        }
      },
    },
  ]
}

function refuse(message: string): never {
  throw new RecordError('ValidationFailed', message, { table: 'importmap', column: 'mapping' })
}

function checkMapping({ catalogue }: Records, name: string, given: unknown): void {
  const table = catalogue.table(name)
  const mapping: unknown = typeof given === 'string' ? JSON.parse(given) : given
  if (typeof mapping !== 'object' || mapping === null || Array.isArray(mapping))
    return refuse('A map is an object: {"Heading": "column"}.')
  const entries = Object.entries(mapping)
  if (entries.length > MOST_HEADINGS) refuse(`A map has at most ${MOST_HEADINGS} headings.`)
  for (const [heading, column] of entries)
    if (column !== null && !(typeof column === 'string' && table.byName.has(column)))
      refuse(
        `“${heading.slice(0, 60)}” is mapped to "${String(column).slice(0, 60)}", which is no column of "${table.name}".`,
      )
}
