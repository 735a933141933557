import { describe, expect, it } from 'vitest'
import {
  changeRecord,
  effectiveDirections,
  type ItemTable,
  mergePairs,
  newItem,
  patchItem,
  type RecordView,
  readItem,
  readRecord,
} from '#items'
import type { TaskItem } from '#mailbox'
import type { Row } from '#records'
import { made, mapContext, NOW, recordView, SETTINGS, taskItem } from '../support/map.ts'

const context = mapContext()
const directions = effectiveDirections('task', {}, SETTINGS)
const HOUR = 3_600_000

function toNewItem(row: Row, table: ItemTable = 'task') {
  const record = readRecord(recordView(table, { subject: 'Call', ...row }), context)
  const merged = mergePairs({ table, context, directions, record })
  return { record, agreed: merged.agreed, item: made(newItem(table, merged.toItem, context)) as TaskItem }
}

function toNewRecord(item: TaskItem, table: ItemTable = 'task') {
  const { toRecord } = mergePairs({ table, context, directions, item: readItem(item, table, context) })
  return changeRecord(table, toRecord, undefined, context).values
}

function onRecord(view: RecordView, before: TaskItem, after: TaskItem) {
  const record = readRecord(view, context)
  const agreed = { record, item: readItem(before, view.table, context) }
  const item = readItem(after, view.table, context)
  const merged = mergePairs({ table: view.table, context, directions, agreed, record, item })
  return { merged, values: changeRecord(view.table, merged.toRecord, view, context).values }
}

describe('a task', () => {
  it('TK-3: start, due and completed are days of the user, and the time of day stays the CRM’s', () => {
    const due = new Date('2026-03-11T23:30:00Z')
    const { item } = toNewItem({ scheduledend: due, scheduledstart: new Date('2026-03-10T08:00:00Z') })
    expect(item.fields).toMatchObject({ due: '2026-03-12', start: '2026-03-10' })
    const view = recordView('task', { subject: 'Call', scheduledend: due })
    const { values } = onRecord(
      view,
      taskItem({ subject: 'Call', due: '2026-03-12' }),
      taskItem({ subject: 'Call', due: '2026-03-30' }),
    )
    // Half past midnight, in summer time now.
    expect(values).toEqual({ scheduledend: new Date('2026-03-29T22:30:00Z') })
  })

  it.each([
    ['due in two hours', { scheduledend: new Date(NOW.getTime() + 2 * HOUR) }, '2026-03-10T12:00:00'],
    ['due 23 hours ago', { scheduledend: new Date(NOW.getTime() - 23 * HOUR) }, '2026-03-09T11:00:00'],
    ['due 25 hours ago', { scheduledend: new Date(NOW.getTime() - 25 * HOUR) }, undefined],
    ['completed', { scheduledend: new Date(NOW.getTime() + HOUR), statecode: 1, statuscode: 5 }, undefined],
    ['without due date', {}, undefined],
  ])('TK-4: what is %s has its reminder then', (_name, row, at) => {
    expect(toNewItem(row).item.fields.reminder?.at).toBe(at)
  })

  it('FD-33: a reminder is never read', () => {
    const reminder = { at: '2026-03-20T08:00:00', zone: 'Europe/Berlin' }
    expect(onRecord(recordView('task'), taskItem(), taskItem({ reminder })).values).toEqual({})
  })

  it.each([
    [0, 2, null, 'notStarted'],
    [0, 4, null, 'notStarted'],
    [1, 5, null, 'completed'],
    [2, 6, null, 'completed'],
    [0, 2, 0, 'notStarted'],
    [0, 2, 1, 'inProgress'],
    [0, 2, 99, 'inProgress'],
    [0, 2, 100, 'completed'],
  ])('TK-6: state %j, reason %j, %j percent', (statecode, statuscode, percentcomplete, status) => {
    expect(toNewItem({ statecode, statuscode, percentcomplete }).item.fields.status).toBe(status)
  })

  it.each([
    ['notStarted', undefined, 0, 2],
    ['inProgress', 20, 0, 3],
    ['waiting', undefined, 0, 4],
    ['deferred', undefined, 0, 7],
    ['completed', undefined, 1, 5],
    ['inProgress', 100, 1, 5],
  ] as const)('TK-7: %s, %j percent', (status, percent, statecode, statuscode) => {
    const item = taskItem({ status, ...(percent !== undefined && { percent }) })
    expect(toNewRecord(item)).toMatchObject({ statecode, statuscode })
  })

  it('TK-7: the reason of what is canceled stays while Outlook says completed, and goes when it is opened', () => {
    const canceled = recordView('task', { statecode: 2, statuscode: 6 })
    const open = onRecord(canceled, taskItem({ status: 'completed' }), taskItem({ status: 'inProgress' }))
    expect(open.values).toMatchObject({ statecode: 0, statuscode: 3 })
    expect(onRecord(canceled, taskItem(), taskItem({ status: 'completed' })).values).toEqual({})
  })

  it('TK-8: tracking starts it', () => {
    expect(toNewRecord(taskItem({ subject: 'Call' }))).toMatchObject({ actualstart: NOW, subject: 'Call' })
  })

  it('TK-9: what ended is completed on both sides, unless its end is taken away', () => {
    const { agreed, item } = toNewItem({})
    const ended = readRecord(
      recordView('task', { subject: 'Call', actualend: new Date(NOW.getTime() - HOUR) }),
      context,
    )
    const merged = mergePairs({
      table: 'task',
      context,
      directions,
      agreed,
      record: ended,
      item: readItem(item, 'task', context),
    })
    expect(merged.toRecord).toMatchObject({ status: { state: 1, status: 5 } })
    expect(patchItem('task', merged.toItem, item, context)).toMatchObject({
      set: { status: 'completed', completed: '2026-03-10' },
    })
    const later = readRecord(
      recordView('task', { subject: 'Call', actualend: new Date(NOW.getTime() + HOUR) }),
      context,
    )
    expect(
      mergePairs({ table: 'task', context, directions, agreed, record: later, item: readItem(item, 'task', context) })
        .toRecord,
    ).toEqual({})
  })
})

describe.each([
  ['phonecall', 1, 2],
  ['letter', 1, 4],
  ['fax', 1, 3],
] as const)('a %s', (table, open, made) => {
  it('TK-1, FD-27: is a task in the mailbox, open or completed', () => {
    expect(toNewItem({ statecode: 0, statuscode: open }, table).item).toMatchObject({
      kind: 'task',
      fields: { subject: 'Call', status: 'notStarted' },
    })
    expect(toNewRecord(taskItem({ status: 'waiting' }), table)).toMatchObject({ statecode: 0, statuscode: open })
    expect(toNewRecord(taskItem({ status: 'completed' }), table)).toMatchObject({ statecode: 1, statuscode: made })
    expect(toNewRecord(taskItem({ status: 'completed', percent: 100 }), table)).not.toHaveProperty('percentcomplete')
  })
})
