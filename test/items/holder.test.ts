import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { planItems, type Regarding, testMailboxes } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice(await openTestInstallation())
})
afterAll(async () => office?.close())

const marked = () => office.server.account(office.anna.address).items
const theirs = () => ({ organization: 'another', name: 'Fabrikam CRM', on: office.clock.now() })
const ofAct = async ({ regarding, anna }: Office, takeOver?: boolean) =>
  (await testMailboxes(regarding, SYSTEM, [anna.mailboxId], takeOver === undefined ? {} : { takeOver }))
    .get(anna.mailboxId)
    ?.find(({ direction }) => direction === 'act')
const ourId = async ({ options }: Regarding) => (await options.organization()).organizationId

describe('the mark of the organization in a mailbox', () => {
  it('MB-77, AP-1: a mailbox without mark gets ours, which is renewed once a day', async () => {
    const organization = await ourId(office.regarding)
    const first = marked().holder
    expect(first).toMatchObject({ organization })
    await office.cycle(office.anna)
    expect(marked().holder).toBe(first)
    await office.later(25 * 60)
    await office.cycle(office.anna)
    expect(marked().holder).toEqual({ ...first, on: office.clock.now() })
  })

  it('MB-77, MO-42: the mark of another stops items before anything is read or written, and says whose it is', async () => {
    const { anna, regarding } = office
    marked().holder = theirs()
    await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern' })
    await expect(office.cycle(anna)).rejects.toMatchObject({
      kind: 'permanent',
      code: 'HeldByAnotherOrganization',
      message: expect.stringContaining('“Fabrikam CRM”, last on 2026-01-'),
    })
    expect(office.items(anna, 'contact')).toEqual([])
    expect(marked().holder).toEqual(theirs())
    await regarding.mailboxes.update(SYSTEM, anna.mailboxId, { incomingemaildeliverymethod: 2 })
    const results = (await testMailboxes(regarding, SYSTEM, [anna.mailboxId])).get(anna.mailboxId)
    expect(results?.map(({ direction, status }) => [direction, status])).toEqual([
      ['incoming', 'success'],
      ['act', 'failure'],
      ['outgoing', 'notTested'],
    ])
    const alerts = (await office.rows('tracelog')).map((row) => row['code'])
    expect(alerts).toContain('HeldByAnotherOrganization')
  })

  it('MB-77, MO-125: taking over puts ours in its place; whoever had it before stops at the next cycle', async () => {
    const { anna, regarding } = office
    marked().holder = theirs()
    expect(await ofAct(office)).toMatchObject({ status: 'failure', code: 'HeldByAnotherOrganization' })
    expect(await ofAct(office, true)).toMatchObject({ status: 'success' })
    expect(marked().holder).toMatchObject({ organization: await ourId(regarding) })
    await office.create(anna, 'contact', { firstname: 'Ida', lastname: 'Lund' })
    await office.cycle(anna)
    expect(office.items(anna, 'contact').map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ lastName: 'Lund' }),
    )
    marked().holder = theirs()
    await expect(office.cycle(anna)).rejects.toMatchObject({ code: 'HeldByAnotherOrganization' })
  })

  it('MB-77: a rehearsal of a mailbox that another has tells so, and marks nothing', async () => {
    marked().holder = theirs()
    const rehearsal = planItems(office.regarding, office.anna.mailboxId)
    await expect(rehearsal).rejects.toMatchObject({ code: 'HeldByAnotherOrganization' })
    marked().holder = undefined
    await planItems(office.regarding, office.anna.mailboxId)
    expect(marked().holder).toBeUndefined()
  })
})
