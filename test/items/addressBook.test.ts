import { afterAll, beforeAll, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { testMailboxes } from '#sync'
import { type DavOffice, openDavOffice } from './support/davOffice.ts'

let office: DavOffice
beforeAll(async () => {
  office = await openDavOffice('Radicale')
}, 60_000)
afterAll(async () => office?.close())

const choose = (mainaddressbook: string | null) =>
  office.regarding.mailboxes.update(SYSTEM, office.person.mailboxId, { mainaddressbook })
const counts = async () => [await office.count('contact'), await office.count('contact', ['Server’s own'])]
async function tested() {
  const results = await testMailboxes(office.regarding, SYSTEM, [office.person.mailboxId])
  return [...results.values()].flat().find(({ direction }) => direction === 'act')
}

it('CT-1: a connected mailbox keeps its address book, whatever the server makes or lists first later', async () => {
  await office.createFolder('contact', 'Server’s own', 'default')
  await office.cycle()
  await office.create('contact', { firstname: 'Otto', lastname: 'Kern' })
  expect(await office.cycle()).toMatchObject({ createdItems: 1, failed: 0 })
  expect(await counts()).toEqual([1, 0])
  expect(await tested()).toMatchObject({
    status: 'success',
    text: expect.stringContaining(
      'New items are made here: appointments in “Calendar”, contacts in “Contacts”, tasks in “Tasks”.',
    ) as string,
  })
})

it.each(['Server’s own', 'Default/'])(
  'CT-1: new contacts go to the address book that is chosen, “%s”; others stay',
  async (name) => {
    await choose(name)
    expect(await tested()).toMatchObject({ status: 'success', main: { contact: 'Server’s own' } })
    const [before = 0, there = 0] = await counts()
    await office.later(1)
    await office.create('contact', { firstname: 'Ada', lastname: `Lund ${name}` })
    expect(await office.cycle()).toMatchObject({ createdItems: 1, failed: 0, removedItems: 0 })
    expect(await counts()).toEqual([before, there + 1])
    expect(await office.cycle()).toMatchObject({ seen: 0 })
  },
)

it('CT-1, MB-72: an address book that is not there is told with those that are; nothing is made elsewhere', async () => {
  await choose('Nowhere')
  const { status, code, text } = (await tested()) ?? {}
  expect({ status, code }).toEqual({ status: 'failure', code: 'SettingsInvalid' })
  expect(text).toContain('No address book is called “Nowhere”')
  expect(text).toContain('“Contacts”')
  expect(text).toContain('“Server’s own”')
  await expect(office.cycle()).rejects.toMatchObject({ code: 'SettingsInvalid' })
  await choose(null)
  expect(await tested()).toMatchObject({ status: 'success', main: { contact: 'Server’s own' } })
  await expect(office.cycle()).resolves.toMatchObject({ failed: 0 })
})
