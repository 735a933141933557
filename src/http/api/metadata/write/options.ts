import type { CustomColumn, CustomOptionSet } from '#records'
import type { Json } from '../../rows.ts'
import { invalid, labelOf, namesOf, numberOf, objectOf, present, refuseOthers, textOf } from './given.ts'

/** Where options without a number begin. */
const FIRST_VALUE = 100_000_000

/** `Options` of metadata, by number. @throws RequestError 400 */
function optionsFrom(given: unknown): Record<string, string> {
  if (!Array.isArray(given)) throw invalid('Options', 'must be a list of options')
  const options: Record<string, string> = {}
  let next = FIRST_VALUE
  for (const each of given as unknown[]) {
    const option = objectOf(each, 'Options')
    const value = numberOf(option, 'Value') ?? next
    if (!Number.isInteger(value) || value < 0 || value > 999_999_999)
      throw invalid('Options', 'each Value is a whole number from 0 to 999,999,999')
    if (Object.hasOwn(options, String(value))) throw invalid('Options', `the Value ${value} stands there twice`)
    const text = labelOf(option, 'Label')
    if (text === undefined) throw invalid('Options', `the option ${value} needs a Label`)
    options[String(value)] = text
    next = Math.max(next, value + 1)
  }
  return options
}

/** The choices of a column: its own, or those of a global option set, by name or by address. */
export function choicesOf(
  body: Json,
  byId: (id: string) => string | undefined,
): Pick<CustomColumn, 'options' | 'optionSet'> {
  const address = textOf(body, 'GlobalOptionSet@odata.bind')
  if (address !== undefined) return { optionSet: boundTo(address, byId) }
  if (body['OptionSet'] === undefined || body['OptionSet'] === null)
    throw invalid('OptionSet', 'or GlobalOptionSet@odata.bind is needed')
  const set = objectOf(body['OptionSet'], 'OptionSet')
  const name = textOf(set, 'Name')
  if (set['IsGlobal'] === true && name !== undefined) return { optionSet: name }
  return { options: optionsFrom(set['Options']) }
}

function boundTo(address: string, byId: (id: string) => string | undefined): string {
  const [, inside = ''] = /GlobalOptionSetDefinitions\(([^)]*)\)$/.exec(address) ?? []
  const name = /^Name='(\w+)'$/.exec(inside)?.[1] ?? byId(inside.toLowerCase())
  if (name === undefined)
    throw invalid('GlobalOptionSet@odata.bind', `there is no option set at ${address.slice(0, 100)}`)
  return name
}

/** @throws RequestError 400 */
export function optionSetFrom(body: Json): CustomOptionSet {
  const { name } = namesOf({ SchemaName: textOf(body, 'Name') })
  return present({
    name,
    label: labelOf(body, 'DisplayName') ?? name,
    description: labelOf(body, 'Description'),
    options: optionsFrom(body['Options'] ?? []),
  })
}

/** @throws RequestError 400 */
export function optionSetChange(body: Json, own: Json): Partial<Omit<CustomOptionSet, 'name'>> {
  refuseOthers(body, own, ['DisplayName', 'Description', 'Options'])
  const options = body['Options'] === undefined ? undefined : optionsFrom(body['Options'])
  const gone = (own['Options'] as { Value: number }[]).find(
    ({ Value }) => options && !Object.hasOwn(options, String(Value)),
  )
  if (gone) throw invalid('Options', `the option ${gone.Value} cannot be taken away: rows may hold it`)
  return present({ label: labelOf(body, 'DisplayName'), description: labelOf(body, 'Description'), options })
}
