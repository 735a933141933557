import { searchLag } from '#records'
import { catchUpSearch, searchRecords } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'
import { table } from '../terminal.ts'

/** Where no worker keeps the index, this long is spent on it first. */
const CATCH_UP = 20_000

export const searchCommand: RegardingCommand = {
  name: 'search',
  takes: '<words>',
  says: 'Find records by words of names, addresses, subjects and texts',
  details: 'All words must be found; the last may go on; -word must not be found. Words spelt alike are tried last.',
  positionals: [1, 20],
  flags: {
    as: { type: 'string', value: 'user', says: 'As this user: only what the user may read' },
    table: { type: 'string', value: 'table', multiple: true, says: 'Only this table; may be given several times' },
    skip: { type: 'string', value: 'n', says: 'Leave out the first n' },
    top: { type: 'string', value: 'n', says: 'Show at most n (20)' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const who = flags['as']
      ? ({ kind: 'user', id: await findUser(regarding, String(flags['as'])) } as const)
      : principal
    await catchUpSearch(regarding, CATCH_UP)
    const found = await searchRecords(regarding, who, {
      text: positionals.join(' '),
      tables: flags['table'] === undefined ? [] : [flags['table']].flat().map(String),
      skip: Number(flags['skip'] ?? 0),
      top: Number(flags['top'] ?? 20),
    })
    const lag = await searchLag(regarding.database.sql, regarding.records.catalogue)
    if (lag.listing !== undefined) output.say('The index is still being made; there may be more.')
    else if (lag.pending > 0) output.say(`${lag.pending} changes cannot be found yet.`)
    const lines = found.hits.map((hit) => [
      regarding.records.catalogue.table(hit.table).label,
      hit.name.slice(0, 60),
      Object.values(hit.highlights)
        .flat()[0]
        ?.replaceAll(/\{\/?crmhit\}/g, '')
        .replaceAll(/\s+/g, ' ')
        .slice(0, 80) ?? '',
      hit.id,
    ])
    const facets = found.facets.map(({ table: name, count, more }) => `${name} ${count}${more ? '+' : ''}`).join(', ')
    output.result(
      lines.length ? `${table(['Kind', 'Name', 'Where', 'Id'], lines)}\n\nFound: ${facets}.` : 'Nothing was found.',
      { ...found, lag },
    )
    return lines.length ? undefined : 1
  },
}
