import type { ColumnChange, CustomColumn } from '#records'
import type { Json } from '../../rows.ts'
import {
  invalid,
  labelOf,
  namesOf,
  numberOf,
  objectOf,
  present,
  refuseOthers,
  textOf,
  typeOf,
  yesNoOf,
} from './given.ts'
import { choicesOf } from './options.ts'

const TYPES: Readonly<Record<string, CustomColumn['type']>> = {
  String: 'text',
  Memo: 'memo',
  Integer: 'integer',
  BigInt: 'bigint',
  Decimal: 'decimal',
  Money: 'money',
  Boolean: 'boolean',
  DateTime: 'datetime',
  Picklist: 'choice',
  MultiSelectPicklist: 'choices',
}
const FORMATS: Readonly<Record<string, 'email' | 'phone' | 'url' | undefined>> = {
  Text: undefined,
  TextArea: undefined,
  Email: 'email',
  Phone: 'phone',
  Url: 'url',
}

/** The declaration that attribute metadata asks for. @throws RequestError 400 naming the property. */
export function columnFrom(given: unknown, optionSetById: (id: string) => string | undefined): CustomColumn {
  const body = objectOf(given, 'Attributes')
  const kind = (typeOf(body) ?? textOf(body, 'AttributeType') ?? '').replace(/AttributeMetadata$/, '')
  if (kind === 'Lookup')
    throw invalid('@odata.type', 'a lookup comes with its relationship: POST it to RelationshipDefinitions')
  const type = TYPES[kind]
  if (!type) throw invalid('@odata.type', `must be one of ${Object.keys(TYPES).join(', ')} + AttributeMetadata`)
  refuseComputed(body)
  return present({ ...namesOf(body), type, ...commonOf(body), ...particularsOf(body, type, optionSetById) })
}

function refuseComputed(body: Json): void {
  if ((numberOf(body, 'SourceType') ?? 0) !== 0)
    throw invalid('SourceType', 'columns that are computed are not offered')
  for (const name of ['AutoNumberFormat', 'FormulaDefinition'])
    if (textOf(body, name)) throw invalid(name, 'columns that are computed are not offered')
}

/** What every column has. */
export function commonOf(body: Json): Pick<CustomColumn, 'label' | 'description' | 'asked' | 'secured'> {
  return present({
    label: labelOf(body, 'DisplayName'),
    description: labelOf(body, 'Description'),
    asked: askedOf(body),
    secured: yesNoOf(body, 'IsSecured') || undefined,
  })
}

function askedOf(body: Json): CustomColumn['asked'] {
  const given = body['RequiredLevel']
  const level = typeof given === 'string' ? given : (given as { Value?: unknown } | null | undefined)?.Value
  if (level === undefined || level === null || level === 'None') return undefined
  if (level === 'ApplicationRequired') return 'required'
  if (level === 'Recommended') return 'recommended'
  throw invalid('RequiredLevel', 'must be None, Recommended or ApplicationRequired')
}

function particularsOf(
  body: Json,
  type: CustomColumn['type'],
  optionSetById: (id: string) => string | undefined,
): Partial<CustomColumn> {
  switch (type) {
    case 'text':
      return present({ max: numberOf(body, 'MaxLength'), format: formatOf(body) })
    case 'memo':
      return present({ max: numberOf(body, 'MaxLength') })
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'money':
      return present({ min: numberOf(body, 'MinValue'), maxValue: numberOf(body, 'MaxValue') })
    case 'boolean':
      return present({ default: yesNoOf(body, 'DefaultValue') })
    case 'datetime':
      return { type: isDay(body) ? 'date' : 'datetime' }
    case 'choice':
    case 'choices': {
      const value = numberOf(body, 'DefaultFormValue')
      const chosen = type === 'choice' && value !== undefined && value !== -1 ? value : undefined
      return present({ ...choicesOf(body, optionSetById), default: chosen })
    }
    case 'date':
    case 'json':
    case 'lookup':
      return {}
  }
}

function formatOf(body: Json): CustomColumn['format'] {
  const named =
    body['FormatName'] === undefined ? undefined : textOf(objectOf(body['FormatName'], 'FormatName'), 'Value')
  const format = named ?? textOf(body, 'Format') ?? 'Text'
  if (Object.hasOwn(FORMATS, format)) return FORMATS[format]
  throw invalid('FormatName', `must be one of ${Object.keys(FORMATS).join(', ')}`)
}

function isDay(body: Json): boolean {
  const given = body['DateTimeBehavior']
  const behavior =
    given === undefined || given === null ? undefined : textOf(objectOf(given, 'DateTimeBehavior'), 'Value')
  if (behavior === 'TimeZoneIndependent') throw invalid('DateTimeBehavior', 'must be UserLocal or DateOnly')
  return behavior === 'DateOnly' || (behavior === undefined && textOf(body, 'Format') === 'DateOnly')
}

/** Of columns that come with the product, only who may see them is changed. */
function standardChange(body: Json, own: Json): ColumnChange {
  refuseOthers(body, own, ['IsSecured'])
  const secured = yesNoOf(body, 'IsSecured')
  return secured === undefined || secured === own['IsSecured'] ? {} : { secured }
}

const CHANGEABLE = ['DisplayName', 'Description', 'RequiredLevel', 'MaxLength', 'IsSecured']

/** What an update of attribute metadata asks for. @throws RequestError 400 naming what cannot be changed. */
export function columnChange(body: Json, own: Json): ColumnChange {
  if (own['IsCustomAttribute'] === false) return standardChange(body, own)
  refuseOthers(body, own, CHANGEABLE)
  const max = numberOf(body, 'MaxLength')
  const secured = yesNoOf(body, 'IsSecured')
  return {
    ...commonOf(body),
    // A level that is given is set, also that nothing is asked.
    ...('RequiredLevel' in body ? { asked: askedOf(body) } : {}),
    ...(max === undefined || max === own['MaxLength'] ? {} : { max }),
    ...(secured === undefined ? {} : { secured }),
  }
}
