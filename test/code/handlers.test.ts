import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { type Access, ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { assemble, type Regarding, workCode } from '#sync'
import { systemClock } from '#time'
import { engines, openTestInstallation, testDirectory } from '../support/database.ts'

/** The installation's own code: validators and handlers of writes. */

const MODULE = fileURLToPath(new URL('./handlers.mjs', import.meta.url))

describe.each(engines)('%s', (engine) => {
  let regarding: Regarding
  let system: Access
  let user: Access
  beforeAll(async () => {
    regarding = await assemble(await openTestInstallation(engine), systemClock, { code: MODULE })
    system = regarding.records.as(SYSTEM)
    const id = await system.create('systemuser', {
      lastname: 'Coder',
      domainname: 'coder@adatum.example',
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    const roleid = { table: 'role', id: ROLES.salesperson }
    await system.create('systemuserroles', { systemuserid: { table: 'systemuser', id }, roleid })
    user = regarding.records.as({ kind: 'user', id })
  })
  afterAll(() => regarding.close())

  it('Code points: a validator refuses with its own words, and nothing is written', async () => {
    const refused = user.createMany('contact', [{ lastname: 'Fine' }, { lastname: 'x' }])
    await expect(refused).rejects.toMatchObject({
      code: 'IsvAborted',
      message: 'Names are spelled: A name has more than one letter.',
    })
    expect((await user.query({ table: 'contact' })).rows).toEqual([])
    const id = await user.create('contact', { lastname: 'Fine' })
    await expect(user.update('contact', id, { lastname: 'x' })).rejects.toMatchObject({ code: 'IsvAborted' })
    await user.update('contact', id, { firstname: 'x' })
  })

  it('Code points: a handler changes what is written, and reads and writes in the transaction as who writes', async () => {
    const plain = await user.create('contact', { lastname: 'Berg' })
    expect(await user.retrieve('contact', plain, ['lastname'])).toMatchObject({ lastname: 'BERG' })
    const counted = await user.create('contact', { lastname: 'Berg', department: 'count' })
    expect(await user.retrieve('contact', counted, ['jobtitle'])).toMatchObject({ jobtitle: 'By a user' })
    const failing = user.create('contact', { lastname: 'Gone', department: 'count', jobtitle: 'y'.repeat(5000) })
    await failing.catch(() => undefined)
    const before = (await user.query({ table: 'account' })).rows.length
    await expect(
      regarding.database.transaction(async (tx) => {
        await user.in(tx).create('contact', { lastname: 'Undone', department: 'count' })
        throw new Error('undo')
      }),
    ).rejects.toThrow('undo')
    expect((await user.query({ table: 'account' })).rows).toHaveLength(before)
  })

  it('Code points: one that hangs is ended in time and named; the others go on', async () => {
    const start = Date.now()
    await expect(user.create('account', { name: 'hang' })).rejects.toMatchObject({
      code: 'IsvAborted',
      message: 'The handler “Hangs” did not finish within 0.5 seconds and was ended.',
    })
    expect(Date.now() - start).toBeLessThan(5_000)
    await user.create('account', { name: 'goes on' })
  })

  it('Code points: one that is broken, or ends its thread, is named; the others go on', async () => {
    await expect(user.create('account', { name: 'broken' })).rejects.toThrow(
      /The handler “Broken” failed \(TypeError: .*\); its module must be put right/,
    )
    await expect(user.create('account', { name: 'exit' })).rejects.toMatchObject({ code: 'IsvAborted' })
    await user.create('account', { name: 'goes on' })
  })

  it('Code points: a deletion is refused; handlers that call themselves without end are stopped', async () => {
    const kept = await user.create('account', { name: 'kept' })
    await expect(user.delete('account', kept)).rejects.toThrow('Kept: This company stays.')
    await expect(system.create('lead', { subject: 'first', lastname: 'L' })).rejects.toThrow('more than 4 deep')
  })

  it('Code points: track is the creation of an email by the system', async () => {
    const subject = 'forbidden'
    await expect(system.create('email', { subject })).rejects.toThrow('Only of people we know: Not this one.')
    await user.create('email', { subject })
  })

  it('Code points: what comes after is done once the write is committed, again where it failed', async () => {
    await workCode(regarding, () => undefined)
    const id = await user.create('opportunity', { name: 'One' })
    await user.update('opportunity', id, { name: 'Two' })
    const end = Date.now() + 15_000
    const noted = async () => (await user.retrieve('opportunity', id, ['stepname']))?.['stepname'] === 'noted'
    while (!(await noted()) && Date.now() < end) await systemClock.sleep(100)
    expect(await noted()).toBe(true)
  })
})

test('Code points: a module that cannot be used says which file and why, when the installation is opened', async () => {
  const directory = await testDirectory()
  const cases: [string, string, string][] = [
    ['none.mjs', 'export const nothing = 1', 'exports no list'],
    ['syntax.mjs', 'export const handlers = [', 'Unexpected end of input'],
    [
      'stage.mjs',
      "export const handlers = [{ name: 'A', table: 'contact', message: 'create', stage: 'x', run() {} }]",
      'stage is validate',
    ],
    [
      'table.mjs',
      "export const handlers = [{ name: 'A', table: 'nosuch', message: 'create', stage: 'after', run() {} }]",
      '"nosuch", which does not exist',
    ],
  ]
  const database = await openTestInstallation()
  try {
    for (const [name, text, said] of cases) {
      const code = join(directory, name)
      await writeFile(code, text)
      await expect(assemble(database, systemClock, { code })).rejects.toThrow(said)
    }
  } finally {
    await database.close()
  }
})
