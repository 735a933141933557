import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DavOffice, openDavOffice } from '../support/davOffice.ts'
import { type RefusingOffice, refusalsAreTold } from '../support/refusals.ts'

const REFUSALS = [
  ['400', /answered 400.*Correct the item/],
  ['403', /answered 403.*Ask for the right/],
  ['404', /nobody changed it meanwhile.*answered 404/],
  ['405', /answered 405.*Correct the item/],
  ['406', /answered 406.*Correct the item/],
  ['409', /answered 409.*Correct the item/],
  ['412', /nobody changed it meanwhile.*answered 412/],
  ['413', /answered 413.*smaller/],
  ['415', /answered 415.*Correct the item/],
  ['422', /answered 422.*Correct the item/],
  ['423', /answered 423.*locked/],
  ['451', /answered 451.*Correct the item/],
  ['500', /answered 500.*correct the item/],
] as const

describe('what a server of CalDAV and CardDAV does not take', () => {
  let office: DavOffice
  let refusing: RefusingOffice
  beforeAll(async () => {
    office = await openDavOffice('Radicale')
    const rules = new Map<string, { status: number; times: number }>()
    office.proxy.meddle({
      answer({ method, body }) {
        if (method !== 'PUT') return undefined
        const found = [...rules].find(([mark]) => body.includes(mark))?.[1]
        if (found) found.times++
        return found && { status: found.status }
      },
    })
    refusing = {
      ...office,
      refuse(name, mark) {
        const rule = { status: Number(name), times: 0 }
        rules.set(mark, rule)
        return { times: () => rule.times, end: () => void rules.delete(mark) }
      },
    }
  }, 60_000)
  afterAll(async () => office?.close())

  it('SC-56, SC-58, MO-74: each is told by name with cause and remedy, ten times at most, and again once it changes', async () => {
    expect(await refusalsAreTold(refusing, REFUSALS)).toEqual([])
  }, 60_000)

  it('SC-50, SC-56: where it stumbles over all, it is ill: nothing is counted, and everything follows', async () => {
    const ill = refusing.refuse('500', 'Ill')
    for (let n = 0; n < 8; n++) await office.create('contact', { lastname: `Ill ${n}` })
    for (let round = 0; round < 12; round++)
      await expect(office.cycle()).rejects.toMatchObject({ kind: 'transient', scope: 'mailbox' })
    ill.end()
    expect(await office.cycle()).toMatchObject({ createdItems: 8, failed: 0 })
  }, 60_000)
})
