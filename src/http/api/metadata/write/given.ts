import { RequestError } from '../../../failure.ts'
import type { Json } from '../../rows.ts'

/** Reading bodies that are written in Dataverse's metadata: one place for what is taken and what is refused. */

export function invalid(target: string, message: string): RequestError {
  return new RequestError(400, 'ParameterInvalid', `${target}: ${message}`, { target: target.slice(0, 200) })
}

/** @throws RequestError 400 */
export function objectOf(body: unknown, target: string): Json {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Json
  throw invalid(target, 'must be an object')
}

export function textOf(body: Json, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw invalid(name, 'must be a text')
}

export function numberOf(body: Json, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return value
  throw invalid(name, 'must be a number')
}

export function yesNoOf(body: Json, name: string): boolean | undefined {
  // Some flags come as managed properties.
  const value = (body[name] as { Value?: unknown } | null | undefined)?.Value ?? body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw invalid(name, 'must be true or false')
}

/** A `Label`: the text in English where there are several languages, else the first; undefined where there is none. */
export function labelOf(body: Json, name: string): string | undefined {
  if (body[name] === undefined || body[name] === null) return undefined
  const label = objectOf(body[name], name)
  const listed = Array.isArray(label['LocalizedLabels']) ? (label['LocalizedLabels'] as unknown[]) : []
  const labels = [...listed, label['UserLocalizedLabel']].filter((each) => each !== null && each !== undefined)
  const read = labels.map((each) => objectOf(each, name))
  const chosen = read.find(({ LanguageCode }) => LanguageCode === ENGLISH) ?? read[0]
  const text = chosen === undefined ? undefined : textOf(chosen, 'Label')
  return text === '' ? undefined : text
}

const ENGLISH = 1033

/** `Microsoft.Dynamics.CRM.StringAttributeMetadata`, with or without `#`, as `StringAttributeMetadata`. */
export function typeOf(body: Json): string | undefined {
  return textOf(body, '@odata.type')?.replace(/^#?Microsoft\.Dynamics\.CRM\./, '')
}

/** The name with capitals, and in lower case as tables and columns are called. @throws RequestError 400 */
export function namesOf(body: Json): { name: string; schema: string } {
  const schema = textOf(body, 'SchemaName') ?? textOf(body, 'LogicalName')
  if (schema === undefined) throw invalid('SchemaName', 'is needed, e.g. "new_Project"')
  const name = schema.toLowerCase()
  if (!/^(?!mscrm)[a-z][a-z0-9]{1,7}_[a-z][a-z0-9_]{0,90}$/.test(name) || name.length > 50)
    throw invalid(
      'SchemaName',
      `"${schema.slice(0, 60)}" must begin with the prefix of its publisher (2 to 8 letters and digits, not “mscrm”) ` +
        'and "_", like "new_Project", and have at most 50 characters',
    )
  const logical = textOf(body, 'LogicalName')
  if (logical !== undefined && logical !== name) throw invalid('LogicalName', `must be "${name}"`)
  return { name, schema }
}

/** Properties that are left out where they say nothing. */
export function present<T extends Record<string, unknown>>(given: T): Present<T> {
  const made: Partial<Present<T>> = {}
  for (const name of Object.keys(given) as (keyof T)[]) {
    const value = given[name]
    if (isGiven(value)) made[name] = value
  }
  return made as Present<T>
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> }

const isGiven = <V>(value: V): value is Exclude<V, undefined> => value !== undefined

/**
 * What an update says otherwise than it is, and cannot be changed, is refused: the rest may come along unchanged, as it
 * was read. @throws RequestError 400
 */
export function refuseOthers(body: Json, own: Json, allowed: readonly string[]): void {
  for (const [name, value] of Object.entries(body)) {
    if (name.includes('@') || name === 'HasChanged' || allowed.includes(name) || !Object.hasOwn(own, name)) continue
    const [given, is] = [value, own[name]].map((each) => JSON.stringify(plainly(each)))
    if (given !== is) throw invalid(name, `cannot be changed (it is ${String(is).slice(0, 100)})`)
  }
}

/** Labels by their text, managed properties by their value, objects with their names in order. */
function plainly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainly)
  if (typeof value !== 'object' || value === null) return value
  const given = value as Json
  if ('LocalizedLabels' in given) return labelOf({ given }, 'given') ?? null
  if ('Value' in given) return given['Value']
  const entries = Object.entries(given).filter(([name]) => !name.includes('@'))
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, plainly(each)]),
  )
}
