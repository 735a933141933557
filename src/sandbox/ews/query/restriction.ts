import { type Path, pathIn, readPath } from '../properties/path.ts'
import { child, type Element } from '../xml.ts'

/** What a restriction asks of an item or folder. */
export interface Asked {
  value(path: Path): string | undefined
  exists(path: Path): boolean
}

export type Restriction = (asked: Asked) => boolean

/** Compiles the search expression within a Restriction. */
export function readRestriction(element: Element | undefined): Restriction {
  const expression = element?.children[0]
  return expression ? compile(expression) : () => true
}

function compile(element: Element): Restriction {
  switch (element.name) {
    case 'And': {
      const parts = element.children.map(compile)
      return (asked) => parts.every((part) => part(asked))
    }
    case 'Or': {
      const parts = element.children.map(compile)
      return (asked) => parts.some((part) => part(asked))
    }
    case 'Not': {
      const part = compile(element.children[0] as Element)
      return (asked) => !part(asked)
    }
    case 'Exists': {
      const path = pathIn(element)
      return (asked) => asked.exists(path)
    }
    case 'Contains':
      return contains(element)
    case 'Excludes': {
      const path = pathIn(element)
      const mask = Number(child(element, 'Bitmask')?.attributes.get('Value'))
      return (asked) => (Number(asked.value(path) ?? 0) & mask) === 0
    }
    default:
      return comparison(element)
  }
}

const OUTCOMES: Readonly<Record<string, (order: number) => boolean>> = {
  IsEqualTo: (order) => order === 0,
  IsNotEqualTo: (order) => order !== 0,
  IsGreaterThan: (order) => order > 0,
  IsGreaterThanOrEqualTo: (order) => order >= 0,
  IsLessThan: (order) => order < 0,
  IsLessThanOrEqualTo: (order) => order <= 0,
}

/** What is not there is equal to nothing, not even compared with; it is different from everything. */
function comparison(element: Element): Restriction {
  const path = pathIn(element)
  const operand = child(element, 'FieldURIOrConstant')?.children[0] as Element
  const other = operand.name === 'Constant' ? undefined : readPath(operand)
  const constant = operand.attributes.get('Value')
  const outcome = OUTCOMES[element.name] ?? (() => false)
  return (asked) => {
    const value = asked.value(path)
    const against = other ? asked.value(other) : constant
    if (value === undefined || against === undefined) return element.name === 'IsNotEqualTo'
    return outcome(compareValues(value, against))
  }
}

/** Numbers as numbers, times as times, everything else as text without regard to case, as Exchange compares. */
export function compareValues(one: string, two: string): number {
  if (NUMBER.test(one) && NUMBER.test(two)) return Number(one) - Number(two)
  if (TIME.test(one) && TIME.test(two)) return Date.parse(one) - Date.parse(two)
  const [a, b] = [one.toLowerCase(), two.toLowerCase()]
  return a < b ? -1 : a > b ? 1 : 0
}

const NUMBER = /^-?\d{1,15}(\.\d+)?$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

function contains(element: Element): Restriction {
  const path = pathIn(element)
  const mode = element.attributes.get('ContainmentMode') ?? 'FullString'
  const exact = ['Exact', 'IgnoreNonSpacingCharacters'].includes(
    element.attributes.get('ContainmentComparison') ?? 'Exact',
  )
  const fold = (text: string) => (exact ? text : text.toLowerCase())
  const wanted = fold(child(element, 'Constant')?.attributes.get('Value') ?? '')
  return (asked) => {
    const value = asked.value(path)
    return value !== undefined && holds(fold(value), wanted, mode)
  }
}

function holds(value: string, wanted: string, mode: string): boolean {
  switch (mode) {
    case 'FullString':
      return value === wanted
    case 'Prefixed':
      return value.startsWith(wanted)
    case 'PrefixOnWords':
      return value.split(/\W+/).some((word) => word.startsWith(wanted))
    default:
      return value.includes(wanted)
  }
}
