import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepSearchIndex, PARTICIPATION, type Principal, ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { assemble, type Regarding, setVisibility } from '#sync'
import { SimulatedClock, systemClock } from '#time'
import { engines, openTestInstallation } from '../../support/database.ts'

describe.each(engines)('how far an email is seen (%s)', (kind) => {
  let regarding: Regarding
  let anna: Principal & { kind: 'user' }
  let ben: Principal & { kind: 'user' }
  const threadid = '0197a000-0000-7000-8000-000000000001'
  const person = async (name: string) => {
    const system = regarding.records.as(SYSTEM)
    const id = await system.create('systemuser', {
      lastname: name,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    await system.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id },
      roleid: { table: 'role', id: ROLES.salesManager },
    })
    return { kind: 'user', id } as const
  }
  const email = async (subject: string, more = {}) => {
    const system = regarding.records.as(SYSTEM)
    const id = await system.create('email', {
      subject,
      description: `About ${subject}`,
      sender: 'otto@kern.example',
      ownerid: { table: 'systemuser', id: anna.id },
      ...more,
    })
    await system.create('activitymimeattachment', {
      objectid: { table: 'email', id },
      filename: 'offer.pdf',
    })
    return id
  }
  const read = (who: Principal, id: string, table = 'email') =>
    regarding.records.as(who).retrieve(table, id, ['subject', 'description'])

  beforeAll(async () => {
    regarding = await assemble(await openTestInstallation(kind), new SimulatedClock())
    anna = await person('Anna')
    ben = await person('Ben')
  })
  afterAll(() => regarding.close())

  test('B-81: everybody who can read the record sees it, unless it is said otherwise', async () => {
    const id = await email('Open')
    expect(await read(ben, id)).toMatchObject({ subject: 'Open' })
  })

  test('B-81: participants only: others find nothing, neither email nor activity nor parts', async () => {
    const id = await email('Closed')
    await setVisibility(regarding, anna, { emailId: id, visibility: 'participants', conversation: false })
    expect(await read(anna, id)).toMatchObject({ subject: 'Closed' })
    expect(await read(ben, id)).toBeUndefined()
    expect(await read(ben, id, 'activitypointer')).toBeUndefined()
    const parts = await regarding.records.as(ben).query({ table: 'activitymimeattachment', columns: ['objectid'] })
    expect(parts.rows.filter((row) => row['objectid'] === id)).toEqual([])
    await expect(
      setVisibility(regarding, ben, { emailId: id, visibility: 'everyone', conversation: false }),
    ).rejects.toThrow(/no Email/)
    await regarding.records.as(SYSTEM).create('activityparty', {
      activityid: { table: 'email', id },
      participationtypemask: PARTICIPATION.cc,
      partyid: { table: 'systemuser', id: ben.id },
    })
    expect(await read(ben, id)).toMatchObject({ subject: 'Closed' })
  })

  test('B-81: metadata only: subject and body are neither read nor compared nor searched by others', async () => {
    const id = await email('Turbine secret')
    await setVisibility(regarding, anna, { emailId: id, visibility: 'metadata', conversation: false })
    expect(await read(ben, id)).toMatchObject({ subject: null, description: null })
    expect(await read(ben, id, 'activitypointer')).toMatchObject({ subject: null })
    const asked = await regarding.records.as(ben).query({
      table: 'email',
      columns: ['activityid', 'sender'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'subject', operator: 'like', values: ['%secret%'] }],
      },
    })
    expect(asked.rows).toEqual([])
    const parts = await regarding.records.as(ben).query({ table: 'activitymimeattachment', columns: ['objectid'] })
    expect(parts.rows.filter((row) => row['objectid'] === id)).toEqual([])
    await expect(
      setVisibility(regarding, ben, { emailId: id, visibility: 'everyone', conversation: false }),
    ).rejects.toThrow(/prvWriteActivity/)

    const { database, records, clock } = regarding
    const found = async (who: Principal, text: string) => (await records.search(who, { text })).count
    for (let tries = 0; tries < 200 && (await found(anna, 'turbine')) === 0; tries++) {
      while ((await keepSearchIndex({ database, catalogue: records.catalogue, clock })).more);
      await systemClock.sleep(20)
    }
    expect(await found(anna, 'turbine')).toBe(1)
    expect(await found(ben, 'turbine')).toBe(0)
    expect(await found(ben, 'kern.example')).toBeGreaterThan(0)
  })

  test('B-81: what comes later in the conversation follows, and the user’s own choice is the default', async () => {
    const first = await email('Thread', { threadid })
    const count = await setVisibility(regarding, anna, {
      emailId: first,
      visibility: 'participants',
      conversation: true,
    })
    expect(count).toBe(1)
    const second = await email('Re: Thread', { threadid })
    expect(await read(ben, second)).toBeUndefined()
    await regarding.options.setPersonal(SYSTEM, anna.id, { EmailVisibility: 'Metadata' })
    const third = await email('By default')
    expect(await read(ben, third)).toMatchObject({ subject: null })
    expect(await read(anna, third)).toMatchObject({ subject: 'By default' })
  })
})
