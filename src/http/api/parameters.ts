import { RequestError } from '../failure.ts'

const MOST = 30

/** `Name=literal` or `Name=@alias`; a string literal may hold commas and doubled quotes. */
const PARAMETER = /\s*([A-Za-z_]\w{0,99})\s*=\s*('(?:[^']|'')*'|@\w{1,100}|[^\s,'()@]{1,500})\s*(,|$)/y

/**
 * The parameters of a function call (OData v4 URL conventions §4.5.3): within the parentheses, or as aliases; without
 * parentheses as query options of their names. Collections and records are JSON, by alias.
 * @throws RequestError 400 naming the parameter.
 */
export function parseParameters(inside: string, options: URLSearchParams): Record<string, unknown> {
  const given: [string, string][] = inside.trim() ? split(inside) : []
  const implicit = [...options].filter(([name]) => /^[A-Za-z_]\w{0,99}$/.test(name))
  const found: Record<string, unknown> = {}
  for (const [name, text] of [...given, ...implicit]) {
    if (Object.hasOwn(found, name)) throw invalid(name, 'is given twice')
    if (Object.keys(found).length >= MOST) throw invalid(name, `is one too many; there are at most ${MOST}`)
    const literal = text.startsWith('@') ? options.get(text) : text
    if (literal === null) throw invalid(name, `refers to ${text}, which is not given`)
    found[name] = parseLiteral(name, literal)
  }
  return found
}

function split(inside: string): [string, string][] {
  const parameters: [string, string][] = []
  PARAMETER.lastIndex = 0
  for (let separator = ','; separator === ','; ) {
    const at = PARAMETER.lastIndex
    const [, name, text, next] = PARAMETER.exec(inside) ?? []
    if (name === undefined || text === undefined || next === undefined)
      throw new RequestError(400, 'ParameterInvalid', `The parameters are not understood from character ${at + 1} on.`)
    parameters.push([name, text])
    separator = next
  }
  return parameters
}

function parseLiteral(name: string, text: string): unknown {
  const quoted = /^'((?:[^']|'')*)'$/s.exec(text)?.[1]
  if (quoted !== undefined) return quoted.replaceAll("''", "'")
  if (text === 'null') return null
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text)
  if (/^[[{]/.test(text)) return parseJson(name, text)
  // Ids, dates and members of enumerations stand without quotes.
  if (/^[\w.:+-]{1,100}$/.test(text)) return text
  throw invalid(name, 'is not a literal; text stands within single quotes')
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('No such name.')
      return value
    })
  } catch {
    throw invalid(name, 'is not JSON')
  }
}

function invalid(name: string, what: string): RequestError {
  return new RequestError(400, 'ParameterInvalid', `The parameter ${name} ${what}.`, { target: name })
}
