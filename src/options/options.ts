import type { Executor } from '#database'
import { type Access, type Principal, type Row, SYSTEM, type Values } from '#records'
import { organizationSettings } from './organizationSettings.ts'
import { personalOptions, TRACK_CHOICES } from './personalOptions.ts'
import {
  columnOf,
  effective,
  findSetting,
  parseSetting,
  type Setting,
  SettingError,
  type SettingValue,
} from './setting.ts'

export type Settings = Readonly<Record<string, SettingValue>>

/** The options that an administrator may change for somebody else (PO-6). */
const ADMINISTRABLE = new Set(['Track', 'Create', 'SendOnBehalf'])

/** The privilege by which organization settings are changed. */
export const WRITE_SETTINGS = 'prvWriteOrganization'

export type OrganizationSettings = Settings & { organizationId: string; organizationName: string }

export type SettingChecks = Readonly<Record<string, (value: string) => string | undefined>>

interface Records {
  as(principal: Principal): Access
}

/** Settings of the organization and personal options: stored, bounded, and read with their defaults. */
export class Options {
  readonly #records: Records
  readonly #checks: SettingChecks
  /** The settings as last read, with the version of their row. */
  #latest: { version: number; settings: OrganizationSettings } | undefined

  /** @param checks what rooms above know of values, by setting: says why one cannot be, or nothing */
  constructor(records: Records, checks: SettingChecks = {}) {
    this.#records = records
    this.#checks = checks
  }

  /** Every setting of the organization, by name, with its default where none was chosen. */
  async organization(executor?: Executor): Promise<OrganizationSettings> {
    const row = await this.#organizationRow(executor)
    const settings: OrganizationSettings = {
      ...valuesOf(organizationSettings, row),
      organizationId: String(row['organizationid']),
      organizationName: String(row['name']),
    }
    // What a transaction reads may never be committed.
    if (!executor?.isTransaction) this.#latest = { version: Number(row['versionnumber']), settings }
    return settings
  }

  /** The same for a caller that has just read the version of the row: reads only what has changed since. */
  async organizationAt(version: number): Promise<OrganizationSettings> {
    return this.#latest?.version === version ? this.#latest.settings : this.organization()
  }

  /** The settings as this process read them last; for what may be a cycle behind. */
  async recentOrganization(): Promise<OrganizationSettings> {
    return this.#latest?.settings ?? this.organization()
  }

  /**
   * Changes settings of the organization; all or none.
   * @throws SettingError naming the setting, what it takes, and what is missing.
   */
  async setOrganization(principal: Principal, changes: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#mayAdminister(principal, Object.keys(changes)[0] ?? 'settings')
    const row = await this.#organizationRow()
    const values = parseAll(organizationSettings, changes)
    this.#check(values)
    const prefix = values['trackingprefix']
    if (typeof prefix === 'string' && prefix !== effectivePrefix(row))
      values['formertrackingprefixes'] = JSON.stringify(formerPrefixes(row)) // T-54
    await this.#records.as(principal).update('organization', String(row['organizationid']), values) // B-83
  }

  /** Personal options of several users in one statement; defaults for those who chose nothing. */
  async personal(userIds: readonly string[], executor?: Executor): Promise<Map<string, Settings>> {
    const page = await this.#system(executor).query({
      table: 'usersettings',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'systemuserid', operator: 'in', values: [...userIds] }],
      },
    })
    const rows = new Map(page.rows.map((row) => [String(row['systemuserid']), row]))
    return new Map(userIds.map((id) => [id, valuesOf(personalOptions, rows.get(id) ?? {})]))
  }

  /**
   * Changes personal options; all or none (PO-3). A user changes the own ones; an administrator also Track, Create and
   * SendOnBehalf of others (PO-6).
   * @throws SettingError naming the option and its bounds.
   */
  async setPersonal(principal: Principal, userId: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
    if (principal.kind === 'user' && principal.id !== userId) await this.#mayChangeOthers(principal, changes)
    const organization = await this.organization()
    const values = parseAll(personalOptions, changes)
    for (const name of Object.keys(changes)) checkBounds(findSetting(personalOptions, name), values, organization)
    await this.#save(userId, values)
  }

  /** The minutes in force: never below the organization's minimum, which may have been raised since (PO-70). */
  effectiveMinutes(option: Setting, chosen: SettingValue, organization: Settings): number {
    const minimum = option.minimumFrom ? Number(organization[option.minimumFrom]) : 0
    return Math.max(Number(chosen), minimum)
  }

  #check(values: Values): void {
    for (const [name, check] of Object.entries(this.#checks)) {
      const value = values[name.toLowerCase()]
      const fault = typeof value === 'string' ? check(value) : undefined
      if (fault) throw new SettingError('SettingInvalid', name, `${name}: ${fault}`)
    }
  }

  #system(executor?: Executor): Access {
    const access = this.#records.as(SYSTEM)
    return executor ? access.in(executor) : access
  }

  async #organizationRow(executor?: Executor): Promise<Row> {
    const page = await this.#system(executor).query({ table: 'organization', top: 1 })
    const row = page.rows[0]
    if (!row) throw new SettingError('SettingUnknown', 'organization', 'The database holds no organization yet.')
    return row
  }

  async #mayAdminister(principal: Principal, setting: string): Promise<void> {
    if (await this.#records.as(principal).holds(WRITE_SETTINGS)) return
    throw new SettingError('SettingNotAllowed', setting, `Changing ${setting} needs the privilege ${WRITE_SETTINGS}.`)
  }

  async #mayChangeOthers(principal: Principal, changes: Readonly<Record<string, unknown>>): Promise<void> {
    const others = Object.keys(changes)
      .map((name) => findSetting(personalOptions, name).name)
      .filter((name) => !ADMINISTRABLE.has(name))
    if (others[0])
      throw new SettingError(
        'SettingNotAllowed',
        others[0],
        `${others[0]} can be changed only by the user it belongs to.`,
      )
    await this.#mayAdminister(principal, `another user's ${Object.keys(changes).join(', ')}`)
  }

  async #save(userId: string, values: Values): Promise<void> {
    const existing = await this.#system().query({
      table: 'usersettings',
      columns: ['usersettingsid'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'systemuserid', operator: 'eq', values: [userId] }],
      },
    })
    const id = existing.rows[0]?.['usersettingsid']
    if (id) await this.#system().update('usersettings', String(id), values)
    else {
      const user = { table: 'systemuser', id: userId }
      await this.#system().create('usersettings', { systemuserid: user, ownerid: user, ...values })
    }
  }
}

function valuesOf(settings: readonly Setting[], row: Row): Settings {
  return Object.fromEntries(settings.map((setting) => [setting.name, effective(setting, row[columnOf(setting)])]))
}

function parseAll(settings: readonly Setting[], changes: Readonly<Record<string, unknown>>): Values {
  return Object.fromEntries(
    Object.entries(changes).map(([name, given]) => {
      const setting = findSetting(settings, name)
      return [columnOf(setting), parseSetting(setting, given)]
    }),
  )
}

function checkBounds(setting: Setting, values: Values, organization: Settings): void {
  if (setting.allowedBy && organization[setting.allowedBy] === false)
    throw new SettingError(
      'SettingNotAllowed',
      setting.name,
      `${setting.name} cannot be changed: the organization's setting ${setting.allowedBy} is off.`,
    )
  const value = values[columnOf(setting)]
  const minimum = setting.minimumFrom ? Number(organization[setting.minimumFrom]) : undefined
  if (minimum !== undefined && typeof value === 'number' && value < minimum)
    throw new SettingError(
      'SettingInvalid',
      setting.name,
      `${setting.name} takes at least ${minimum} minutes, not ${value}.`,
    )
  // PO-31: the choice "None" is kept where it was made, but not offered anew.
  if (setting.name === 'Track' && value === TRACK_CHOICES.None && organization['DoNotAutoTrackEmail'] === false)
    throw new SettingError('SettingNotAllowed', 'Track', 'Track cannot be None while DoNotAutoTrackEmail is off.')
}

function effectivePrefix(row: Row): string {
  const prefix = row['trackingprefix']
  return typeof prefix === 'string' ? prefix : 'CRM:'
}

function formerPrefixes(row: Row): string[] {
  const stored = row['formertrackingprefixes']
  const former: unknown = typeof stored === 'string' ? JSON.parse(stored) : []
  const list = Array.isArray(former) ? former.filter((prefix): prefix is string => typeof prefix === 'string') : []
  return [...new Set([effectivePrefix(row), ...list])]
}
