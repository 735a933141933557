import { type ColumnDefinition, type ColumnType, isSecurable, type Table } from '#records'
import type { Json } from '../rows.ts'
import { optionSetOf } from './options.ts'
import { label, managed, metadataId, type Thing } from './thing.ts'

/** What Dataverse calls a type of column: `AttributeType`, and the name of its metadata. */
const TYPES: Readonly<Record<ColumnType, readonly [type: string, metadata: string]>> = {
  text: ['String', 'String'],
  memo: ['Memo', 'Memo'],
  integer: ['Integer', 'Integer'],
  bigint: ['BigInt', 'BigInt'],
  decimal: ['Decimal', 'Decimal'],
  money: ['Money', 'Money'],
  boolean: ['Boolean', 'Boolean'],
  datetime: ['DateTime', 'DateTime'],
  date: ['DateTime', 'DateTime'],
  choice: ['Picklist', 'Picklist'],
  choices: ['Virtual', 'MultiSelectPicklist'],
  lookup: ['Lookup', 'Lookup'],
  id: ['Uniqueidentifier', 'UniqueIdentifier'],
  json: ['Memo', 'Memo'],
  secret: ['String', 'String'],
}
const FORMATS = { email: 'Email', phone: 'Phone', url: 'Url' } as const

/** A column as attribute metadata, from its declaration. */
export function attributeOf(table: Table, column: ColumnDefinition, index: number): Thing {
  const [type, metadata] = typeOf(column)
  const id = metadataId('attribute', table.name, column.name)
  const isId = column.name === table.id
  const given = !column.readOnly && !column.joins && !column.numbered && !table.view
  const options = optionSetOf(table, column)
  const securable = isSecurable(table, column)
  return {
    type: `${metadata}AttributeMetadata`,
    own: {
      MetadataId: id,
      LogicalName: column.name,
      SchemaName: column.schema ?? column.name,
      EntityLogicalName: table.name,
      ColumnNumber: index + 1,
      AttributeType: type,
      AttributeTypeName: { Value: `${column.type === 'choices' ? metadata : type}Type` },
      AttributeOf: null,
      DisplayName: label(column.label ?? spoken(column.name), table.name, column.name),
      Description: label(column.description, table.name, column.name, 'description'),
      RequiredLevel: managed(requiredLevel(table, column), 'canmodifyrequirementlevelsettings'),
      IsValidForCreate: given || (isId && !table.view),
      IsValidForUpdate: given && !isId,
      IsValidForRead: column.type !== 'secret',
      IsSecured: column.secured ?? false,
      CanBeSecuredForRead: securable,
      CanBeSecuredForCreate: securable,
      CanBeSecuredForUpdate: securable,
      IsPrimaryId: isId,
      IsPrimaryName: column.name === table.primaryName,
      IsCustomAttribute: column.custom ?? false,
      IsManaged: !(column.custom ?? false),
      IsLogical: false,
      IsRetrievable: column.type !== 'secret',
      IsFilterable: column.type !== 'secret',
      IsSearchable: column.type === 'text',
      IsValidForAdvancedFind: managed(column.type !== 'secret', 'canmodifysearchsettings'),
      IsCustomizable: managed(column.custom ?? false, 'iscustomizable'),
      ...particularsOf(column),
    },
    along: options ? { OptionSet: () => options, GlobalOptionSet: () => (column.optionSet ? options : null) } : {},
  }
}

function typeOf({ name, type, targets = [] }: ColumnDefinition): readonly [string, string] {
  if (name === 'statecode') return ['State', 'State']
  if (name === 'statuscode' && type === 'choice') return ['Status', 'Status']
  if (name === 'ownerid') return ['Owner', 'Lookup']
  if (type === 'lookup' && targets.length === 2 && targets.includes('account') && targets.includes('contact'))
    return ['Customer', 'Lookup']
  return TYPES[type]
}

function particularsOf(column: ColumnDefinition): Json {
  const { type, max, format, min, maxValue, targets } = column
  switch (type) {
    case 'text':
    case 'memo':
    case 'json':
    case 'secret': {
      const name = format ? FORMATS[format] : type === 'text' ? 'Text' : 'TextArea'
      return { MaxLength: max ?? null, Format: name, FormatName: { Value: name } }
    }
    case 'integer':
      return { MinValue: min ?? -2_147_483_648, MaxValue: maxValue ?? 2_147_483_647, Format: 'None' }
    case 'bigint':
      return { MinValue: min ?? Number.MIN_SAFE_INTEGER, MaxValue: maxValue ?? Number.MAX_SAFE_INTEGER }
    case 'decimal':
    case 'money':
      return {
        MinValue: min ?? -922_337_203_685_477,
        MaxValue: maxValue ?? 922_337_203_685_477,
        Precision: type === 'money' ? 4 : 10,
      }
    case 'datetime':
      return { Format: 'DateAndTime', DateTimeBehavior: { Value: 'UserLocal' } }
    case 'date':
      return { Format: 'DateOnly', DateTimeBehavior: { Value: 'DateOnly' } }
    case 'boolean':
      return { DefaultValue: column.default === true }
    case 'choice':
    case 'choices':
      return { DefaultFormValue: typeof column.default === 'number' ? column.default : -1 }
    case 'lookup':
      return { Targets: targets ?? [] }
    case 'id':
      return {}
  }
}

function requiredLevel({ id }: Table, { name, required, asked }: ColumnDefinition): string {
  if (name === id) return 'SystemRequired'
  if (required || asked === 'required') return 'ApplicationRequired'
  return asked ? 'Recommended' : 'None'
}

/** A label for a column that has none: its name as words. */
export function spoken(name: string): string {
  const words = name.replace(/_/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
