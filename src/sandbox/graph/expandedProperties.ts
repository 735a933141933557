import type * as graph from '@microsoft/microsoft-graph-types'
import { type ExtendedProperty, findProperty, type Item } from '../model/index.ts'
import { isSingle, propertyNameOf, writePropertyId } from './properties.ts'

/** `$expand=singleValueExtendedProperties($filter=id eq '…' or id eq '…')`: those named, as far as they are there. */
export function expandedProperties(all: readonly ExtendedProperty[], expand: string) {
  const single = named(all, expand, 'singleValueExtendedProperties').filter(isSingle)
  const multi = named(all, expand, 'multiValueExtendedProperties').filter((each) => !isSingle(each))
  return {
    ...(single.length && {
      singleValueExtendedProperties: single.map(({ property, value }) => ({
        id: writePropertyId(property),
        value: value as string,
      })) satisfies graph.SingleValueLegacyExtendedProperty[],
    }),
    ...(multi.length && {
      multiValueExtendedProperties: multi.map(({ property, value }) => ({
        id: writePropertyId(property),
        value: Array.from(value),
      })) satisfies graph.MultiValueLegacyExtendedProperty[],
    }),
  }
}

function named(all: readonly ExtendedProperty[], expand: string, property: string): ExtendedProperty[] {
  const start = expand.indexOf(`${property}(`)
  if (start < 0) return []
  const filter = expand.slice(start, endOf(expand, start + property.length))
  const ids = [...filter.matchAll(/\bid eq '((?:[^']|'')*)'/gi)].map(([, id = '']) => id.replaceAll("''", "'"))
  return ids.flatMap((id) => {
    const found = findProperty(all, propertyNameOf(id))
    return found ? [{ ...found, property: propertyNameOf(id) }] : []
  })
}

/** Where the parenthesis that opens at `from` closes; those in quotes do not count. */
function endOf(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let index = from; index < text.length; index++) {
    if (text[index] === "'") quoted = !quoted
    else if (!quoted && text[index] === '(') depth++
    else if (!quoted && text[index] === ')' && --depth === 0) return index
  }
  return text.length
}

/** All single values, for filters. */
export function propertiesOf({ properties }: Item) {
  const single = properties.filter(isSingle)
  return {
    singleValueExtendedProperties: single.map(({ property, value }) => ({
      id: writePropertyId(property),
      value: value as string,
    })),
  }
}
