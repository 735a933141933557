import type { ColumnDefinition, TableDefinition } from './definition.ts'

/** Short forms in which tables are declared. */

type Extra = Omit<ColumnDefinition, 'name' | 'type'>

/** The longest memo: 1 MiB of characters, as much as one column of a body may hold. */
const MEMO_MAX = 1_048_576

export const text = (name: string, max: number, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'text',
  max,
  ...extra,
})
export const memo = (name: string, max = MEMO_MAX, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'memo',
  max,
  ...extra,
})
export const email = (name: string, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'text',
  max: 100,
  format: 'email',
  personal: true,
  ...extra,
})
export const phone = (name: string, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'text',
  max: 50,
  format: 'phone',
  personal: true,
  ...extra,
})
export const url = (name: string, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'text',
  max: 200,
  format: 'url',
  ...extra,
})
export const whole = (name: string, extra: Extra = {}): ColumnDefinition => ({ name, type: 'integer', ...extra })
export const big = (name: string, extra: Extra = {}): ColumnDefinition => ({ name, type: 'bigint', ...extra })
export const money = (name: string, extra: Extra = {}): ColumnDefinition => ({ name, type: 'money', ...extra })
export const yesNo = (name: string, value?: boolean, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'boolean',
  ...(value === undefined ? {} : { default: value }),
  ...extra,
})
export const instant = (name: string, extra: Extra = {}): ColumnDefinition => ({ name, type: 'datetime', ...extra })
export const day = (name: string, extra: Extra = {}): ColumnDefinition => ({ name, type: 'date', ...extra })
export const choice = (name: string, options: Record<number, string>, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'choice',
  options,
  ...extra,
})
export const choices = (name: string, options: Record<number, string>, extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'choices',
  options,
  ...extra,
})
export const lookup = (name: string, targets: string | readonly string[], extra: Extra = {}): ColumnDefinition => ({
  name,
  type: 'lookup',
  targets: typeof targets === 'string' ? [targets] : targets,
  ...extra,
})

/**
 * `statecode` and `statuscode`. The lowest state is that of new records; the lowest reason of a state is its default.
 */
export function state(
  states: Record<number, string>,
  reasons: readonly (readonly [code: number, label: string, state: number])[],
): ColumnDefinition[] {
  return [
    { name: 'statecode', type: 'choice', label: 'Status', options: states },
    {
      name: 'statuscode',
      type: 'choice',
      label: 'Status reason',
      options: Object.fromEntries(reasons.map(([code, label]) => [code, label])),
      states: Object.fromEntries(reasons.map(([code, , of]) => [code, of])),
    },
  ]
}

export const activeOrInactive = (): ColumnDefinition[] =>
  state({ 0: 'Active', 1: 'Inactive' }, [
    [1, 'Active', 0],
    [2, 'Inactive', 1],
  ])

/** What becomes of a record that is merged into another of its table (DU-20). */
export const mergedInto = (table: string): ColumnDefinition[] => [
  yesNo('merged', false, { readOnly: true }),
  lookup('masterid', table, { label: 'Merged into', readOnly: true }),
]

/** The address columns `address<n>_…` of people and companies. */
export function address(n: 1 | 2 | 3): ColumnDefinition[] {
  const personal = { personal: true }
  return [
    text(`address${n}_name`, 200, personal),
    text(`address${n}_line1`, 250, personal),
    text(`address${n}_line2`, 250, personal),
    text(`address${n}_line3`, 250, personal),
    text(`address${n}_postofficebox`, 20, personal),
    text(`address${n}_city`, 80, personal),
    text(`address${n}_county`, 50, personal),
    text(`address${n}_stateorprovince`, 50, personal),
    text(`address${n}_postalcode`, 20, personal),
    text(`address${n}_country`, 80, personal),
    phone(`address${n}_telephone1`),
    phone(`address${n}_fax`),
  ]
}

/** Completes a declaration with the columns that every table of its ownership has. */
export function table(declaration: TableDefinition): TableDefinition {
  const given = new Set(declaration.columns.map((column) => column.name))
  const columns = [idColumn(declaration), ...declaration.columns, ...ownerColumns(declaration), ...systemColumns()]
  return { ...declaration, columns: columns.filter((column, at) => !given.has(column.name) || isOwn(declaration, at)) }
}

/** A declared column stands for the system's column of the same name. */
function isOwn(declaration: TableDefinition, at: number): boolean {
  return at >= 1 && at <= declaration.columns.length
}

function idColumn(declaration: TableDefinition): ColumnDefinition {
  return { name: declaration.id, type: 'id', label: declaration.label, required: true, readOnly: true }
}

function ownerColumns(declaration: TableDefinition): ColumnDefinition[] {
  if (declaration.ownership === 'user')
    return [
      lookup('ownerid', ['systemuser', 'team'], { label: 'Owner', required: true }),
      lookup('owninguser', 'systemuser', { label: 'Owning user', readOnly: true }),
      lookup('owningteam', 'team', { label: 'Owning team', readOnly: true }),
      lookup('owningbusinessunit', 'businessunit', { label: 'Owning business unit', readOnly: true }),
    ]
  if (declaration.ownership === 'business' && declaration.id !== 'businessunitid')
    return [lookup('businessunitid', 'businessunit', { label: 'Business unit', required: true })]
  return []
}

function systemColumns(): ColumnDefinition[] {
  return [
    instant('createdon', { label: 'Created on', readOnly: true }),
    lookup('createdby', 'systemuser', { label: 'Created by', readOnly: true }),
    lookup('createdonbehalfby', 'systemuser', { label: 'Created by (delegate)', readOnly: true }),
    instant('modifiedon', { label: 'Modified on', readOnly: true }),
    lookup('modifiedby', 'systemuser', { label: 'Modified by', readOnly: true }),
    lookup('modifiedonbehalfby', 'systemuser', { label: 'Modified by (delegate)', readOnly: true }),
    big('versionnumber', { label: 'Version number', readOnly: true }),
  ]
}
