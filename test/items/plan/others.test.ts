import { describe, expect, it } from 'vitest'
import { MailboxError } from '#mailbox'
import { contactItem, recordView, taskItem } from '../support/map.ts'
import { contextWith, decided, FILTERS, linkOf, ME, OTHER } from './support.ts'

const contact = (owner = ME, row = {}) => recordView('contact', { lastname: 'Adams', statecode: 0, ...row }, { owner })
const card = (more = {}) => contactItem({ lastName: 'Adams', displayName: 'Adams' }, more)
const task = (row = {}) => recordView('task', { subject: 'Call', ...row }, { owner: ME })
const todo = (fields = {}, more = {}) => taskItem({ subject: 'Call', ...fields }, more)

const goneOf = (owner: typeof ME, settings = {}) => {
  const context = contextWith(settings)
  return decided({ link: linkOf(contact(owner), card(), context), record: 'gone', item: card() }, context)
}

describe('contacts', () => {
  it('CT-1: become contacts of the main folder', () => {
    expect(decided({ record: contact(), filters: FILTERS }, contextWith()).item).toMatchObject({
      do: 'create',
      folder: 'contacts',
    })
  })

  it('CT-30, MO-124: deleted in the CRM stay in their owner’s mailbox, and leave others', () => {
    expect(goneOf(ME).item?.do).not.toBe('remove')
    expect(goneOf(OTHER).item).toEqual({ do: 'remove', notify: 'none' })
  })

  it('AP-6, AP-92: passed on to somebody else leave the former owner’s mailbox', () => {
    const context = contextWith()
    const link = linkOf(contact(ME), card(), context)
    expect(decided({ link, record: contact(OTHER), item: card(), filters: [] }, context).item?.do).toBe('remove')
  })

  it('CT-31, CT-32, MO-121: deleted in Outlook stay in the CRM and are not made again while filters return them', () => {
    const context = contextWith()
    const link = linkOf(contact(), card(), context)
    const deed = decided({ link, record: contact(), item: 'gone', filters: FILTERS }, context)
    expect(deed.record).toBeUndefined()
    expect(deed.link).toMatchObject({ state: 'deleted' })
    const resting = { ...link, state: 'deleted' as const }
    expect(decided({ link: resting, record: contact(), item: 'gone', filters: FILTERS }, context)).toEqual({})
    expect(decided({ link: resting, record: contact(), item: 'gone', filters: [] }, context).link).toBe('none')
    const owner = contextWith({ contactDeletion: 'deleteIfOwner' })
    expect(decided({ link, record: contact(ME), item: 'gone' }, owner).record).toEqual({ do: 'delete' })
    expect(decided({ link, record: contact(OTHER), item: 'gone' }, owner).record).toBeUndefined()
  })

  it('CT-33: are untracked with or without their record, as a person says', () => {
    const context = contextWith()
    const link = linkOf(contact(), card(), context)
    const both = { link, record: contact(), item: card() }
    expect(decided({ ...both, untrack: 'delete' }, context).record).toEqual({ do: 'delete' })
    expect(decided({ ...both, untrack: 'keep' }, context).record).toBeUndefined()
    const privileges = { ...context.privileges, delete: () => false }
    expect(decided({ ...both, untrack: 'delete' }, { ...context, privileges }).record).toBeUndefined()
  })

  it('AP-12: that look like several others are asked about', () => {
    const asked = decided({ record: contact(), filters: FILTERS, ambiguous: 2 }, contextWith())
    expect(asked).toMatchObject({ question: { kind: 'duplicate' } })
    const yes = { question: 'duplicate' as const, yes: true }
    expect(decided({ record: contact(), filters: FILTERS, ambiguous: 2, answer: yes }, contextWith()).item?.do).toBe(
      'create',
    )
    const promoted = decided({ item: card(), tracked: true, answer: yes }, contextWith())
    expect(promoted.record).toMatchObject({ ignoreDuplicates: true })
    const no = decided({ item: card(), tracked: true, answer: { ...yes, yes: false } }, contextWith())
    expect(no.link).toMatchObject({ state: 'ignored', untilChange: true })
  })

  it('AP-10, MO-17: linked before are asked about, and linked again or left alone', () => {
    const before = { item: card(), record: contact(), matchedBy: 'key' as const }
    const answer = (yes: boolean) => ({ ...before, answer: { question: 'previouslyLinked' as const, yes } })
    expect(decided(before, contextWith())).toMatchObject({ question: { kind: 'previouslyLinked' } })
    expect(decided(answer(true), contextWith()).link).toMatchObject({ state: 'linked', recordId: contact().id })
    expect(decided(answer(false), contextWith()).link).toMatchObject({ state: 'ignored', untilChange: false })
  })

  it('AP-11: copies are left alone, or become records of their own', () => {
    expect(decided({ item: card(), copy: true }, contextWith()).record).toBeUndefined()
    const context = contextWith({ ignoreCopies: false })
    expect(decided({ item: card(), copy: true, tracked: true }, context).record?.do).toBe('create')
  })

  it('B-70: where both sides changed a field the later wins, and the other value is kept', () => {
    const context = contextWith()
    const link = linkOf(contact(), card(), context)
    const later = new Date(context.now.getTime() + 1000)
    const item = { ...card(), fields: { lastName: 'Adam', displayName: 'Adam' }, modified: later }
    const deed = decided({ link, record: contact(ME, { lastname: 'Adamson' }), item }, context)
    expect(deed.conflicts).toMatchObject([{ pair: 'fullName', winner: 'item' }])
    expect(deed.record).toMatchObject({ do: 'update', change: { values: { lastname: 'Adam' } } })
  })
})

const deletedTask = (settings = {}) =>
  decided({ link: taskLink(), record: task(), item: 'gone', filters: FILTERS }, contextWith(settings))

const taskLink = (context = contextWith()) => linkOf(task(), todo(), context)

describe('tasks', () => {
  it('B-44: that are not given out, and not told to be gone, keep their records and are not made again', () => {
    const [context, record] = [contextWith(), task()]
    const missing = { record, item: 'gone', isUntold: true, filters: FILTERS } as const
    const linked = decided({ ...missing, link: taskLink() }, context)
    expect(linked).toMatchObject({ failure: { code: 'ItemUnreadable', again: true } })
    expect([linked.record, linked.item, linked.link]).toEqual([undefined, undefined, undefined])
    const dormant = { ...taskLink(), state: 'dormant' } as const
    expect(decided({ ...missing, link: dormant }, context)).toMatchObject({ failure: { code: 'ItemUnreadable' } })
    expect(decided({ ...missing, link: dormant }, context).item).toBeUndefined()
    expect(decided({ ...missing, link: { ...dormant, returned: false }, filters: [] }, context)).toEqual({})
    expect(decided({ ...missing, link: { ...dormant, state: 'ignored' } }, context)).toEqual({})
    expect(decided({ ...missing, link: taskLink(), record: 'gone' }, context).link).toBe('none')
    const { isUntold: _no, ...told } = missing
    expect(decided({ ...told, link: taskLink() }, context).record).toEqual({ do: 'delete' })
    expect(decided({ ...told, link: dormant }, context).item).toMatchObject({ do: 'create' })
  })

  it('TK-1: come of tasks, phone calls, letters and faxes', () => {
    for (const table of ['task', 'phonecall', 'letter', 'fax'] as const) {
      const record = recordView(table, { subject: 'Call', statecode: 0, statuscode: 1 }, { owner: ME })
      expect(decided({ record, filters: FILTERS }, contextWith()).item).toMatchObject({ do: 'create', folder: 'tasks' })
    }
  })

  it('TK-10: that repeat are not synchronized', () => {
    const item = todo({}, { recurrence: { frequency: 'daily', interval: 1 } })
    expect(decided({ item, tracked: true }, contextWith()).record).toBeUndefined()
    expect(decided({ link: taskLink(), record: task({ subject: 'New' }), item }, contextWith()).item).toBeUndefined()
  })

  it('TK-30: deleted in the CRM leave Outlook unless they are completed there', () => {
    const gone = (item = todo()) => decided({ link: taskLink(), record: 'gone', item }, contextWith()).item
    expect(gone()).toEqual({ do: 'remove', notify: 'none' })
    expect(gone(todo({ status: 'completed' }))?.do).not.toBe('remove')
  })

  it('TK-30, AP-42: are deleted also where the mail system tells attendees of whatever becomes of their meetings', () => {
    const { can } = contextWith()
    const loud = contextWith({}, { can: { ...can, notify: ['all'] } })
    const pairing = { link: taskLink(), record: 'gone' as const, item: todo() }
    expect(decided(pairing, loud).item).toMatchObject({ do: 'remove' })
    const interrupted = { ...pairing, link: { ...taskLink(), state: 'removing' as const } }
    expect(decided(interrupted, loud).item).toMatchObject({ do: 'remove' })
  })

  it('AP-93: completed in the CRM is completed in Outlook, and stays there', () => {
    const record = task({ statecode: 1, statuscode: 5 })
    const deed = decided({ link: taskLink(), record, item: todo(), filters: [] }, contextWith())
    expect(deed.item).toMatchObject({ do: 'update', patch: { set: { status: 'completed' } } })
    expect(deed.link).toMatchObject({ state: 'dormant' })
  })

  it('TK-30, TK-7: done to the full stay too, whatever their status says', () => {
    const done = todo({ percent: 100 })
    const deed = decided({ link: taskLink(), record: task({ statecode: 1, statuscode: 5 }), item: done }, contextWith())
    expect(deed.item?.do).not.toBe('remove')
    expect(decided({ link: taskLink(), record: 'gone', item: done }, contextWith()).item?.do).not.toBe('remove')
  })

  it('TK-7, AP-92: completed in Outlook and opened again there before it was looked at are open on both sides', () => {
    const completed = task({ statecode: 1, statuscode: 5 })
    const link = linkOf(completed, todo({ status: 'completed' }), contextWith())
    const deed = decided({ link, record: completed, item: todo(), filters: [] }, contextWith())
    expect(deed.item?.do).not.toBe('remove')
    expect(deed.record).toMatchObject({ do: 'update', change: { values: { statecode: 0 } } })
    expect(deed.link).toMatchObject({ state: 'linked', returned: true })
    const theirs = { ...contextWith().privileges, write: () => false }
    const kept = decided(
      { link, record: completed, item: todo(), filters: [] },
      contextWith({}, { privileges: theirs }),
    )
    expect(kept.record).toBeUndefined()
  })

  it('TK-31: deleted in Outlook take the record with them, unless they are only unlinked', () => {
    expect(deletedTask().record).toEqual({ do: 'delete' })
    expect(deletedTask({ taskDeletion: 'unlink' }).link).toMatchObject({ state: 'deleted' })
  })

  it('TK-32: untracked by category never lose their record', () => {
    const deed = decided({ link: { ...taskLink(), categorized: true }, record: task(), item: todo() }, contextWith())
    expect(deed.record).toBeUndefined()
    expect(deed.link).toMatchObject({ state: 'ignored' })
  })

  it('SF-17: that no filter ever returned do not leave the filters', () => {
    const tracked = { ...taskLink(), returned: false, returnedEver: false }
    const deed = decided({ link: tracked, record: task({ subject: 'New' }), item: todo(), filters: [] }, contextWith())
    expect(deed.item?.do).toBe('update')
  })

  it('SF-14, SF-15: that filters return no more are deleted logically', () => {
    const deed = decided({ link: taskLink(), record: task(), item: todo(), filters: [] }, contextWith())
    expect(deed).toMatchObject({ item: { do: 'remove' }, cause: 'leftFilters' })
  })

  it('SC-56: that cannot be read fail alone, and nothing is deleted', () => {
    const error = new MailboxError('permanent', 'ItemRefused', 'It is broken.')
    const item = { kind: 'unreadable' as const, ref: todo().ref, error }
    const deed = decided({ link: taskLink(), record: 'gone', item }, contextWith())
    expect(deed).toMatchObject({ failure: { code: 'ItemUnreadable' } })
    expect([deed.item, deed.link]).toEqual([undefined, undefined])
  })

  it('AP-9: an item whose answer was lost is found by its key, and not made again', () => {
    const half = { ...taskLink(), state: 'creating' as const, agreed: { record: {}, item: {} } }
    const deed = decided(
      { link: half, record: task(), item: todo(), matchedBy: 'key', filters: FILTERS },
      contextWith(),
    )
    expect(deed.item?.do).toBe('update')
    const again = decided({ link: half, record: task(), item: 'gone', filters: FILTERS }, contextWith())
    expect(again.item).toMatchObject({ do: 'create', key: 'key' })
  })

  it('B-20, B-31: the same values give the same deed, with the rules asked in order', () => {
    const pairing = { link: taskLink(), record: 'gone' as const, item: todo() }
    expect(decided(pairing, contextWith())).toEqual(decided(pairing, contextWith()))
    expect(decided(pairing, contextWith()).trace?.map(({ rule }) => rule)).toEqual(['AP-5', 'TK-30'])
  })
})

describe('service activities', () => {
  const at = { scheduledstart: new Date('2026-03-12T09:00:00Z'), scheduledend: new Date('2026-03-12T10:00:00Z') }
  const record = recordView(
    'serviceappointment',
    { subject: 'Repair', statecode: 3, statuscode: 4, ...at },
    { owner: OTHER },
  )

  it('AP-80: are everybody’s own copy, and nobody is told', () => {
    expect(decided({ record, filters: FILTERS }, contextWith()).item).toMatchObject({ do: 'create', notify: 'none' })
  })
})
