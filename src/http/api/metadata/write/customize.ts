import type { CustomChange } from '#records'
import { MethodNotAllowed } from '../../../failure.ts'
import type { Call } from '../../call.ts'
import type { Segment } from '../../path.ts'
import type { Json } from '../../rows.ts'
import type { WriteRequest } from '../../write/command.ts'
import { definitionAt } from '../read.ts'
import { metadataId, type Thing } from '../thing.ts'
import { columnChange, columnFrom } from './columns.ts'
import { objectOf, refuseOthers } from './given.ts'
import { optionSetChange, optionSetFrom } from './options.ts'
import { relationshipFrom } from './relationships.ts'
import { tableChange, tableFrom } from './tables.ts'

/** What a request wants declared otherwise, and where that is found afterwards. */
interface Wanted {
  change: CustomChange | undefined
  address: string
}

/**
 * Writes to `EntityDefinitions`, `…/Attributes`, `RelationshipDefinitions` and `GlobalOptionSetDefinitions`: what the
 * API made is created, changed and deleted there. It holds from the answer on; nothing needs to be published.
 * @returns the address of what was written.
 * @throws RequestError, RecordError
 */
export async function writeMetadata(call: Call, request: WriteRequest, segments: readonly Segment[]): Promise<string> {
  // Another process may have declared what this one stands on.
  await call.regarding.records.refresh()
  const { change, address } = wantedOf(call, request, withoutCast(segments))
  if (change) await call.regarding.records.customize(call.principal, [change])
  return address
}

/** `…/Microsoft.Dynamics.CRM.StringAttributeMetadata` at the end says what is known already. */
function withoutCast(segments: readonly Segment[]): readonly Segment[] {
  const last = segments.at(-1)
  const isCast = last?.inside === undefined && /^Microsoft\.Dynamics\.CRM\.\w+Metadata$/.test(last?.name ?? '')
  return isCast ? segments.slice(0, -1) : segments
}

function wantedOf(call: Call, { method, body }: WriteRequest, segments: readonly Segment[]): Wanted {
  const [first, second] = segments as [Segment, Segment?]
  if (segments.length > 2 || (second && (first.name !== 'EntityDefinitions' || second.name !== 'Attributes')))
    throw new MethodNotAllowed('GET', 'This part of the definitions can be read only.')
  const last = second ?? first
  if (last.inside === undefined) {
    if (method !== 'POST') throw new MethodNotAllowed('GET, POST', 'Definitions are created by POST.')
    return second
      ? newColumn(call, definitionAt(call, [first]), body)
      : added(call, first.name, objectOf(body, first.name))
  }
  const thing = definitionAt(call, segments)
  const address = `${segments.slice(0, -1).map(textOf).concat('').join('/')}${last.name}(${thing.own.MetadataId})`
  if (method === 'DELETE') return { change: dropOf(thing), address }
  if (method !== 'PUT' && method !== 'PATCH')
    throw new MethodNotAllowed('GET, PUT, PATCH, DELETE', 'A definition is changed by PUT.')
  return { change: changeOf(thing, objectOf(body, last.name)), address }
}

const textOf = ({ name, inside }: Segment): string => (inside === undefined ? name : `${name}(${inside})`)

function added(call: Call, set: string, body: Json): Wanted {
  if (set === 'EntityDefinitions') {
    const table = tableFrom(body, byId(call))
    return { change: { do: 'addTable', table }, address: `${set}(${metadataId('entity', table.name)})` }
  }
  if (set === 'RelationshipDefinitions') {
    const change = relationshipFrom(body)
    return { change, address: `${set}(${metadataId('relationship', body['SchemaName'] as string)})` }
  }
  const optionSet = optionSetFrom(body)
  return { change: { do: 'addOptionSet', optionSet }, address: `${set}(${metadataId('optionset', optionSet.name)})` }
}

function newColumn(call: Call, table: Thing, body: unknown): Wanted {
  const column = columnFrom(body, byId(call))
  const name = table.own['LogicalName'] as string
  return {
    change: { do: 'addColumn', table: name, column },
    address: `EntityDefinitions(${table.own.MetadataId})/Attributes(${metadataId('attribute', name, column.name)})`,
  }
}

/** The option set with a MetadataId. */
const byId = (call: Call) => (id: string) =>
  call.regarding.records.catalogue.optionSets.find(({ name }) => metadataId('optionset', name) === id)?.name

function dropOf({ type, own }: Thing): CustomChange {
  const text = (name: string) => own[name] as string
  if (type === 'EntityMetadata') return { do: 'dropTable', name: text('LogicalName') }
  if (type === 'OptionSetMetadata') return { do: 'dropOptionSet', name: text('Name') }
  if (type === 'ManyToManyRelationshipMetadata') return { do: 'dropManyToMany', name: text('SchemaName') }
  if (type === 'OneToManyRelationshipMetadata')
    return { do: 'dropColumn', table: text('ReferencingEntity'), name: text('ReferencingAttribute') }
  return { do: 'dropColumn', table: text('EntityLogicalName'), name: text('LogicalName') }
}

/** Nothing where everything is as it was. */
function changeOf({ type, own }: Thing, body: Json): CustomChange | undefined {
  const text = (name: string) => own[name] as string
  if (type === 'EntityMetadata')
    return unless({ do: 'changeTable', name: text('LogicalName'), to: tableChange(body, own) })
  if (type === 'OptionSetMetadata')
    return unless({ do: 'changeOptionSet', name: text('Name'), to: optionSetChange(body, own) })
  if (type.endsWith('RelationshipMetadata')) {
    refuseOthers(body, own, [])
    return undefined
  }
  const at = { table: text('EntityLogicalName'), name: text('LogicalName') }
  return unless({ do: 'changeColumn', ...at, to: columnChange(body, own) })
}

function unless(change: CustomChange & { to: object }): CustomChange | undefined {
  return Object.keys(change.to).length > 0 ? change : undefined
}
