import { findSetting, organizationSettings, personalOptions, type Setting, type SettingValue } from '#options'
import type { RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'
import { table } from '../terminal.ts'

const USER = {
  user: { type: 'string', value: 'user', says: 'Personal options of this user instead of the organization’s settings' },
} as const

const get: RegardingCommand = {
  name: 'options get',
  takes: '[name]',
  says: 'Settings of the organization, or personal options, with what is in force',
  positionals: [0, 1],
  flags: USER,
  async run({ regarding }, { positionals, flags }, output) {
    const user = flags['user'] ? await findUser(regarding, String(flags['user'])) : undefined
    const values = user ? (await regarding.options.personal([user])).get(user) : await regarding.options.organization()
    const all = user ? personalOptions : organizationSettings
    const settings = positionals[0] ? [findSetting(all, positionals[0])] : all
    const lines = settings.map((setting) => [
      setting.name,
      shown(setting, values?.[setting.name] ?? null),
      shown(setting, setting.default),
      setting.rule,
      setting.label,
    ])
    const data = Object.fromEntries(settings.map((setting) => [setting.name, values?.[setting.name] ?? null]))
    output.result(table(['Name', 'Value', 'Default', 'Rule', 'Meaning'], lines), data)
    return undefined
  },
}

/** A value as people type it. */
function shown(setting: Setting, value: SettingValue): string {
  if (value === null) return ''
  if (setting.type === 'boolean') return value ? 'yes' : 'no'
  const choice = Object.entries(setting.choices ?? {}).find(([, code]) => code === value)
  const text = choice ? choice[0] : String(value)
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

const set: RegardingCommand = {
  name: 'options set',
  takes: '<name> <value>',
  says: 'Change a setting of the organization or a personal option; the value “default” takes it back',
  positionals: [2, 2],
  flags: USER,
  async run({ regarding, principal }, { positionals, flags }, output) {
    const [name, value] = positionals as [string, string]
    const user = flags['user'] ? await findUser(regarding, String(flags['user'])) : undefined
    if (user) await regarding.options.setPersonal(principal, user, { [name]: value })
    else await regarding.options.setOrganization(principal, { [name]: value })
    output.result(`${name} is ${value}; it counts from the next cycle on.`, { name, value })
    return undefined
  },
}

export const optionsCommands = [get, set]
