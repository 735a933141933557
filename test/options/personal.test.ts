import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { organizationSettings, personalOptions, SettingError } from '#options'
import { ROLES, SYSTEM } from '#records'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

const options = () => company.regarding.options
const anna = () => ({ kind: 'user', id: company.anna.id }) as const
const ben = () => ({ kind: 'user', id: company.ben.id }) as const
const chosen = async (userId: string) => (await options().personal([userId])).get(userId)
const change = (changes: Record<string, unknown>) => options().setPersonal(anna(), company.anna.id, changes)
/** The refusal of a change, which must leave everything as it was. */
async function refusal(deed: () => Promise<unknown>): Promise<SettingError> {
  const before = await chosen(company.anna.id)
  const error = await deed().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SettingError)
  expect(await chosen(company.anna.id)).toEqual(before)
  return error as SettingError
}

describe('personal options that nobody changed', () => {
  it.each([
    ['PO-13', 'UpdateCompanyField', false],
    ['PO-15', 'ScheduleSynchronization', true],
    ['PO-15', 'SynchronizationMinutes', 15],
    ['PO-20', 'SendEmailByClient', true],
    ['PO-21', 'CheckIncomingInClient', false],
    ['PO-22', 'Track', 1],
    ['PO-24', 'Create', 0],
    ['PO-25', 'SendOnBehalf', false],
    ['PO-40', 'MatchContacts', 0],
    ['PO-42', 'MatchOtherRecords', 1],
    ['PO-44', 'AddressBookTables', ''],
    ['PO-50', 'UpdateLocalData', true],
    ['PO-51', 'DuplicateDetectionOffline', false],
    ['PO-52', 'LocalDataMinutes', 15],
  ])('%s: %s is %j', async (_, name, value) => {
    expect((await chosen(company.ben.id))?.[name]).toBe(value)
  })

  it.each([
    ['PO-60', 'PerformChecksAsEmailIsReceived', true],
    ['PO-61', 'PromoteIncomingEmailMinutes', 10],
    ['PO-62', 'SendPendingEmailMinutes', 10],
    ['PO-63', 'UsersCanScheduleSynchronization', true],
    ['PO-64', 'MinimumSynchronizationMinutes', 15],
    ['PO-65', 'UsersCanScheduleLocalData', true],
    ['PO-66', 'MinimumLocalDataMinutes', 15],
    ['PO-67', 'UsersCanScheduleAddressBook', true],
    ['PO-68', 'MinimumAddressBookHours', 1],
    ['PO-69', 'ShowGetTheClientBar', true],
  ])('%s: the organization has %s %j', async (_, name, value) => {
    expect((await options().organization())[name]).toBe(value)
  })

  it('MO-4, FT-1, T-40, T-83, MB-60, MB-90, MB-92: every setting of the organization has its documented default', async () => {
    expect(await options().organization()).toMatchObject({
      ErrorAlerts: true,
      WarningAlerts: false,
      InformationAlerts: true,
      NotifyMailboxOwner: false,
      UseFolderTracking: true,
      UseCorrelation: true,
      UseTrackingTokens: true,
      UseSmartMatching: false,
      CreateQueueItemForSynchronizingMailbox: true,
      RequireApprovalForUserEmail: true,
      RequireApprovalForQueueEmail: true,
      DefaultIncomingMethod: 2,
      DefaultActMethod: 2,
      MaxUploadFileSize: 5120,
    })
  })
})

describe('changing personal options', () => {
  it('PO-3: all are stored or none; what is not valid is named', async () => {
    await change({ Track: 'All', SendOnBehalf: 'yes' })
    expect(await chosen(company.anna.id)).toMatchObject({ Track: 0, SendOnBehalf: true })
    const error = await refusal(() => change({ SendOnBehalf: 'no', Create: 'Accounts' }))
    expect(error).toMatchObject({ code: 'SettingInvalid', setting: 'Create' })
    expect(error.message).toContain('Off, Contacts, Leads')
    expect(await refusal(() => change({ Colour: 'blue' }))).toMatchObject({ code: 'SettingUnknown', setting: 'Colour' })
    await change({ Track: null, SendOnBehalf: null })
  })

  it('PO-4: options of the client keep their value when others change, and belong to one user', async () => {
    await change({ MatchContacts: 'All' })
    await change({ Track: 'EmailEnabled' })
    expect(await chosen(company.anna.id)).toMatchObject({ MatchContacts: 1, Track: 3 })
    expect(await chosen(company.ben.id)).toMatchObject({ MatchContacts: 0, Track: 1 })
    await change({ MatchContacts: 'default', Track: 'default' })
    expect(await chosen(company.anna.id)).toMatchObject({ MatchContacts: 0, Track: 1 })
  })

  it('PO-6: nobody changes the options of others; an administrator does so for Track, Create and SendOnBehalf', async () => {
    const byBen = await refusal(() => options().setPersonal(ben(), company.anna.id, { Track: 'All' }))
    expect(byBen.code).toBe('SettingNotAllowed')
    const system = company.regarding.records.as(SYSTEM)
    const id = await system.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: company.ben.id },
      roleid: { table: 'role', id: ROLES.systemAdministrator },
    })
    await options().setPersonal(ben(), company.anna.id, { Track: 'All', Create: 'Leads', SendOnBehalf: true })
    expect(await chosen(company.anna.id)).toMatchObject({ Track: 0, Create: 2, SendOnBehalf: true })
    const other = await refusal(() => options().setPersonal(ben(), company.anna.id, { MatchContacts: 'All' }))
    expect(other).toMatchObject({ code: 'SettingNotAllowed', setting: 'MatchContacts' })
    await system.delete('systemuserroles', id)
    await change({ Track: null, Create: null, SendOnBehalf: null })
  })

  it.each([
    ['PO-15a', 'SynchronizationMinutes'],
    ['PO-52', 'LocalDataMinutes'],
  ])('%s: %s below the minimum of the organization is refused, and the minimum named', async (_, name) => {
    expect((await refusal(() => change({ [name]: 14 }))).message).toContain('at least 15 minutes')
    await change({ [name]: 15 })
    expect((await chosen(company.anna.id))?.[name]).toBe(15)
  })

  it.each([
    ['PO-15b', 'SynchronizationMinutes', 'UsersCanScheduleSynchronization'],
    ['PO-15b', 'ScheduleSynchronization', 'UsersCanScheduleSynchronization'],
    ['PO-52', 'LocalDataMinutes', 'UsersCanScheduleLocalData'],
  ])('%s: %s cannot be changed while %s is off', async (_, name, setting) => {
    await company.set({ [setting]: false })
    const error = await refusal(() => change({ [name]: name.endsWith('Minutes') ? 30 : false }))
    expect(error).toMatchObject({ code: 'SettingNotAllowed', setting: name })
    expect(error.message).toContain(setting)
    await company.set({ [setting]: null })
    await change({ [name]: name.endsWith('Minutes') ? 30 : false })
    await change({ [name]: null })
  })

  it('PO-70: a minimum that is raised later leaves what is stored, and the larger counts', async () => {
    await change({ SynchronizationMinutes: 20 })
    await company.set({ MinimumSynchronizationMinutes: 45 })
    const option = personalOptions.find((item) => item.name === 'SynchronizationMinutes')
    const stored = (await chosen(company.anna.id))?.['SynchronizationMinutes'] ?? null
    expect(stored).toBe(20)
    const organization = await options().organization()
    expect(option && options().effectiveMinutes(option, stored, organization)).toBe(45)
    expect(option && options().effectiveMinutes(option, 60, organization)).toBe(60)
    await company.set({ MinimumSynchronizationMinutes: null })
  })

  it('PO-30, PO-31: 4 is offered while DoNotAutoTrackEmail is on; who chose it keeps it afterwards', async () => {
    for (const [value, name] of ['All', 'Replies', 'LeadsContactsAccounts', 'EmailEnabled', 'None'].entries()) {
      await change({ Track: name })
      expect((await chosen(company.anna.id))?.['Track']).toBe(value)
    }
    await company.set({ DoNotAutoTrackEmail: false })
    expect((await chosen(company.anna.id))?.['Track']).toBe(4)
    expect(await refusal(() => change({ Track: 4 }))).toMatchObject({ code: 'SettingNotAllowed', setting: 'Track' })
    await change({ Track: 'Replies' })
    expect(await refusal(() => change({ Track: 'None' }))).toMatchObject({ code: 'SettingNotAllowed' })
    await company.set({ DoNotAutoTrackEmail: null })
  })
})

describe('settings of the organization', () => {
  it('PO-6: need a privilege', async () => {
    await expect(options().setOrganization(anna(), { UseSmartMatching: true })).rejects.toMatchObject({
      code: 'SettingNotAllowed',
      message: expect.stringContaining('prvWriteOrganization'),
    })
  })

  it('T-50, MB-92, SC-14: bounds are held, and the refusal tells them', async () => {
    const cases: [string, unknown, string][] = [
      ['TrackingPrefix', 'x'.repeat(21), '1 to 20 characters'],
      ['TrackingTokenIdDigits', 11, 'at most 10'],
      ['MaxTrackingNumberDigits', 0, 'at least 1'],
      ['TrackingTokenIdBase', 2_147_483_648, 'at most 2147483647'],
      ['MaxUploadFileSize', 131_073, 'at most 131072'],
      ['IncomingCycleCap', 0, 'at least 1'],
      ['IncomingCycleCap', '1.5', 'whole number'],
      ['UseCorrelation', 'perhaps', 'yes or no'],
    ]
    for (const [name, value, words] of cases)
      await expect(options().setOrganization(SYSTEM, { [name]: value })).rejects.toMatchObject({
        setting: name,
        message: expect.stringContaining(words),
      })
  })

  it('T-54: every prefix ever used is remembered', async () => {
    for (const prefix of ['ADATUM:', 'SALES#', 'CRM:']) await company.set({ TrackingPrefix: prefix })
    const former = JSON.parse(String((await options().organization())['FormerTrackingPrefixes'])) as string[]
    expect(new Set(former)).toEqual(new Set(['ADATUM:', 'SALES#', 'CRM:']))
  })

  it('PO-3: names are unique, whatever their letter case, and every default keeps its own bounds', () => {
    for (const settings of [organizationSettings, personalOptions]) {
      const names = settings.map((setting) => setting.name.toLowerCase())
      expect(new Set(names).size).toBe(names.length)
      for (const { name, default: value, min, max, choices } of settings) {
        const allowed = choices ? Object.values(choices) : []
        const fits = choices
          ? allowed.includes(Number(value))
          : Number(value) >= (min ?? 0) && Number(value) <= (max ?? Infinity)
        expect([name, typeof value !== 'number' || fits]).toEqual([name, true])
      }
    }
  })
})
