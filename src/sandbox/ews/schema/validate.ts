import type { Element } from '../xml.ts'
import { automatonOf, type Position } from './automaton.ts'
import { complexTypeOf, MESSAGES } from './grammar.ts'
import type { ComplexType } from './notation.ts'
import { complaintAbout, fullName } from './simpleValues.ts'
import { SchemaViolation } from './violation.ts'

/**
 * Holds a request against Microsoft's schema: elements in their order, attributes, values.
 * @throws SchemaViolation naming the first thing that is wrong, as Exchange does in ErrorSchemaValidation
 */
export function validateRequest(request: Element): void {
  if (request.namespace !== MESSAGES || !complexTypeOf(`${request.name}Type`))
    throw new SchemaViolation(
      `Could not find schema information for the element '${request.namespace}:${request.name}'.`,
      request,
    )
  validate(request, `${request.name}Type`)
}

/** @throws SchemaViolation */
export function validate(element: Element, typeName: string): void {
  const type = complexTypeOf(typeName)
  if (!type) return validateSimple(element, typeName)
  if (type.any) return
  validateAttributes(element, type)
  const text = textTypeOf(type)
  if (text) return validateText(element, text)
  validateContent(element, typeName)
}

function validateSimple(element: Element, typeName: string): void {
  const [attribute] = element.attributes.keys()
  if (attribute !== undefined) throw new SchemaViolation(`The '${attribute}' attribute is not declared.`, element)
  validateText(element, typeName)
}

function validateText(element: Element, typeName: string): void {
  const [child] = element.children
  if (child)
    throw new SchemaViolation(
      `The element ${quoted(element)} cannot contain child element ${quoted(child)} because the parent element's content model is text only.`,
      child,
    )
  const complaint = complaintAbout(element.text, typeName)
  if (complaint !== undefined)
    throw new SchemaViolation(
      `The '${element.namespace}:${element.name}' element is invalid - The value '${element.text}' is invalid according to its datatype '${fullName(typeName)}' - ${complaint}`,
      element,
    )
}

function validateAttributes(element: Element, type: ComplexType): void {
  const rules = new Map(chain(type).flatMap((one) => [...one.attributes]))
  for (const [name, value] of element.attributes) {
    const rule = rules.get(name)
    if (!rule) throw new SchemaViolation(`The '${name}' attribute is not declared.`, element)
    const complaint = complaintAbout(value, rule.type)
    if (complaint !== undefined)
      throw new SchemaViolation(
        `The '${name}' attribute is invalid - The value '${value}' is invalid according to its datatype '${fullName(rule.type)}' - ${complaint}`,
        element,
      )
  }
  for (const [name, rule] of rules)
    if (rule.required && !element.attributes.has(name))
      throw new SchemaViolation(`The required attribute '${name}' is missing.`, element)
}

function validateContent(element: Element, typeName: string): void {
  const automaton = automatonOf(typeName)
  if (element.text.trim() !== '')
    throw new SchemaViolation(
      `The element ${quoted(element)} cannot contain text.${expected(automaton.first)}`,
      element,
    )
  let possible: ReadonlySet<Position> = automaton.first
  let last: Position | undefined
  for (const child of element.children) {
    const position = [...possible].find(({ name, namespace }) => name === child.name && namespace === child.namespace)
    if (!position)
      throw new SchemaViolation(
        `The element ${quoted(element)} has invalid child element ${quoted(child)}.${expected(possible)}`,
        child,
      )
    validate(child, position.type)
    last = position
    possible = position.next
  }
  const complete = last ? automaton.last.has(last) : automaton.mayBeEmpty
  if (!complete)
    throw new SchemaViolation(`The element ${quoted(element)} has incomplete content.${expected(possible)}`, element)
}

function chain(type: ComplexType): ComplexType[] {
  const base = type.base === undefined ? undefined : complexTypeOf(type.base)
  return base ? [...chain(base), type] : [type]
}

function textTypeOf(type: ComplexType): string | undefined {
  return chain(type).findLast(({ text }) => text !== undefined)?.text
}

const quoted = ({ name, namespace }: { name: string; namespace: string }) => `'${name}' in namespace '${namespace}'`

function expected(positions: ReadonlySet<Position>): string {
  if (!positions.size) return ''
  const byNamespace = new Map<string, Set<string>>()
  for (const { name, namespace } of positions)
    byNamespace.set(namespace, (byNamespace.get(namespace) ?? new Set()).add(name))
  const lists = [...byNamespace].map(([namespace, names]) => `'${[...names].join(', ')}' in namespace '${namespace}'`)
  return ` List of possible elements expected: ${lists.join(' as well as ')}.`
}
