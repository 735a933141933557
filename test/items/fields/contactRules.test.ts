import { describe, expect, it } from 'vitest'
import { changeRecord, effectiveDirections, mergePairs, newItem, patchItem, readItem, readRecord } from '#items'
import type { ContactItem } from '#mailbox'
import type { Row } from '#records'
import { ACCOUNT, changedView, contactItem, made, mapContext, NOW, recordView, SETTINGS } from '../support/map.ts'

const context = mapContext()
const directions = effectiveDirections('contact', {}, SETTINGS)
const on = { table: 'contact', context, directions } as const

function linked(row: Row) {
  const view = recordView('contact', { lastname: 'Adams', ...row })
  const { toItem, agreed } = mergePairs({ ...on, record: readRecord(view, context) })
  return { view, agreed, item: made(newItem('contact', toItem, context)) as ContactItem }
}

const toRecord = (fields: ContactItem['fields'], using = context) => {
  const values = readItem(contactItem(fields), 'contact', using)
  const of = effectiveDirections('contact', {}, using.settings)
  return changeRecord(
    'contact',
    mergePairs({ table: 'contact', context: using, directions: of, item: values }).toRecord,
    undefined,
    using,
  ).values
}

describe('names', () => {
  it.each([
    [{ displayName: 'Ada Lovelace' }, { firstname: 'Ada', lastname: 'Lovelace' }],
    [{ displayName: 'Lovelace, Ada' }, { firstname: 'Ada', lastname: 'Lovelace' }],
    [
      { displayName: 'Contoso Ltd', company: 'Contoso Ltd' },
      { firstname: null, lastname: 'Contoso Ltd' },
    ],
    [
      { displayName: 'Something else', firstName: 'Ada' },
      { firstname: 'Ada', lastname: null },
    ],
  ])('FD-23: %j', (fields, columns) => {
    const record = toRecord(fields)
    for (const [column, value] of Object.entries(columns)) expect(record[column] ?? null).toBe(value)
  })
})

describe('a contact that is deactivated', () => {
  it('CT-3: has a category, beside its own, and loses it when it is active again', () => {
    const { view, agreed, item } = linked({})
    const own = { ...item, fields: { ...item.fields, categories: ['Friends'] } }
    const off = mergePairs({
      ...on,
      agreed,
      record: readRecord({ ...view, row: { ...view.row, statecode: 1 } }, context),
      item: readItem(own, 'contact', context),
    })
    const patch = patchItem('contact', off.toItem, own, context)
    expect(patch).toEqual({ kind: 'contact', set: { categories: ['Friends', 'Regarding Inactive'] } })
    const marked = { ...own, fields: { ...own.fields, categories: ['Friends', 'Regarding Inactive'] } }
    const back = mergePairs({
      ...on,
      agreed: off.agreed,
      record: readRecord(view, context),
      item: readItem(marked, 'contact', context),
    })
    expect(patchItem('contact', back.toItem, marked, context)).toEqual({
      kind: 'contact',
      set: { categories: ['Friends'] },
    })
  })
})

describe('addresses', () => {
  const all = { businessAddress: { city: 'Berlin' }, homeAddress: { city: 'Bonn' }, otherAddress: { city: 'Ulm' } }

  it('CT-4, CT-5: the mailing address is the first, and the others are nobody’s business', () => {
    const values = toRecord({ ...all, mailingAddress: 'home' })
    expect(values).toMatchObject({ address1_city: 'Bonn' })
    expect(values).not.toHaveProperty('address2_city')
  })

  it('CT-4: with all three, each has its own', () => {
    const three = mapContext({ settings: { ...SETTINGS, allThreeAddresses: true } })
    expect(toRecord({ ...all, mailingAddress: 'home' }, three)).toMatchObject({
      address1_city: 'Berlin',
      address2_city: 'Bonn',
      address3_city: 'Ulm',
    })
  })

  it('FD-12: a street of many lines is three, and is not written back', () => {
    const street = 'c/o Ada\nHouse 1\nFloor 2\nDoor 3'
    expect(toRecord({ businessAddress: { street } })).toMatchObject({
      address1_line1: 'c/o Ada',
      address1_line2: 'House 1',
      address1_line3: 'Floor 2, Door 3',
    })
  })
})

describe('long text', () => {
  it('FD-12: is cut between characters, and not copied back while the short side stays', () => {
    const long = `${'x'.repeat(99)}😀 and more`
    const item = contactItem({ lastName: 'Adams', jobTitle: long })
    const first = mergePairs({ ...on, item: readItem(item, 'contact', context) })
    expect(first.toRecord['jobTitle']).toBe('x'.repeat(99))
    const change = changeRecord('contact', first.toRecord, undefined, context)
    const view = changedView(recordView('contact'), change)
    const again = mergePairs({
      ...on,
      agreed: first.agreed,
      record: readRecord(view, context),
      item: readItem(item, 'contact', context),
    })
    expect(again).toMatchObject({ toItem: {}, toRecord: {} })
    const edited = { ...view, row: { ...view.row, jobtitle: 'Boss' } }
    const after = mergePairs({
      ...on,
      agreed: again.agreed,
      record: readRecord(edited, context),
      item: readItem(item, 'contact', context),
    })
    expect(after.toItem).toEqual({ jobTitle: 'Boss' })
  })
})

describe('notes', () => {
  it('B-71: both sides’ lines are there, without a conflict', () => {
    const { view, agreed, item } = linked({ description: 'one\ntwo\nthree' })
    const ours = { ...view, row: { ...view.row, description: 'ONE\ntwo\nthree' } }
    const theirs = { ...item, fields: { ...item.fields, body: { text: 'one\ntwo\nthree\nfour' } } }
    const merged = mergePairs({
      ...on,
      agreed,
      record: readRecord(ours, context),
      item: readItem(theirs, 'contact', context),
    })
    expect(merged).toMatchObject({
      toItem: { notes: 'ONE\ntwo\nthree\nfour' },
      toRecord: { notes: 'ONE\ntwo\nthree\nfour' },
    })
    expect(merged.conflicts).toEqual([])
  })

  it('FD-32: a body with more than text stays while the description does', () => {
    const { view, agreed, item } = linked({ description: 'Hello' })
    const rich = { ...item, fields: { ...item.fields, body: { text: 'Hello', html: '<b>Hello</b>' } } }
    const ours = { ...view, row: { ...view.row, jobtitle: 'Boss' } }
    const { toItem } = mergePairs({
      ...on,
      agreed,
      record: readRecord(ours, context),
      item: readItem(rich, 'contact', context),
    })
    expect(toItem).toEqual({ jobTitle: 'Boss' })
  })
})

describe('a pair of one direction', () => {
  const one = effectiveDirections('contact', { jobTitle: 'toItem' }, SETTINGS)

  it('AP-23, FD-9: what the target changed stays until the source changes', () => {
    const { view, agreed, item } = linked({ jobtitle: 'Buyer' })
    const theirs = readItem({ ...item, fields: { ...item.fields, jobTitle: 'Mine' } }, 'contact', context)
    const quiet = mergePairs({ ...on, directions: one, agreed, record: readRecord(view, context), item: theirs })
    expect(quiet).toMatchObject({ toItem: {}, toRecord: {}, conflicts: [] })
    const changed = { ...view, row: { ...view.row, jobtitle: 'Boss' } }
    const after = mergePairs({
      ...on,
      directions: one,
      agreed: quiet.agreed,
      record: readRecord(changed, context),
      item: theirs,
    })
    expect(after.toItem).toEqual({ jobTitle: 'Boss' })
  })

  it('FD-6: a direction that opens copies nothing that was there before', () => {
    const { view, agreed, item } = linked({ jobtitle: 'Buyer' })
    const sides = {
      record: readRecord(view, context),
      item: readItem({ ...item, fields: { ...item.fields, jobTitle: 'Mine' } }, 'contact', context),
    }
    const quiet = mergePairs({ ...on, directions: one, agreed, ...sides })
    expect(mergePairs({ ...on, agreed: quiet.agreed, ...sides })).toMatchObject({ toItem: {}, toRecord: {} })
  })
})

describe('a secured column', () => {
  const seller = { jobtitle: { read: true, create: false, update: false } }

  it('SE-25: what the salesperson may not write disappears, and what the manager writes appears', () => {
    const item = contactItem({ lastName: 'Adams', jobTitle: 'Boss' })
    const create = effectiveDirections('contact', {}, SETTINGS, seller, 'create')
    const first = mergePairs({
      table: 'contact',
      context,
      directions: create,
      item: readItem(item, 'contact', context),
    })
    expect(first.toRecord).not.toHaveProperty('jobTitle')
    expect(first.toItem).toEqual({ jobTitle: null })
    const update = effectiveDirections('contact', {}, SETTINGS, seller)
    const view = recordView('contact', { lastname: 'Adams', jobtitle: 'Director' })
    const gone = contactItem({ lastName: 'Adams' })
    const second = mergePairs({
      table: 'contact',
      context,
      directions: update,
      agreed: first.agreed,
      record: readRecord(view, context),
      item: readItem(gone, 'contact', context),
    })
    expect(second.toItem).toEqual({ jobTitle: 'Director' })
    const changed = contactItem({ lastName: 'Adams', jobTitle: 'Mine' })
    const third = mergePairs({
      table: 'contact',
      context,
      directions: update,
      agreed: second.agreed,
      record: readRecord(view, context),
      item: readItem(changed, 'contact', context),
    })
    expect(third).toMatchObject({ toItem: { jobTitle: 'Director' }, toRecord: {} })
  })

  it('SE-21, SE-27, MO-123: what may not be read is not touched, and everything else is synchronized', () => {
    const { view, agreed, item } = linked({ jobtitle: 'Buyer' })
    const row: Row = { ...view.row, department: 'Sales' }
    delete row['jobtitle']
    const blind = effectiveDirections('contact', {}, SETTINGS, {
      jobtitle: { read: false, create: false, update: false },
    })
    const merged = mergePairs({
      ...on,
      directions: blind,
      agreed,
      record: readRecord({ ...view, row }, context),
      item: readItem(item, 'contact', context),
    })
    expect(merged).toMatchObject({ toItem: { department: 'Sales' }, toRecord: {} })
    expect(merged.toItem).not.toHaveProperty('jobTitle')
  })
})

describe('the parent', () => {
  it('CT-20, CT-21, FD-25: is the record chosen in Outlook, whatever Company says', () => {
    const { view, agreed, item } = linked({})
    const chosen = {
      ...item,
      fields: { ...item.fields, company: 'Another' },
      marks: { ...item.marks, regardingType: 'account', regardingId: ACCOUNT.id },
    }
    const merged = mergePairs({
      ...on,
      agreed,
      record: readRecord(view, context),
      item: readItem(chosen, 'contact', context),
      itemModified: NOW,
    })
    expect(changeRecord('contact', merged.toRecord, view, context).values).toEqual({ parentcustomerid: ACCOUNT })
    const lost = { ...chosen, marks: {} }
    const after = mergePairs({
      ...on,
      agreed: merged.agreed,
      record: readRecord(changedView(view, { values: { parentcustomerid: ACCOUNT } }), context),
      item: readItem(lost, 'contact', context),
    })
    // Marks that a program lost take nothing away.
    expect(after.toRecord).toEqual({})
  })
})
