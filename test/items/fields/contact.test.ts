import { describe, expect, it } from 'vitest'
import { changeRecord, effectiveDirections, mergePairs, newItem, patchItem, readItem, readRecord } from '#items'
import { ACCOUNT, contactItem, made, mapContext, NOW, recordView, SETTINGS } from '../support/map.ts'

const context = mapContext()
const directions = effectiveDirections('contact', {}, SETTINGS)

describe('a new contact of the CRM', () => {
  it('FD-23: has every field in the mailbox, and the whole name', () => {
    const view = recordView('contact', {
      salutation: 'Dr.',
      firstname: 'Ada',
      lastname: 'Adams',
      emailaddress1: 'ada@adatum.example',
      telephone2: '+49 30 1',
      address1_line1: 'Main Street 1',
      address1_line2: 'Back yard',
      address1_city: 'Berlin',
      birthdate: '1990-02-28',
      childrensnames: 'Max, Mia',
      description: 'Likes tea\r\nand scones',
    })
    const { toItem } = mergePairs({ table: 'contact', context, directions, record: readRecord(view, context) })
    expect(newItem('contact', toItem, context)).toEqual({
      kind: 'contact',
      fields: {
        displayName: 'Dr. Ada Adams',
        prefix: 'Dr.',
        firstName: 'Ada',
        lastName: 'Adams',
        email1: 'ada@adatum.example',
        homePhone: '+49 30 1',
        businessAddress: { street: 'Main Street 1\nBack yard', city: 'Berlin' },
        mailingAddress: 'business',
        birthday: '1990-02-28',
        children: ['Max', 'Mia'],
        body: { text: 'Likes tea\nand scones' },
      },
    })
  })
})

describe('a contact that both have', () => {
  const view = recordView('contact', { firstname: 'Ada', lastname: 'Adams', jobtitle: 'Buyer' })
  const record = readRecord(view, context)
  const first = mergePairs({ table: 'contact', context, directions, record })
  const item = made(newItem('contact', first.toItem, context))

  it('AP-20: nothing is written while nothing has changed', () => {
    const again = mergePairs({
      table: 'contact',
      context,
      directions,
      agreed: first.agreed,
      record,
      item: readItem(item, 'contact', context),
    })
    expect(again).toMatchObject({ toItem: {}, toRecord: {}, conflicts: [] })
  })

  it('AP-21, FD-13: a change of one side is written to the other, an emptied field too', () => {
    const changed = contactItem({ displayName: 'Ada Adams', firstName: 'Ada', lastName: 'Adams', mobile: '0171' })
    const merged = mergePairs({
      table: 'contact',
      context,
      directions,
      agreed: first.agreed,
      record,
      item: readItem(changed, 'contact', context),
    })
    expect(merged.toItem).toEqual({})
    expect(changeRecord('contact', merged.toRecord, view, context).values).toEqual({
      jobtitle: null,
      mobilephone: '0171',
    })
  })

  it('AP-22, B-70: the later change wins, the CRM of equals, and the value that lost is kept', () => {
    const theirs = readItem(contactItem({ firstName: 'Ada', lastName: 'Adams', jobTitle: 'Boss' }), 'contact', context)
    const ours = { ...record, jobTitle: 'Director' }
    const both = { table: 'contact', context, directions, agreed: first.agreed, record: ours, item: theirs } as const
    const later = mergePairs({ ...both, recordModified: NOW, itemModified: new Date(NOW.getTime() + 1) })
    expect(later.toRecord).toEqual({ jobTitle: 'Boss' })
    expect(later.conflicts).toEqual([{ pair: 'jobTitle', record: 'Director', item: 'Boss', winner: 'item' }])
    const equal = mergePairs({ ...both, recordModified: NOW, itemModified: NOW })
    expect(equal.toItem).toEqual({ jobTitle: 'Director' })
  })
})

describe('Company', () => {
  const row = { lastname: 'Adams', parentcustomerid: ACCOUNT.id, parentcustomerid_table: 'account' }
  const on = mapContext({ settings: { ...SETTINGS, companyFromParent: true } })
  const first = mergePairs({
    table: 'contact',
    context: on,
    directions,
    record: readRecord(recordView('contact', row), on),
  })

  it('CT-22, MO-122: is the name of the parent account, again whenever something else is written', () => {
    expect(first.toItem).toMatchObject({ company: 'Adatum AG' })
    const typed = contactItem(
      { lastName: 'Adams', company: 'My text' },
      { marks: { key: 'k', regardingType: 'account', regardingId: ACCOUNT.id } },
    )
    const both = {
      table: 'contact',
      context: on,
      directions,
      agreed: first.agreed,
      item: readItem(typed, 'contact', on),
    } as const
    const quiet = mergePairs({ ...both, record: readRecord(recordView('contact', row), on) })
    expect(quiet).toMatchObject({ toItem: {}, toRecord: {} })
    const changed = mergePairs({ ...both, record: readRecord(recordView('contact', { ...row, jobtitle: 'Boss' }), on) })
    expect(changed.toItem).toEqual({ jobTitle: 'Boss', company: 'Adatum AG' })
    expect(patchItem('contact', changed.toItem, typed, on)).toEqual({
      kind: 'contact',
      set: { jobTitle: 'Boss', company: 'Adatum AG' },
    })
  })

  it('CT-23: is left alone without the option, on a new item too', () => {
    const record = readRecord(recordView('contact', row), context)
    expect(mergePairs({ table: 'contact', context, directions, record }).toItem).not.toHaveProperty('company')
  })
})
