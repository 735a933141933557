import { fieldNames, fields } from './fields.ts'
import { items } from './items.ts'
import {
  type ComplexType,
  complexType,
  MESSAGES,
  type Particle,
  type SimpleType,
  simpleType,
  split,
  TYPES,
} from './notation.ts'
import { operations } from './operations.ts'
import { structures } from './structures.ts'
import { values } from './values.ts'

export { MESSAGES } from './notation.ts'

const lines = (table: string) =>
  table
    .replaceAll(/\n +/g, ' ')
    .split('\n')
    .filter((line) => line !== '')

const tables: readonly (readonly [namespace: string, line: string])[] = [
  ...lines(operations).map((line) => [MESSAGES, line] as const),
  ...[structures, items, values, fields].flatMap((table) => lines(table).map((line) => [TYPES, line] as const)),
]
const macros = new Map(tables.filter(([, line]) => line.startsWith('%')).map(([, line]) => split(line, ' : ')))
const complex = new Map<string, ComplexType>()
const simple = new Map<string, SimpleType>()

for (const [namespace, line] of tables) {
  if (line.startsWith('%')) continue
  const [head, body] = split(line, line.includes(' = ') && !line.includes(' :') ? ' = ' : ' :')
  if (head === 'ANY')
    for (const name of body.trim().split(/\s+/)) complex.set(name, complexType(namespace, name, '', macros, true))
  else if (line.includes(' :')) complex.set(head.split(' ')[0] as string, complexType(namespace, head, body, macros))
  else simple.set(head, simpleType(namespace, head, body))
}
const allFields = Object.entries(fieldNames).flatMap(([kind, names]) =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => `${kind}:${name}`),
)
simple.set('UnindexedFieldURIType', {
  ...simpleType(TYPES, 'UnindexedFieldURIType', ''),
  values: new Set(allFields),
  like: undefined,
})

/** The type of the name, or nothing for a simple one. */
export function complexTypeOf(name: string): ComplexType | undefined {
  return complex.get(name)
}

export function simpleTypeOf(name: string): SimpleType | undefined {
  return simple.get(name)
}

/** The elements of a type in the order of the schema, those of its base first. */
export function elementOrder(type: string): readonly string[] {
  const found = complex.get(type)
  if (!found) return []
  return [...(found.base ? elementOrder(found.base) : []), ...elementsOf(found.content)]
}

function elementsOf(particle: Particle): string[] {
  return particle.kind === 'element' ? [particle.name] : particle.parts.flatMap(elementsOf)
}
