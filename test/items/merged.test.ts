import { afterEach, beforeEach, expect, it } from 'vitest'
import { SYSTEM } from '#records'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeEach(async () => {
  office = await openOffice(await openTestInstallation())
})
afterEach(async () => office?.close())

it('DU-21: the item of a contact that was merged into another is that one’s, and no second one is made', async () => {
  const { anna, regarding } = office
  const old = await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern', jobtitle: 'Buyer' })
  await office.cycle(anna)
  await office.later(5)
  const kept = await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern-Maier', jobtitle: 'Director' })
  await regarding.records.merge(SYSTEM, { table: 'contact', target: kept.id, subordinate: old.id })
  expect(await office.cycle(anna)).toMatchObject({ createdItems: 0, updatedItems: 1, failed: 0 })
  expect(office.items(anna, 'contact').map(({ fields }) => fields)).toMatchObject([
    { lastName: 'Kern-Maier', jobTitle: 'Director' },
  ])
  expect(await office.row(kept)).toMatchObject({ lastname: 'Kern-Maier' })
})
