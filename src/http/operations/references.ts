import { z } from 'zod'
import type { Reference } from '#records'
import type { Call } from '../api/call.ts'
import { parseKey, parsePath } from '../api/path.ts'
import { RequestError } from '../failure.ts'
import { type GivenReference, id } from '../fields.ts'

/** A record in an answer. */
export const record = z.object({ '@odata.id': z.string(), LogicalName: z.string(), Id: id })

const TYPE = /^#?(?:Microsoft\.Dynamics\.CRM\.)?([a-z_][a-z0-9_]{0,127})$/

/** @throws RequestError 400 naming what is wrong with it. */
export function readReference({ regarding, root }: Call, given: GivenReference): Reference {
  const { catalogue } = regarding.records
  if ('@odata.id' in given && typeof given['@odata.id'] === 'string') {
    const path = given['@odata.id'].replace(root, '').replace(/^\//, '')
    const resource = parsePath(path)
    const table = resource.kind === 'call' && catalogue.tables.find(({ set }) => set === resource.name)
    if (!table || resource.kind !== 'call') throw wrong('names no record, e.g. accounts(00000000-…)')
    return { table: table.name, id: parseKey(resource.inside, table.id) }
  }
  const fields: Readonly<Record<string, string>> = given
  const name = TYPE.exec(String(fields['@odata.type']))?.[1]
  const table = name === undefined ? undefined : catalogue.find(name)
  if (!table) throw wrong('names no table in @odata.type')
  const key = fields[table.id]
  if (typeof key !== 'string') throw wrong(`has no ${table.id}`)
  return { table: table.name, id: key }
}

export function showReference({ regarding }: Call, { table, id: key }: Reference) {
  const set = regarding.records.catalogue.find(table)?.set ?? table
  return { '@odata.id': `${set}(${key})`, LogicalName: table, Id: key }
}

function wrong(what: string): RequestError {
  return new RequestError(400, 'ParameterInvalid', `A reference ${what}.`, { target: 'Regarding' })
}
