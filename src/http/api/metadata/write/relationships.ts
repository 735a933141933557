import type { CustomChange, CustomColumn } from '#records'
import type { Json } from '../../rows.ts'
import { commonOf } from './columns.ts'
import { invalid, namesOf, objectOf, present, textOf, typeOf } from './given.ts'

/** What a new relationship changes: a lookup, or a table between two. @throws RequestError 400 naming the property. */
export function relationshipFrom(body: Json): CustomChange {
  const type = typeOf(body)
  if (type === 'OneToManyRelationshipMetadata') return oneToMany(body)
  if (type === 'ManyToManyRelationshipMetadata') return manyToMany(body)
  throw invalid('@odata.type', 'must be OneToManyRelationshipMetadata or ManyToManyRelationshipMetadata')
}

function oneToMany(body: Json): CustomChange {
  const { schema: relationship } = namesOf({ SchemaName: body['SchemaName'] })
  const lookup = objectOf(body['Lookup'], 'Lookup')
  const column: CustomColumn = present({
    ...namesOf(lookup),
    type: 'lookup' as const,
    targets: [needed(body, 'ReferencedEntity')],
    relationship,
    ...commonOf(lookup),
    ...onDelete(body),
  })
  return { do: 'addColumn', table: needed(body, 'ReferencingEntity'), column }
}

const NONE = new Set(['NoCascade', undefined, null])

function onDelete(body: Json): Pick<CustomColumn, 'goesAlong' | 'restricts'> {
  const given = body['CascadeConfiguration']
  if (given === undefined || given === null) return {}
  const cascade = objectOf(given, 'CascadeConfiguration')
  for (const name of ['Assign', 'Reparent', 'Share', 'Unshare'])
    if (!NONE.has(cascade[name] as string | undefined))
      throw invalid(`CascadeConfiguration/${name}`, 'must be NoCascade: rights and owners are not passed on')
  const does = cascade['Delete'] ?? 'RemoveLink'
  if (does === 'Cascade') return { goesAlong: true }
  if (does === 'Restrict') return { restricts: true }
  if (does === 'RemoveLink' || does === 'NoCascade') return {}
  throw invalid('CascadeConfiguration/Delete', 'must be RemoveLink, Restrict or Cascade')
}

function manyToMany(body: Json): CustomChange {
  const { schema, name } = namesOf({ SchemaName: body['SchemaName'] })
  const [first, second] = [needed(body, 'Entity1LogicalName'), needed(body, 'Entity2LogicalName')]
  const table = namesOf({ SchemaName: textOf(body, 'IntersectEntityName') ?? name }).name
  return { do: 'addManyToMany', relationship: { name: schema, table, first, second } }
}

function needed(body: Json, name: string): string {
  const text = textOf(body, name)
  if (text === undefined || text === '') throw invalid(name, 'is needed')
  return text
}
