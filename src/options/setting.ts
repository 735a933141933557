import type { ColumnDefinition, Value } from '#records'

/** One setting: a name people use, and the column of `organization` or `usersettings` that keeps it. */
export interface Setting {
  /** As the field knows it, e.g. `AutoTrackSentFolderItems`. Read without regard to case. */
  name: string
  label: string
  /** The rule of docs/rules.md that gives it meaning. */
  rule: string
  type: 'boolean' | 'integer' | 'text' | 'choice'
  default: boolean | number | string | null
  /** Inclusive bounds of an integer, or of the length of a text. */
  min?: number
  max?: number
  /** What a choice may be: value by the name people type. */
  choices?: Readonly<Record<string, number>>
  /** Where a person sees it: the web application, the client on the own computer, or administration only. */
  surface?: readonly ('web' | 'client')[]
  tab?: 'Synchronization' | 'Email' | 'Address Book' | 'Local Data'
  /** For a personal option: the organization setting that is its lower bound. */
  minimumFrom?: string
  /** For a personal option: the organization setting that must be on for it to be changed. */
  allowedBy?: string
}

export type SettingValue = boolean | number | string | null

/** A value that a setting does not take. */
export class SettingError extends Error {
  readonly code: 'SettingUnknown' | 'SettingInvalid' | 'SettingNotAllowed'
  readonly setting: string

  constructor(code: SettingError['code'], setting: string, message: string) {
    super(message)
    this.name = 'SettingError'
    this.code = code
    this.setting = setting
  }
}

export function columnOf(setting: Setting): string {
  return setting.name.toLowerCase()
}

/** The declaration of the column that keeps a setting; null means "not chosen", so that a later default takes effect. */
export function columnDefinitionOf(setting: Setting): ColumnDefinition {
  const column = { name: columnOf(setting), label: setting.label }
  switch (setting.type) {
    case 'boolean':
      return { ...column, type: 'boolean' }
    case 'integer':
      return {
        ...column,
        type: 'integer',
        ...(setting.min === undefined ? {} : { min: setting.min }),
        ...(setting.max === undefined ? {} : { maxValue: setting.max }),
      }
    case 'text':
      return { ...column, type: 'text', max: setting.max ?? 4000 }
    case 'choice':
      return {
        ...column,
        type: 'choice',
        options: Object.fromEntries(Object.entries(setting.choices ?? {}).map(([label, value]) => [value, label])),
      }
  }
}

export function findSetting(settings: readonly Setting[], name: string): Setting {
  const wanted = name.toLowerCase()
  const found = settings.find((setting) => columnOf(setting) === wanted)
  if (found) return found
  const near = settings.filter((setting) => columnOf(setting).includes(wanted)).map((setting) => setting.name)
  throw new SettingError(
    'SettingUnknown',
    name,
    `There is no setting "${name}".${near.length ? ` Did you mean ${near.slice(0, 3).join(', ')}?` : ''}`,
  )
}

/** Reads what a person typed; null, `default` and the empty text give the default back. */
export function parseSetting(setting: Setting, given: unknown): SettingValue {
  if (given === null || given === undefined || given === '' || given === 'default') return null
  switch (setting.type) {
    case 'boolean':
      return parseBoolean(setting, given)
    case 'integer':
      return parseInteger(setting, given)
    case 'choice':
      return parseChoice(setting, given)
    case 'text': {
      const text = typeof given === 'string' ? given : JSON.stringify(given)
      const [least, most] = [setting.min ?? 0, setting.max ?? 4000]
      if (text.length < least || text.length > most)
        throw invalid(setting, `takes ${least} to ${most} characters, not ${text.length}`)
      return text
    }
  }
}

function parseBoolean(setting: Setting, given: unknown): boolean {
  const text = String(given).toLowerCase()
  if (['true', 'yes', 'on', '1'].includes(text)) return true
  if (['false', 'no', 'off', '0'].includes(text)) return false
  throw invalid(setting, `takes yes or no, not "${String(given)}"`)
}

function parseInteger(setting: Setting, given: unknown): number {
  const number = typeof given === 'number' ? given : Number(String(given))
  if (!Number.isInteger(number)) throw invalid(setting, `takes a whole number, not "${String(given)}"`)
  if (setting.min !== undefined && number < setting.min)
    throw invalid(setting, `takes at least ${setting.min}, not ${number}`)
  if (setting.max !== undefined && number > setting.max)
    throw invalid(setting, `takes at most ${setting.max}, not ${number}`)
  return number
}

function parseChoice(setting: Setting, given: unknown): number {
  const choices = setting.choices ?? {}
  const text = String(given).toLowerCase()
  for (const [name, value] of Object.entries(choices))
    if (name.toLowerCase() === text || String(value) === text) return value
  throw invalid(setting, `takes one of ${Object.keys(choices).join(', ')}, not "${String(given)}"`)
}

function invalid(setting: Setting, what: string): SettingError {
  return new SettingError('SettingInvalid', setting.name, `${setting.name} ${what}. (${setting.label})`)
}

/** The value in force: what is stored, else the default. */
export function effective(setting: Setting, stored: Value | undefined): SettingValue {
  return stored === null || stored === undefined || stored instanceof Date ? setting.default : stored
}
