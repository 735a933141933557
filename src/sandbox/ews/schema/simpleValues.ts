import { complexTypeOf, simpleTypeOf } from './grammar.ts'

const XS = 'http://www.w3.org/2001/XMLSchema'

/** The patterns of XML Schema's own types, as far as EWS uses them. */
const BUILT_IN: Readonly<Record<string, RegExp>> = {
  boolean: /^(true|false|1|0)$/,
  int: /^[+-]?\d{1,10}$/,
  short: /^[+-]?\d{1,5}$/,
  unsignedInt: /^\d{1,10}$/,
  long: /^[+-]?\d{1,19}$/,
  double: /^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|INF|-INF|NaN)$/,
  dateTime: /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/,
  date: /^-?\d{4,}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?$/,
  time: /^\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/,
  duration: /^-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/,
  base64Binary: /^[A-Za-z0-9+/\s]*(=\s*){0,2}$/,
  language: /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/,
}

const PATTERNS: Readonly<Record<string, RegExp>> = {
  GuidType: /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  PropertyTagType: /^(0[xX][0-9A-Fa-f]{1,4}|\d{1,5})$/,
}

/** What is wrong with a value of a simple type, in the words of .NET; nothing when it is right. */
export function complaintAbout(value: string, typeName: string): string | undefined {
  const type = simpleTypeOf(typeName)
  const pattern = PATTERNS[typeName]
  if (pattern && !pattern.test(value)) return 'The Pattern constraint failed.'
  if (!type) return builtIn(value, typeName)
  if (type.nonempty && value === '') return 'The MinLength constraint failed.'
  const words = type.list ? value.split(/\s+/).filter((word) => word !== '') : [value]
  if (type.values && !words.every((word) => type.values?.has(word))) return 'The Enumeration constraint failed.'
  if (type.like === undefined) return undefined
  return words.map((word) => complaintAbout(word, type.like as string)).find((complaint) => complaint !== undefined)
}

function builtIn(value: string, typeName: string): string | undefined {
  const pattern = BUILT_IN[typeName]
  // White space around values of these types collapses; that within base64 is allowed.
  return pattern && !pattern.test(value.trim())
    ? `The string '${value}' is not a valid ${typeName[0]?.toUpperCase()}${typeName.slice(1)} value.`
    : undefined
}

/** A type's name with its namespace. */
export function fullName(typeName: string): string {
  return `${(simpleTypeOf(typeName) ?? complexTypeOf(typeName))?.namespace ?? XS}:${typeName}`
}
