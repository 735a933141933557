import { type ExtendedProperty, withProperties } from '../model/index.ts'
import { propertyNameOf } from './properties.ts'

interface Written {
  singleValueExtendedProperties?: { id: string; value?: string | null | undefined }[] | undefined
  multiValueExtendedProperties?: { id: string; value: string[] }[] | undefined
}

/** The extended properties of an item with those of a body set. */
export function writtenProperties(before: readonly ExtendedProperty[], body: Written): ExtendedProperty[] {
  const all = [...(body.singleValueExtendedProperties ?? []), ...(body.multiValueExtendedProperties ?? [])]
  return withProperties(
    before,
    all.map(({ id, value }) => ({ property: propertyNameOf(id), value: value ?? undefined })),
  )
}
