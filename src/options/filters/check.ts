import { type Catalogue, compileQuery, parseFetch, type Query, RecordError, type Row } from '#records'
import { filterKindOf, isTemplate, mayBeFiltered } from './kinds.ts'

/**
 * What holds of a saved query by whatever interface it is written: its FetchXML can be read (SF-33), is about the table
 * it names, and can be asked; a filter takes nothing of SF-34 and only tables of SF-4.
 * @returns the query that it asks.
 * @throws RecordError naming the query, and the element, table or column at fault.
 */
export function checkSavedQuery(catalogue: Catalogue, table: string, row: Row, now: Date): Query {
  const refuse = (column: string, message: string): never => {
    throw new RecordError('ValidationFailed', `“${String(row['name'])}”: ${message}`, { table, column })
  }
  const kind = filterKindOf(row['querytype'])
  const about = String(row['returnedtypecode'])
  const filtered = catalogue.find(about)
  if (!filtered) return refuse('returnedtypecode', `there is no table “${about}”.`)
  if (kind && !mayBeFiltered(kind, filtered))
    refuse('returnedtypecode', `the table “${about}” cannot be in a filter of kind ${kind}.`) // SF-4
  if (row['isdefault'] === true && kind && !isTemplate(row['querytype']))
    refuse('isdefault', 'only a template of filters can be the default; a filter that counts is active.') // SF-2
  const query = naming(table, row, () => readFetch(row))
  if (query.table !== about)
    refuse('fetchxml', `its FetchXML asks for “${query.table}”, but returnedtypecode is “${about}”.`)
  naming(table, row, () => compileQuery(query, anybody(catalogue, now)))
  return query
}

/** The query of a saved row; a filter in the form that SF-33 and SF-34 ask for. */
export function readFetch(row: Row): Query {
  const isFilter = filterKindOf(row['querytype']) !== undefined
  return parseFetch(String(row['fetchxml']), { as: isFilter ? 'filter' : 'query' })
}

/** What a person should know before saving a filter. */
export function warningsAbout(query: Query): string[] {
  const asksNothing = !query.filter?.items.length && !query.links?.length
  const roles = JSON.stringify(query.links ?? []).includes('participationtypemask')
  return [
    ...(asksNothing ? ['It has no criteria: every record of its table that you may read is synchronized.'] : []), // SF-32
    ...(roles && query.table.includes('appointment')
      ? ['It asks for roles of participants: without the organizer, meetings disappear unexpectedly.'] // SF-42
      : []),
  ]
}

/** Sees everything: whether a query means anything does not depend on rights. */
function anybody(catalogue: Catalogue, now: Date): Parameters<typeof compileQuery>[1] {
  return { now, timeZone: 'UTC', catalog: catalogue, readPredicate: () => undefined, mayReadColumn: () => true }
}

function naming<T>(table: string, row: Row, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw new RecordError(error.code, `“${String(row['name'])}”: ${error.message}`, { table, column: 'fetchxml' })
  }
}
