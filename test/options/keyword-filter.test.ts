import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { assemble, type Regarding } from '#sync'
import { systemClock } from '#time'
import { openTestInstallation } from '../support/database.ts'

describe('the expression that smart matching takes off subjects', () => {
  let regarding: Regarding
  beforeAll(async () => {
    regarding = await assemble(await openTestInstallation(), systemClock)
  })
  afterAll(async () => regarding?.close())

  it('T-57: is refused when it could take for ever, or is none, with the cause', async () => {
    for (const bad of ['(a', '(?=x)y', '(\\w*)*$'])
      await expect(regarding.options.setOrganization(SYSTEM, { HashFilterKeywords: bad })).rejects.toMatchObject({
        code: 'SettingInvalid',
        setting: 'HashFilterKeywords',
      })
    await regarding.options.setOrganization(SYSTEM, { HashFilterKeywords: '^(re|fw):' })
    expect((await regarding.options.organization())['HashFilterKeywords']).toBe('^(re|fw):')
  })
})
