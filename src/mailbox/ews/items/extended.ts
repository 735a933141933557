import { childOf, type Node, textOf } from '../node.ts'
import { extended as setExtended } from '../pieces.ts'
import { type Xml, xml } from '../xml.ts'
import type { Property } from './property.ts'

/** A property that EWS has no element for, named as MAPI does. */
export interface Extended {
  path: Xml
  /** As answers name it. */
  key: string
}

type Type = 'String' | 'Integer' | 'Double' | 'SystemTime' | 'Binary' | 'Boolean'
type PropertySet = 'Address' | 'Appointment' | 'Common' | 'Meeting' | 'Task'

/** One of our own, hidden from people. */
export function named(name: string): Extended {
  const path = xml`<t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="${name}" PropertyType="String"/>`
  return { path, key: name.toLowerCase() }
}

/** By its number in a set (MS-OXPROPS). */
export function numbered(set: PropertySet, id: number, type: Type): Extended {
  const path = xml`<t:ExtendedFieldURI DistinguishedPropertySetId="${set}" PropertyId="${id}" PropertyType="${type}"/>`
  return { path, key: String(id) }
}

export function tagged(tag: number, type: Type): Extended {
  const hex = `0x${tag.toString(16).toUpperCase().padStart(4, '0')}`
  return { path: xml`<t:ExtendedFieldURI PropertyTag="${hex}" PropertyType="${type}"/>`, key: String(tag) }
}

export function withExtended({ path }: Extended, value: string | number | undefined): Property {
  return { path, name: 'ExtendedProperty', content: value === undefined ? undefined : setExtended(path, value) }
}

/** The extended properties of an item that was read. */
export class ExtendedValues {
  readonly #values = new Map<string, string>()

  constructor(item: Node) {
    for (const property of item.children) {
      if (property.name !== 'ExtendedProperty') continue
      const { PropertyName, PropertyId, PropertyTag } = childOf(property, 'ExtendedFieldURI')?.attributes ?? {}
      const value = textOf(property, 'Value')
      const key = PropertyName?.toLowerCase() ?? String(Number(PropertyId ?? PropertyTag))
      if (value !== undefined) this.#values.set(key, value)
    }
  }

  get({ key }: Extended): string | undefined {
    return this.#values.get(key)
  }
}
