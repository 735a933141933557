import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MailboxRuleError } from '#mailboxes'
import { ROLES, type Row, SYSTEM, type Values } from '#records'
import { addQueue, addUser, type Company, openCompany, type Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
})
afterAll(() => company?.close())

const system = () => company.regarding.records.as(SYSTEM)
const mailboxes = () => company.regarding.mailboxes
const mailbox = async (person: Pick<Person, 'mailboxId'>) =>
  (await system().retrieve('mailbox', person.mailboxId)) as Row
const newUser = (name: string) => addUser(company.regarding, name, 'Test', `${name.toLowerCase()}@adatum.example`)
const newQueue = (name: string) =>
  addQueue(company.regarding, name, `${name.toLowerCase()}@adatum.example`, company.ben)
const update = (person: Pick<Person, 'mailboxId'>, values: Values) =>
  mailboxes().update(SYSTEM, person.mailboxId, values)
const profile = (values: Values = {}) =>
  mailboxes().createProfile(SYSTEM, {
    name: 'Other',
    servertype: 3,
    incomingserverlocation: 'imap.test.example',
    ...values,
  })
/** What a save is refused for; undefined when it is not. */
async function refusal(deed: Promise<unknown>): Promise<{ field: string; message: string } | undefined> {
  try {
    await deed
    return undefined
  } catch (error) {
    if (!(error instanceof MailboxRuleError)) throw error
    return { field: error.field, message: error.message }
  }
}
const because = (field: string, words: RegExp) => ({ field, message: expect.stringMatching(words) as unknown })

async function defaults(): Promise<unknown[]> {
  const page = await system().query({ table: 'emailserverprofile', columns: ['emailserverprofileid', 'isdefault'] })
  return page.rows.filter((row) => row['isdefault'] === true).map((row) => row['emailserverprofileid'])
}

describe('server profiles', () => {
  it('MB-1, MB-7, MB-8, MB-9, MB-10, MB-11, MB-13…MB-19: kinds and values, with their defaults', async () => {
    const row = await system().retrieve('emailserverprofile', await profile())
    expect(row).toMatchObject({
      servertype: 3,
      incomingauthenticationprotocol: 0,
      outgoingauthenticationprotocol: 0,
      incomingsecurity: 1,
      outgoingsecurity: 1,
      useimpersonation: false,
      usesamesettingsforoutgoing: true,
      minpollingintervalinminutes: 0,
      maxconcurrentconnections: 10,
      timeoutmailboxconnection: true,
      timeoutmailboxconnectionafteramount: 100_000,
      moveundeliveredemails: false,
      sendemailalert: false,
      encodingcodepage: 'utf-8',
      statecode: 0,
    })
    for (const kind of [0, 1, 2, 4, 5, 6]) await profile({ name: `Kind ${kind}`, servertype: kind })
    await expect(profile({ servertype: 7 })).rejects.toThrow(/servertype/)
  })

  it.each([
    ['MB-4', { name: 'x'.repeat(101) }, 'name'],
    ['MB-4', { name: null }, 'name'],
    ['MB-8', { incomingportnumber: 65_536 }, 'incomingportnumber'],
    ['MB-8', { outgoingportnumber: -1 }, 'outgoingportnumber'],
    ['MB-13', { minpollingintervalinminutes: 1441 }, 'minpollingintervalinminutes'],
    ['MB-14', { maxconcurrentconnections: 0 }, 'maxconcurrentconnections'],
    ['MB-14', { maxconcurrentconnections: 65_537 }, 'maxconcurrentconnections'],
    ['MB-15', { timeoutmailboxconnectionafteramount: 100_001 }, 'timeoutmailboxconnectionafteramount'],
    ['MB-6', { authenticateusing: 5 }, 'authenticateusing'],
  ] as [string, Values, string][])('%s: %j is refused, and the column named', async (_, values, column) => {
    await expect(profile(values)).rejects.toMatchObject({ column })
  })

  it('MB-3: a new default takes the place of the old one; only who may write profiles changes it', async () => {
    const [first, second] = [await profile({ name: 'First', isdefault: true }), await profile({ name: 'Second' })]
    expect(await defaults()).toEqual([first])
    await mailboxes().updateProfile(SYSTEM, second, { isdefault: true })
    expect(await defaults()).toEqual([second])
    const anna = { kind: 'user', id: company.anna.id } as const
    await expect(mailboxes().updateProfile(anna, first, { isdefault: true })).rejects.toMatchObject({
      code: 'PrivilegeDenied',
    })
    expect(await defaults()).toEqual([second])
  })

  it('MB-5: without auto-discovery the locations are required, by whatever interface', async () => {
    expect(await refusal(profile({ incomingserverlocation: null }))).toEqual(
      because('incomingserverlocation', /required/),
    )
    expect(await refusal(system().create('emailserverprofile', { name: 'None', servertype: 3 }))).toEqual(
      because('incomingserverlocation', /required/),
    )
    expect(await refusal(profile({ usesamesettingsforoutgoing: false }))).toEqual(
      because('outgoingserverlocation', /required/),
    )
    await profile({ useautodiscover: true, incomingserverlocation: null })
  })

  it('MB-25: servers of different families cannot be one profile', async () => {
    const location = 'https://outlook.test.example/EWS/Exchange.asmx'
    expect(await refusal(profile({ outgoingserverlocation: location }))).toEqual(
      because('outgoingserverlocation', /cannot be mixed/),
    )
    expect(await refusal(profile({ incomingserverlocation: location }))).toEqual(
      because('incomingserverlocation', /host/),
    )
  })

  it('MB-26, SC-1: an inactive profile stops its mailboxes and changes none of them; an active one lets them go on', async () => {
    const before = await mailbox(company.ben)
    const id = String(before['emailserverprofile'])
    const incoming = async () => (await company.regarding.schedule.statusOf(company.ben.mailboxId))[0]
    expect(await incoming()).toMatchObject({ enabled: true })
    await mailboxes().updateProfile(SYSTEM, id, { statecode: 1 })
    expect(await incoming()).toMatchObject({ enabled: false })
    expect(await mailbox(company.ben)).toEqual(before)
    await expect(company.cycle(company.ben)).rejects.toMatchObject({ code: 'NoServerProfile' })
    await mailboxes().updateProfile(SYSTEM, id, { statecode: 0 })
    expect(await incoming()).toMatchObject({ enabled: true })
    await company.cycle(company.ben)
  })
})

describe('mailbox records', () => {
  it('MB-30, MB-33, MB-34, MB-66, MB-90: a new user or queue has its mailbox, with the methods and profile of the organization', async () => {
    await company.set({ DefaultIncomingMethod: 'None', DefaultOutgoingMethod: 'Client', DefaultActMethod: 'Client' })
    const profileId = await profile({ name: 'For the new', isdefault: true })
    const user = await newUser('Cleo')
    expect(await mailbox(user)).toMatchObject({
      kind: 0,
      regardingobjectid: user.id,
      ownerid: user.id,
      emailaddress: user.address,
      emailserverprofile: profileId,
      incomingemaildeliverymethod: 0,
      outgoingemaildeliverymethod: 1,
      actdeliverymethod: 0,
      emailrouteraccessapproval: 2,
    })
    const queue = await newQueue('Sales')
    expect(await mailbox(queue)).toMatchObject({
      kind: 1,
      ownerid: company.ben.id,
      incomingemaildeliverymethod: 0,
      outgoingemaildeliverymethod: 0,
      actdeliverymethod: 2,
    })
    await company.set({ DefaultIncomingMethod: null, DefaultOutgoingMethod: null, DefaultActMethod: null })
    // MB-90: mailboxes that are there keep what they have.
    expect(await mailbox(user)).toMatchObject({ incomingemaildeliverymethod: 0 })
    const nobody = await system().create('queue', { name: 'Silent' })
    const found = await mailboxes().find(SYSTEM, 'Silent')
    expect(found).toMatchObject({ regardingobjectid: nobody, emailaddress: null, emailrouteraccessapproval: 0 })
  })

  it('MB-30, MB-52, B-3: a user gets one mailbox; a further one has an address of its own', async () => {
    const again = await mailboxes().createFor({ table: 'systemuser', id: company.anna.id }, 'Again', undefined)
    expect(again).toBe(company.anna.mailboxId)
    const second = await mailboxes().createFurther(SYSTEM, company.anna.id, 'Second', 'anna2@adatum.example')
    const user = await system().retrieve('systemuser', company.anna.id, ['internalemailaddress'])
    await mailboxes().update(SYSTEM, second, { emailaddress: 'anna3@adatum.example' })
    expect(await system().retrieve('systemuser', company.anna.id, ['internalemailaddress'])).toEqual(user)
    expect(await mailboxes().createFor({ table: 'systemuser', id: company.anna.id }, 'Again', undefined)).toBe(
      company.anna.mailboxId,
    )
    await system().delete('mailbox', second)
  })

  it('MB-32, MB-65: the address of a mailbox is that of its user or queue, either way, and must be approved and tested again', async () => {
    for (const [person, table, column] of [
      [await newUser('Dora'), 'systemuser', 'internalemailaddress'],
      [await newQueue('Help'), 'queue', 'emailaddress'],
    ] as const) {
      await mailboxes().approve(SYSTEM, [person.mailboxId])
      await update(person, { emailaddress: `new-${person.address}` })
      expect(await system().retrieve(table, person.id, [column])).toMatchObject({ [column]: `new-${person.address}` })
      await mailboxes().approve(SYSTEM, [person.mailboxId])
      await system().update('mailbox', person.mailboxId, { incomingemailstatus: 1, enabledforincomingemail: true })
      await system().update(table, person.id, { [column]: `newer-${person.address}` })
      expect(await mailbox(person)).toMatchObject({
        emailaddress: `newer-${person.address}`,
        emailrouteraccessapproval: 2,
        incomingemailstatus: 0,
        enabledforincomingemail: false,
      })
      await system().update(table, person.id, { [column]: null })
      expect(await mailbox(person)).toMatchObject({ emailaddress: null, emailrouteraccessapproval: 0 })
    }
    await expect(update(company.anna, { emailaddress: `${'x'.repeat(90)}@adatum.example` })).rejects.toMatchObject({
      column: 'emailaddress',
    })
  })

  it('MB-35…MB-42, MB-44…MB-46: values and defaults', async () => {
    expect(await mailbox(await newUser('Emil'))).toMatchObject({
      incomingemailstatus: 0,
      outgoingemailstatus: 0,
      actstatus: 0,
      isemailaddressapprovedbyo365admin: false,
      enabledforincomingemail: false,
      allowemailconnectortousecredentials: false,
      processemailreceivedafter: null,
      testmailboxaccesscompletedon: null,
      statecode: 0,
    })
    for (const column of [
      'incomingemaildeliverymethod',
      'outgoingemaildeliverymethod',
      'actdeliverymethod',
      'statecode',
    ])
      await expect(update(company.anna, { [column]: 9 })).rejects.toThrow(new RegExp(column))
  })

  it('MB-41: whether a direction is enabled and approved is the system’s to say', async () => {
    const role = await system().create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: company.ben.id },
      roleid: { table: 'role', id: ROLES.systemAdministrator },
    })
    const ben = { kind: 'user', id: company.ben.id } as const
    for (const column of ['enabledforincomingemail', 'emailrouteraccessapproval', 'incomingemailstatus'])
      await expect(
        mailboxes().update(ben, company.anna.mailboxId, { [column]: column.startsWith('enabled') ? false : 0 }),
      ).rejects.toMatchObject({ code: 'ColumnReadOnly', column })
    await system().delete('systemuserroles', role)
  })

  it('MB-20, MB-42: a password is stored and never read back', async () => {
    const user = await newUser('Fred')
    await update(user, { allowemailconnectortousecredentials: true, username: 'fred', password: 'a secret of Fred' })
    const row = await mailbox(user)
    expect(JSON.stringify(row)).not.toContain('a secret of Fred')
    expect(await company.regarding.records.openSecret('mailbox', user.mailboxId, 'password')).toBe('a secret of Fred')
  })

  it.each([
    ['MB-50', 'user', { incomingemaildeliverymethod: 3, outgoingemaildeliverymethod: 1 }, undefined],
    ['MB-91', 'user', { actdeliverymethod: 1 }, 'actdeliverymethod'],
    ['MB-43', 'user', { processanddeleteemails: true }, 'processanddeleteemails'],
    ['MB-31', 'user', { regardingobjectid: null }, 'regardingobjectid'],
    ['MB-50', 'queue', { incomingemaildeliverymethod: 1 }, 'incomingemaildeliverymethod'],
    ['MB-50', 'queue', { outgoingemaildeliverymethod: 1 }, 'outgoingemaildeliverymethod'],
    ['MB-50', 'queue', { actdeliverymethod: 0 }, 'actdeliverymethod'],
    ['MB-43', 'queue', { processanddeleteemails: true }, undefined],
    ['MB-102', 'forward', { outgoingemaildeliverymethod: 2 }, 'outgoingemaildeliverymethod'],
    ['MB-50', 'forward', { incomingemaildeliverymethod: 0 }, 'incomingemaildeliverymethod'],
    ['MB-50', 'forward', { actdeliverymethod: 1 }, 'actdeliverymethod'],
    ['MB-43', 'forward', { processanddeleteemails: true }, undefined],
  ] as [string, 'user' | 'queue' | 'forward', Values, string | undefined][])(
    '%s: a %s mailbox with %j: %s is refused, by whatever interface',
    async (_, kind, values, field) => {
      const person = await kinds[kind]()
      for (const save of [() => update(person, values), () => system().update('mailbox', person.mailboxId, values)]) {
        const before = await mailbox(person)
        const refused = await refusal(save())
        expect(refused?.field).toBe(field)
        expect({ refused, ...(await mailbox(person)) }).toMatchObject(field === undefined ? values : before)
      }
    },
  )

  let number = 0
  const kinds = {
    user: () => newUser(`User${++number}`),
    queue: () => newQueue(`Queue${++number}`),
    forward: async () => ({
      mailboxId: await mailboxes().createForward(SYSTEM, `Forward ${++number}`, `forward${number}@adatum.example`),
    }),
  }

  it('MB-31, MB-102: a forward mailbox belongs to nobody', async () => {
    const { mailboxId } = await kinds.forward()
    const user = await newUser('Ina')
    await system().delete('mailbox', user.mailboxId)
    expect(await refusal(update({ mailboxId }, { regardingobjectid: { table: 'systemuser', id: user.id } }))).toEqual(
      because('regardingobjectid', /no user and no queue/),
    )
  })

  it('MB-76, SE-6: the mailbox of a disabled or unlicensed user is inactive, and is tested anew when the user is back', async () => {
    for (const [gone, back] of [
      [{ isdisabled: true }, { isdisabled: false }],
      [{ islicensed: false }, { islicensed: true }],
    ]) {
      const user = await newUser(`Leaves${++number}`)
      await system().update('mailbox', user.mailboxId, { enabledforincomingemail: true })
      await system().update('systemuser', user.id, gone as Values)
      expect(await mailbox(user)).toMatchObject({ statecode: 1, enabledforincomingemail: false })
      await expect(company.cycle(user)).rejects.toMatchObject({ code: 'MailboxDisabled' })
      await system().update('systemuser', user.id, back as Values)
      expect(await mailbox(user)).toMatchObject({ statecode: 0, enabledforincomingemail: false })
    }
  })
})

describe('approval', () => {
  it('MB-62: approving takes several mailboxes, an address each, and the privilege', async () => {
    const [one, two] = [await newUser('Gina'), await newUser('Hugo')]
    const anna = { kind: 'user', id: company.anna.id } as const
    await expect(mailboxes().approve(anna, [one.mailboxId])).rejects.toMatchObject({
      code: 'PrivilegeDenied',
      message: expect.stringContaining('Approve Email Addresses for Users or Queues'),
    })
    await mailboxes().approve(SYSTEM, [one.mailboxId, two.mailboxId])
    for (const person of [one, two]) expect(await mailbox(person)).toMatchObject({ emailrouteraccessapproval: 1 })
    await system().update('mailbox', one.mailboxId, { enabledforincomingemail: true })
    await mailboxes().reject(SYSTEM, [one.mailboxId])
    expect(await mailbox(one)).toMatchObject({ emailrouteraccessapproval: 3, enabledforincomingemail: false })
    await system().update('systemuser', two.id, { internalemailaddress: null })
    await expect(mailboxes().approve(SYSTEM, [two.mailboxId])).rejects.toMatchObject({ column: 'emailaddress' })
  })

  it('MB-60, MB-61, SC-55: an address that is not approved is not processed, where that is required', async () => {
    await mailboxes().reject(SYSTEM, [company.support.mailboxId])
    await expect(company.cycle(company.support)).rejects.toMatchObject({
      kind: 'permanent',
      code: 'AddressNotApproved',
    })
    await company.set({ RequireApprovalForUserEmail: false })
    await expect(company.cycle(company.support)).rejects.toMatchObject({ code: 'AddressNotApproved' })
    await company.set({ RequireApprovalForQueueEmail: false })
    await company.cycle(company.support)
    await company.set({ RequireApprovalForUserEmail: null, RequireApprovalForQueueEmail: null })
    await mailboxes().approve(SYSTEM, [company.support.mailboxId])
    await company.cycle(company.support)
  })
})
