import { PROPERTY_SETS, type PropertyName, type PropertyType } from '../../model/index.ts'
import { EwsFailure } from '../failure.ts'
import { type Content, type Element, tag, type Xml } from '../xml.ts'

/** How a request names a property: by a field, an entry of a dictionary, or as MAPI does. */
export type Path =
  | { kind: 'field'; uri: string }
  | { kind: 'indexed'; uri: string; index: string }
  | { kind: 'extended'; property: PropertyName }

const PATHS = new Set(['FieldURI', 'IndexedFieldURI', 'ExtendedFieldURI'])

/** The path that stands within the element. */
export function pathIn(element: Element): Path {
  const path = element.children.find(({ name }) => PATHS.has(name)) as Element
  return readPath(path)
}

/** @throws EwsFailure for an extended property that is not named by exactly one of tag, set with name, set with id */
export function readPath(element: Element): Path {
  const attribute = (name: string) => element.attributes.get(name) ?? ''
  if (element.name === 'FieldURI') return { kind: 'field', uri: attribute('FieldURI') }
  if (element.name === 'IndexedFieldURI')
    return { kind: 'indexed', uri: attribute('FieldURI'), index: attribute('FieldIndex') }
  return { kind: 'extended', property: propertyName(element) }
}

export function propertyName({ attributes }: Element): PropertyName {
  const type = attributes.get('PropertyType') as PropertyType
  const tagged = attributes.get('PropertyTag')
  const distinguished = attributes.get('DistinguishedPropertySetId') as keyof typeof PROPERTY_SETS | undefined
  const set = (distinguished && PROPERTY_SETS[distinguished]) ?? attributes.get('PropertySetId')?.toLowerCase()
  const name = attributes.get('PropertyName')
  const id = attributes.get('PropertyId')
  const named = set !== undefined && (name === undefined) !== (id === undefined)
  if (tagged !== undefined && set === undefined && name === undefined && id === undefined)
    return { type, tag: tagOf(tagged) }
  if (tagged !== undefined || !named)
    throw new EwsFailure('ErrorInvalidExtendedProperty', 'The extended property attribute combination is invalid.')
  return name === undefined ? { type, set, id: Number(id) } : { type, set, name }
}

/** `0x1035` for `0x1035`, `4149` and `0X1035`. */
function tagOf(text: string): string {
  return `0x${Number(text).toString(16).padStart(4, '0')}`
}

/** An extended property's name, as a request would write it. */
function extendedFieldUri({ type, tag: tagged, set, name, id }: PropertyName): Xml {
  const known = Object.entries(PROPERTY_SETS).find(([, guid]) => guid === set)?.[0]
  return tag('t:ExtendedFieldURI', {
    DistinguishedPropertySetId: known,
    PropertySetId: known ? undefined : set,
    // Exchange writes no leading zeros, whatever was asked for.
    PropertyTag: tagged?.replace(/^0x0+/, '0x'),
    PropertyName: name,
    PropertyId: id,
    PropertyType: type,
  })
}

export function extendedProperty(property: PropertyName, value: string | readonly string[]): Xml {
  const content: Content =
    typeof value === 'string'
      ? tag('t:Value', {}, value)
      : tag(
          't:Values',
          {},
          value.map((one) => tag('t:Value', {}, one)),
        )
  return tag('t:ExtendedProperty', {}, extendedFieldUri(property), content)
}
