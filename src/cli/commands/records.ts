import { parseFetch } from '#records'
import { exportCsv, importRecords, keepMapping, type Mapping, savedMapping } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'

const AS = { as: { type: 'string', value: 'user', says: 'As this user' } } as const

const exportCommand: RegardingCommand = {
  name: 'records export',
  takes: '<table>',
  says: 'Print records as CSV, for spreadsheets and for import',
  positionals: [1, 1],
  flags: { ...AS, fetch: { type: 'string', value: 'file', reads: true, says: 'Only what this FetchXML asks for' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const who = flags['as']
      ? ({ kind: 'user', id: await findUser(regarding, String(flags['as'])) } as const)
      : principal
    const { name } = regarding.records.catalogue.table(positionals[0] as string)
    const query = flags['fetch'] === undefined ? { table: name } : parseFetch(String(flags['fetch']))
    let text = ''
    for await (const part of exportCsv(regarding, regarding.records.as(who), query)) text += part
    output.result(text, { csv: text })
    return undefined
  },
}

const importCommand: RegardingCommand = {
  name: 'records import',
  takes: '<table>',
  says: 'Make and change records from a CSV file; rows that fail are printed with the reason, to be corrected and imported again',
  details:
    'Headings are names or labels of columns. Rows with the id of a record change it. Choices stand as their labels, lookups as a name or id.',
  positionals: [1, 1],
  flags: {
    ...AS,
    file: { type: 'string', value: 'file', reads: true, says: 'The file (UTF-8); - reads standard input' },
    map: {
      type: 'string',
      value: 'heading=column',
      multiple: true,
      says: 'What a heading means; nothing after = leaves it out',
    },
    mapping: { type: 'string', value: 'name', says: 'What headings mean, as it was kept under this name' },
    'save-mapping': {
      type: 'string',
      value: 'name',
      says: 'Keep what headings meant under this name, for the next time',
    },
    preview: { type: 'boolean', says: 'Read and check only' },
    duplicates: { type: 'boolean', says: 'Also rows that look like records that exist' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const who = flags['as']
      ? ({ kind: 'user', id: await findUser(regarding, String(flags['as'])) } as const)
      : principal
    const table = positionals[0] as string
    const saved =
      flags['mapping'] === undefined ? {} : await savedMapping(regarding, who, table, String(flags['mapping']))
    const result = await importRecords(regarding, who, {
      table,
      file: Buffer.from(String(flags['file'] ?? ''), 'utf8'),
      mapping: { ...saved, ...mappingOf([flags['map'] ?? []].flat().map(String)) },
      preview: flags['preview'] === true,
      allowDuplicates: flags['duplicates'] === true,
      onProgress: (done, total) => output.progress('Importing', done, total),
    })
    if (flags['save-mapping'] !== undefined)
      await keepMapping(regarding, who, { table, name: String(flags['save-mapping']), mapping: result.mapping })
    const { rows, created, updated, failed } = result
    const left = Object.entries(result.mapping).flatMap(([heading, column]) => (column === null ? [heading] : []))
    if (left.length > 0) output.say(`Left out, for they are no columns: ${left.join(', ')}.`)
    output.say(
      `${rows} rows: ${created} new, ${updated} changed, ${failed} failed${flags['preview'] === true ? ' (preview; nothing was written)' : ''}.`,
    )
    output.result(result.errors ?? '', result)
    return failed > 0 ? 1 : undefined
  },
}

function mappingOf(given: readonly string[]): Mapping {
  return Object.fromEntries(
    given.map((one) => {
      const at = one.lastIndexOf('=')
      const column = one.slice(at + 1)
      return [one.slice(0, at), column === '' ? null : column]
    }),
  )
}

export const recordsCommands = [exportCommand, importCommand]
