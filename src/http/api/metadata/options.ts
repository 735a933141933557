import type { ColumnDefinition, OptionSet, Table } from '#records'
import type { Json } from '../rows.ts'
import { label, managed, metadataId, type Thing } from './thing.ts'

/** The choices of a column; undefined for columns that have none. */
export function optionSetOf(table: Table, column: ColumnDefinition): Thing | undefined {
  const { name, type } = column
  if (type !== 'boolean' && type !== 'choice' && type !== 'choices') return undefined
  const shared = column.optionSet
  const common = {
    MetadataId: shared ? metadataId('optionset', shared) : metadataId('options', table.name, name),
    Name: shared ?? `${table.name}_${name}`,
    IsGlobal: shared !== undefined,
    IsCustomOptionSet: column.custom ?? false,
    IsManaged: !(column.custom ?? false),
    IsCustomizable: managed(false, 'iscustomizable'),
    DisplayName: label(column.label, table.name, name, 'options'),
    Description: label(undefined),
  }
  const option = (value: number, text: string): Json => ({
    Value: value,
    Label: label(text, table.name, name, String(value)),
    Description: label(undefined),
    Color: null,
    IsManaged: true,
    ExternalValue: '',
    MetadataId: null,
    ...stateOf(table, column, value),
  })
  if (type === 'boolean')
    return {
      type: 'BooleanOptionSetMetadata',
      own: { ...common, OptionSetType: 'Boolean', TrueOption: option(1, 'Yes'), FalseOption: option(0, 'No') },
      along: {},
    }
  const options = inOrder(column).map(([code, text]) => option(code, text))
  const kind = name === 'statecode' ? 'State' : name === 'statuscode' ? 'Status' : 'Picklist'
  return { type: 'OptionSetMetadata', own: { ...common, OptionSetType: kind, Options: options }, along: {} }
}

/** Options as they are shown: in the order that was chosen, then by number. */
function inOrder({ options = {}, order = [] }: Pick<ColumnDefinition, 'options' | 'order'>): [number, string][] {
  const last = order.length
  const place = (code: number) => (order.includes(code) ? order.indexOf(code) : last)
  return Object.entries(options)
    .map(([code, text]): [number, string] => [Number(code), text])
    .toSorted(([a], [b]) => place(a) - place(b) || a - b)
}

/** Of a reason its state, of a state its name and its first reason. */
function stateOf(table: Table, { name, states }: ColumnDefinition, value: number): Json {
  if (states) return { State: states[value] ?? 0 }
  if (name !== 'statecode') return {}
  const reasons = Object.entries(table.byName.get('statuscode')?.states ?? {})
  const first = reasons.find(([, state]) => state === value)
  const text = table.byName.get(name)?.options?.[value] ?? String(value)
  return { DefaultStatus: first ? Number(first[0]) : null, InvariantName: text }
}

/** Choices that several columns share. */
export function globalOptionSetOf({ name, label: text, description, ...choices }: OptionSet): Thing {
  return {
    type: 'OptionSetMetadata',
    own: {
      MetadataId: metadataId('optionset', name),
      Name: name,
      OptionSetType: 'Picklist',
      IsGlobal: true,
      IsCustomOptionSet: true,
      IsManaged: false,
      IsCustomizable: managed(true, 'iscustomizable'),
      DisplayName: label(text, name, 'optionset'),
      Description: label(description, name, 'optionset', 'description'),
      Options: inOrder(choices).map(([code, each]) => ({
        Value: code,
        Label: label(each, name, 'optionset', String(code)),
        Description: label(undefined),
        Color: null,
        IsManaged: false,
        ExternalValue: '',
        MetadataId: null,
      })),
    },
    along: {},
  }
}
