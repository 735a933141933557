import { findProperty, type Item, type PropertyName } from '../../model/index.ts'
import { elementOrder } from '../schema/grammar.ts'
import { type Content, child, type Element, tag, textOf, type Xml } from '../xml.ts'
import { propertiesOf, propertyOf } from './all.ts'
import { extendedValue } from './extended.ts'
import { ELEMENT_TYPES, elementName } from './itemClass.ts'
import { extendedProperty, type Path, readPath } from './path.ts'
import type { Property, Subject } from './property.ts'

/** What a client wants to be told of items. */
export interface ItemShape {
  base: 'IdOnly' | 'Default' | 'AllProperties'
  mime: boolean
  bodyType: 'Best' | 'HTML' | 'Text'
  additional: readonly Path[]
  /** GetItem tells more than FindItem and SyncFolderItems. */
  get: boolean
}

export const ID_ONLY: ItemShape = { base: 'IdOnly', mime: false, bodyType: 'Best', additional: [], get: true }

/** @throws EwsFailure for an extended property that is named in no way */
export function readShape(element: Element | undefined, get: boolean): ItemShape {
  const base = textOf(element, 'BaseShape')
  return {
    base: base === 'Default' || base === 'AllProperties' ? base : 'IdOnly',
    mime: get && isTrue(textOf(element, 'IncludeMimeContent')),
    bodyType: (textOf(element, 'BodyType') as ItemShape['bodyType'] | undefined) ?? 'Best',
    additional: additionalPaths(element),
    get,
  }
}

export function additionalPaths(shape: Element | undefined): Path[] {
  return (child(shape, 'AdditionalProperties')?.children ?? []).map(readPath)
}

export function isTrue(text: string | undefined): boolean {
  return text?.trim() === 'true' || text?.trim() === '1'
}

/** Whether the body or attachments of messages are asked for. */
export function needsView(item: Item, shape: ItemShape): boolean {
  return item.kind === 'message' && wanted(item, shape).some(({ viewed }) => viewed)
}

export interface Rendering extends Subject {
  imapUid: () => number
}

/** The item as the shape wants it, its elements in the order of the schema. */
export function writeItem(subject: Rendering, shape: ItemShape): Xml {
  const name = elementName(subject.item)
  const written = new Map<string, Content[]>()
  const add = (element: string, content: Content) => written.set(element, [...(written.get(element) ?? []), content])
  for (const property of wanted(subject.item, shape)) {
    const content = writeProperty(property, subject)
    if (content) add(property.element, content)
  }
  for (const property of extendedWanted(shape)) {
    const value = extendedValue(subject.item, property, subject.imapUid)
    if (value !== undefined) add('ExtendedProperty', extendedProperty(property, value))
  }
  for (const [dictionary, entries] of indexedWanted(subject, shape))
    if (!written.has(dictionary)) add(dictionary, tag(`t:${dictionary}`, {}, entries))
  const order = elementOrder(ELEMENT_TYPES[name] as string)
  return tag(
    `t:${name}`,
    {},
    order.map((element) => written.get(element)),
  )
}

function writeProperty(property: Property, subject: Subject): Xml | undefined {
  const content = property.read(subject)
  return content === undefined ? undefined : tag(`t:${property.element}`, property.attributes?.(subject), content)
}

function wanted(item: Item, shape: ItemShape): Property[] {
  const asked = new Set(shape.additional.map((path) => (path.kind === 'field' ? path.uri : '')))
  asked.add('item:ItemId')
  if (shape.mime) asked.add('item:MimeContent')
  const properties = new Map<string, Property>()
  for (const property of propertiesOf(item)) {
    if (property.getOnly && !shape.get) continue
    const inShape = shape.base === 'AllProperties' ? property.shape !== undefined : property.shape === shape.base
    if (inShape || asked.has(property.uri)) properties.set(property.element, property)
  }
  return [...properties.values()]
}

function extendedWanted(shape: ItemShape): PropertyName[] {
  return shape.additional.flatMap((path) => (path.kind === 'extended' ? [path.property] : []))
}

const DICTIONARIES: Readonly<Record<string, string>> = {
  'contacts:EmailAddress': 'EmailAddresses',
  'contacts:PhoneNumber': 'PhoneNumbers',
  'contacts:ImAddress': 'ImAddresses',
  'contacts:PhysicalAddress': 'PhysicalAddresses',
}

/** Single entries of dictionaries, by the element of their dictionary. */
function indexedWanted(subject: Subject, shape: ItemShape): Map<string, Content[]> {
  const dictionaries = new Map<string, Content[]>()
  for (const path of shape.additional) {
    if (path.kind !== 'indexed') continue
    const dictionary = DICTIONARIES[path.uri.split(':').slice(0, 2).join(':')]
    const property = dictionary && propertyOf(subject.item, `contacts:${dictionary}`)
    const entries = property ? property.read(subject) : undefined
    const found = Array.isArray(entries)
      ? (entries as Content[]).find((entry) => typeof entry === 'object' && isEntry(entry as Xml, path.index))
      : undefined
    if (dictionary && found) dictionaries.set(dictionary, [...(dictionaries.get(dictionary) ?? []), found])
  }
  return dictionaries
}

const isEntry = (entry: Xml, index: string) => entry.source.startsWith(`<t:Entry Key="${index}"`)

/** What a search compares with: the value of the path as text, lists joined. */
export function searchValue(subject: Rendering, path: Path): string | undefined {
  if (path.kind === 'extended') {
    const value = extendedValue(subject.item, path.property, subject.imapUid)
    return typeof value === 'object' ? value.join(';') : value
  }
  if (path.kind === 'indexed') {
    const entries = indexedWanted(subject, { ...ID_ONLY, additional: [path] })
    const [entry] = [...entries.values()].flat()
    return typeof entry === 'object' ? /^<[^>]*>([^<]*)</.exec((entry as Xml).source)?.[1] : undefined
  }
  const property = propertyOf(subject.item, path.uri)
  if (!property) return undefined
  if (property.search) return property.search(subject)
  const content = property.read(subject)
  return content === undefined || typeof content === 'object' ? undefined : String(content)
}

/** Whether the item has something of the path: for `Exists`. */
export function exists(subject: Rendering, path: Path): boolean {
  if (path.kind !== 'extended') return searchValue(subject, path) !== undefined || hasContent(subject, path)
  return (
    findProperty(subject.item.properties, path.property) !== undefined ||
    extendedValue(subject.item, path.property, subject.imapUid) !== undefined
  )
}

function hasContent(subject: Rendering, path: Path): boolean {
  return path.kind === 'field' && propertyOf(subject.item, path.uri)?.read(subject) !== undefined
}
