import {
  type Catalogue,
  type ColumnDefinition,
  type ColumnType,
  navigationsOf,
  propertyName,
  type Table,
} from '#records'
import { operations } from '../../operations/index.ts'
import { OperationTypes } from './operationTypes.ts'
import { element, type Markup } from './xml.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM'
const ALIAS = 'mscrm'

/** Types of columns as the answers of the Web API hold them. */
const EDM: Readonly<Record<ColumnType, string | undefined>> = {
  text: 'Edm.String',
  memo: 'Edm.String',
  json: 'Edm.String',
  choices: 'Edm.String',
  integer: 'Edm.Int32',
  choice: 'Edm.Int32',
  bigint: 'Edm.Int64',
  decimal: 'Edm.Decimal',
  money: 'Edm.Decimal',
  boolean: 'Edm.Boolean',
  datetime: 'Edm.DateTimeOffset',
  date: 'Edm.Date',
  lookup: 'Edm.Guid',
  id: 'Edm.Guid',
  secret: undefined,
}

const kept = new WeakMap<Catalogue, string>()

/** The service's metadata document (OData v4 CSDL XML), made of the declarations of tables and operations. */
export function csdlOf(catalogue: Catalogue): string {
  const found = kept.get(catalogue) ?? `<?xml version="1.0" encoding="utf-8"?>${document(catalogue).text}`
  kept.set(catalogue, found)
  return found
}

function document(catalogue: Catalogue): Markup {
  const types = new OperationTypes(ALIAS)
  const declared = operations.map((operation) => types.declare(operation))
  const unbound = operations.filter(({ bound }) => bound === undefined)
  const imports = unbound.map(({ name, kind }) =>
    kind === 'action'
      ? element('ActionImport', { Name: name, Action: `${NAMESPACE}.${name}` })
      : element('FunctionImport', { Name: name, Function: `${NAMESPACE}.${name}`, IncludeInServiceDocument: 'false' }),
  )
  const schema = element(
    'Schema',
    { xmlns: 'http://docs.oasis-open.org/odata/ns/edm', Namespace: NAMESPACE, Alias: ALIAS },
    [
      element('EntityType', { Name: 'crmbaseentity', Abstract: 'true' }),
      ...catalogue.tables.map((table) => entityType(table, catalogue)),
      ...types.complexTypes(),
      ...declared,
      element('EntityContainer', { Name: 'System' }, [
        ...catalogue.tables.map((table) => entitySet(table, catalogue)),
        ...imports,
      ]),
    ],
  )
  return element('edmx:Edmx', { Version: '4.0', 'xmlns:edmx': 'http://docs.oasis-open.org/odata/ns/edmx' }, [
    element('edmx:DataServices', {}, [schema]),
  ])
}

function entityType(table: Table, catalogue: Catalogue): Markup {
  const alternate = (table.keys ?? []).map(({ columns }) =>
    element('Record', { Type: 'Org.OData.Core.V1.AlternateKey' }, [
      element('PropertyValue', { Property: 'Key' }, [
        element(
          'Collection',
          {},
          columns.map((name) =>
            element('Record', { Type: 'Org.OData.Core.V1.PropertyRef' }, [
              element('PropertyValue', { Property: 'Alias', String: name }),
              element('PropertyValue', { Property: 'Name', PropertyPath: propertyName(name, table) }),
            ]),
          ),
        ),
      ]),
    ]),
  )
  return element('EntityType', { Name: table.name, BaseType: `${ALIAS}.crmbaseentity` }, [
    element('Key', {}, [element('PropertyRef', { Name: table.id })]),
    ...table.columns.flatMap((column) => property(table, column)),
    ...navigationsOf(table, catalogue).map((each) => {
      const type = `${ALIAS}.${each.table}`
      const other = catalogue.table(each.table)
      const back = navigationsOf(other, catalogue).find(
        ({ relationship, kind, table: to }) =>
          relationship === each.relationship && (each.via || kind !== each.kind) && to === table.name,
      )
      const partner = back ? { Partner: back.name } : {}
      if (each.kind === 'many')
        return element('NavigationProperty', { Name: each.name, Type: `Collection(${type})`, ...partner })
      return element('NavigationProperty', { Name: each.name, Type: type, Nullable: 'true', ...partner }, [
        element('ReferentialConstraint', {
          Property: propertyName(each.to, table),
          ReferencedProperty: each.from,
        }),
      ])
    }),
    ...(alternate.length > 0
      ? [element('Annotation', { Term: 'Org.OData.Core.V1.AlternateKeys' }, [element('Collection', {}, alternate)])]
      : []),
  ])
}

function property(table: Table, column: ColumnDefinition): Markup[] {
  const type = EDM[column.type]
  if (!type) return []
  const isKey = column.name === table.id
  return [
    element('Property', {
      Name: propertyName(column.name, table),
      Type: type,
      ...(isKey ? { Nullable: 'false' } : {}),
      ...(type === 'Edm.Decimal' ? { Scale: 'Variable' } : {}),
      ...(column.max !== undefined && type === 'Edm.String' ? { MaxLength: String(column.max) } : {}),
    }),
  ]
}

function entitySet(table: Table, catalogue: Catalogue): Markup {
  const bindings = navigationsOf(table, catalogue).map(({ name, table: target }) =>
    element('NavigationPropertyBinding', { Path: name, Target: catalogue.table(target).set }),
  )
  return element('EntitySet', { Name: table.set, EntityType: `${NAMESPACE}.${table.name}` }, [
    ...bindings,
    ...(table.view || table.ownership === 'child'
      ? []
      : [
          element('Annotation', { Term: 'Org.OData.Capabilities.V1.ChangeTracking' }, [
            element('Record', {}, [element('PropertyValue', { Property: 'Supported', Bool: 'true' })]),
          ]),
        ]),
  ])
}
