import { type ColumnDefinition, type Expansion, type Page, propertyName, type Row, type Value } from '#records'
import type { Formats } from './formatted.ts'
import type { Shape } from './shape.ts'

export type Json = { [name: string]: unknown }

/** What the names of annotations begin with. */
const FORMATTED = 'OData.Community.Display.V1.FormattedValue'
const LOGICAL_NAME = 'Microsoft.Dynamics.CRM.lookuplogicalname'
const NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty'

export interface Presentation {
  /** The service root, for addresses. */
  root: string
  annotation: (name: string) => boolean
  /** Present when formatted values are wanted. */
  formats?: Formats
}

/** Rows of one shape, how they are presented, and what was read beside them. */
export interface Level {
  shape: Shape
  presentation: Presentation
  /** The pages of each expanded collection. */
  collections: ReadonlyMap<Expansion, Collection>
}

export interface Collection {
  level: Level
  /** By the id of the row that they belong to. */
  pages: ReadonlyMap<string, Page>
  /** The address of the next page. */
  next: (id: string, page: Page) => string | undefined
}

export function wantsFormats({ annotation }: Pick<Presentation, 'annotation'>): boolean {
  return annotation(FORMATTED)
}

/** A row in the form of OData v4 JSON: lookups as `_name_value`, the version as etag. */
export function presentRow(row: Row, level: Level, shape: Shape = level.shape): Json {
  const { presentation } = level
  const json: Json = { ...etagOf(row, shape) }
  for (const column of shape.columns) addColumn(json, row, shape, column, presentation)
  for (const flat of shape.flat) for (const column of flat.columns) addColumn(json, row, flat, column, presentation)
  for (const { name, ref, shape: nested } of shape.expanded) {
    const id = row[nested.prefix + nested.table.id]
    if (id === null || id === undefined) json[name] = null
    else
      json[name] = ref
        ? { '@odata.id': `${presentation.root}${nested.table.set}(${String(id)})` }
        : presentRow(row, level, nested)
  }
  for (const expansion of shape.collections) addCollection(json, row, shape, expansion, level)
  return json
}

function addCollection(json: Json, row: Row, shape: Shape, expansion: Expansion, level: Level): void {
  const { name, ref, query } = expansion
  const collection = level.collections.get(expansion)
  const id = String(row[shape.prefix + shape.table.id])
  const page = collection?.pages.get(id) ?? { rows: [] }
  if (!collection) return
  if (query?.count) json[`${name}@odata.count`] = page.count ?? 0
  const { table } = collection.level.shape
  json[name] = page.rows.map((each) =>
    ref
      ? { '@odata.id': `${level.presentation.root}${table.set}(${String(each[table.id])})` }
      : presentRow(each, collection.level),
  )
  const next = collection.next(id, page)
  if (next !== undefined) json[`${name}@odata.nextLink`] = next
}

function addColumn(json: Json, row: Row, shape: Shape, column: ColumnDefinition, presentation: Presentation): void {
  const value = row[shape.prefix + column.name] ?? null
  const property = shape.place === 'beside' ? shape.prefix + column.name : propertyName(column.name, shape.table)
  json[property] = presentValue(value)
  if (column.type === 'lookup') addLookup(json, property, row, shape, column, presentation)
  else if (presentation.formats) annotate(json, property, FORMATTED, presentation.formats.of(column, value))
}

function addLookup(
  json: Json,
  property: string,
  row: Row,
  shape: Shape,
  column: ColumnDefinition,
  { annotation, formats }: Presentation,
): void {
  const id = row[shape.prefix + column.name]
  const table = row[`${shape.prefix}${column.name}_table`]
  if (typeof id !== 'string' || typeof table !== 'string') return
  if (formats) annotate(json, property, FORMATTED, formats.name(table, id))
  if (annotation(LOGICAL_NAME)) annotate(json, property, LOGICAL_NAME, table)
  const several = (column.targets?.length ?? 0) > 1
  const named = column.schema ?? column.name
  const isColumn = shape.place === 'own' || shape.prefix !== ''
  if (isColumn && annotation(NAVIGATION)) annotate(json, property, NAVIGATION, several ? `${named}_${table}` : named)
}

function annotate(json: Json, property: string, annotation: string, value: string | undefined): void {
  if (value !== undefined) json[`${property}@${annotation}`] = value
}

export function presentValue(value: Value): Exclude<Value, Date> {
  // Whole seconds are written without a fraction, as clients of the field expect.
  return value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : value
}

function etagOf(row: Row, shape: Shape): { '@odata.etag'?: string } {
  const version = row[`${shape.prefix}versionnumber`]
  return version === null || version === undefined ? {} : { '@odata.etag': `W/"${String(version)}"` }
}
