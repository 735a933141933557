import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS } from '../support/exchangeOffice.ts'
import { type RefusingOffice, refusalsAreTold } from '../support/refusals.ts'

/** What Exchange says of one item: the status of Graph or the code of EWS, and what its owner is told of it. */
const REFUSALS = {
  Graph: [
    ['400 ErrorInvalidRequest', /ErrorInvalidRequest.*Correct the item/],
    ['400 ErrorInvalidRecipients', /Check the recipients/],
    ['403 ErrorAccessDenied', /Grant/],
    ['404 ErrorItemNotFound', /nobody changed it meanwhile.*ErrorItemNotFound/],
    ['405 Request_BadRequest', /Request_BadRequest.*Correct the item/],
    ['409 ErrorIrresolvableConflict', /nobody changed it meanwhile.*ErrorIrresolvableConflict/],
    ['413 RequestEntityTooLarge', /too large/],
    ['422 UnprocessableEntity', /Correct the item/],
    ['500 ErrorInternalServerError', /tried again.*correct the item/],
  ],
  EWS: [
    ['ErrorAccessDenied', /Full Access/],
    ['ErrorInternalServerError', /tried again.*correct the item/],
    ['ErrorInvalidExtendedPropertyValue', /Exchange does not accept what was asked/],
    ['ErrorInvalidRecipients', /Correct its recipients/],
    ['ErrorInvalidSmtpAddress', /Correct the addresses/],
    ['ErrorIrresolvableConflict', /nobody changed it meanwhile.*ErrorIrresolvableConflict/],
    ['ErrorItemNotFound', /nobody changed it meanwhile.*ErrorItemNotFound/],
    ['ErrorItemSave', /correct the item/],
    ['ErrorMessageSizeExceeded', /larger than Exchange takes/],
    ['ErrorNeverHeardOf', /ErrorNeverHeardOf.*correct the item/],
  ],
} as const

describe.each(SYSTEMS)('what Exchange does not take over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  let refusing: RefusingOffice
  beforeAll(async () => {
    office = await openExchangeOffice()
    anna = await office.hire('Anna', system)
    refusing = {
      ...office,
      person: anna,
      cycle: () => office.cycle(anna),
      later: () => Promise.resolve(),
      create: (table, values) => office.create(anna, table, values),
      refuse(name, mark) {
        const [status, code] = system === 'Graph' ? name.split(' ') : ['500', name]
        const fault = { kind: 'error', status: Number(status), code: code as string, message: 'Not this.' } as const
        const end = office.sandbox.faults.inject({ fault, about: mark, times: Infinity })
        const rule = office.sandbox.faults.standing.at(-1)
        return { end, times: () => rule?.struck ?? 0 }
      },
    }
  }, 60_000)
  afterAll(async () => office?.close())

  it('SC-56, SC-58, MO-74: each is told by name with cause and remedy, ten times at most, and again once it changes', async () => {
    expect(await refusalsAreTold(refusing, REFUSALS[system])).toEqual([])
  }, 60_000)

  it('SC-50, SC-56: one that Exchange stumbles over is its own failure; where it stumbles over all, it is ill, and nothing is counted', async () => {
    const code = 'ErrorInternalServerError'
    const ill = office.sandbox.faults.inject({
      fault: { kind: 'error', status: 500, code },
      about: 'Ill',
      times: Infinity,
    })
    await office.create(anna, 'contact', { lastname: 'Ill alone' })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 0, failed: 1 })
    for (let n = 0; n < 8; n++) await office.create(anna, 'contact', { lastname: `Ill ${n}` })
    for (let round = 0; round < 12; round++)
      await expect(office.cycle(anna)).rejects.toMatchObject({ kind: 'transient', scope: 'mailbox' })
    ill()
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 9, failed: 0 })
  }, 60_000)
})
