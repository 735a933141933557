import { describe, expect, test } from 'vitest'
import { instantOf, zoneOfVtimezone } from '#calendar'
import {
  changeRecord,
  effectiveDirections,
  type InstanceChange,
  type InstanceView,
  mergePairs,
  newItem,
  type RecordView,
  readItem,
  readRecord,
  unsupportedRecurrence,
} from '#items'
import type { CalendarItem } from '#mailbox'
import { changedView, eventItem, made, mapContext, NOW, recordView, SETTINGS } from '../items/support/map.ts'
import { eventOf, readCorpus, type Sample } from './corpus.ts'
import { changes } from './unchanged.ts'

const TABLE = 'recurringappointmentmaster'
const context = mapContext()
const directions = effectiveDirections(TABLE, {}, SETTINGS)
const on = { table: TABLE, context, directions } as const
const samples = readCorpus()

describe('the corpus through the fields of the CRM', () => {
  test('AP-70, AP-71: every series that its columns can say becomes the same series again', () => {
    const told = samples
      .filter(({ cannot }) => cannot.crm === undefined)
      .flatMap((sample) => changes(sample, throughRecord(sample)).map((what) => `${sample.name}: ${what}`))
    expect(told).toEqual([])
  })

  test('AP-75: of the others the part that cannot be said is named, and nothing is written', () => {
    const others = samples.filter(({ cannot }) => cannot.crm !== undefined)
    const told = others.flatMap((sample) => {
      const values = readItem(itemOf(sample), TABLE, context)
      const cause = unsupportedRecurrence(values) ?? 'it was taken'
      const isWritten = 'recurrence' in mergePairs({ ...on, item: values }).toRecord
      return cause.includes(sample.cannot.crm ?? '') && !isWritten ? [] : [`${sample.name}: ${cause}`]
    })
    expect(told).toEqual([])
    expect(others.length).toBeGreaterThan(50)
  })
})

function itemOf(sample: Sample): CalendarItem {
  const { fields, series } = eventOf(sample)
  return eventItem(fields, series && { series })
}

/** Written to a record, with its exceptions as rows, and from there to a new item. */
function throughRecord(sample: Sample): CalendarItem {
  const item = itemOf(sample)
  const { toRecord } = mergePairs({ ...on, item: readItem(item, TABLE, context) })
  const change = changeRecord(TABLE, toRecord, undefined, context)
  const view = changedView(recordView(TABLE, {}, { exceptions: [] }), change)
  const exceptions = (change.instances ?? []).flatMap((one) => ('cancel' in one ? [] : [rowOf(view, one)]))
  const record = readRecord({ ...view, exceptions }, context)
  return made(newItem(TABLE, mergePairs({ ...on, record }).toItem, context)) as CalendarItem
}

/** The row of an appointment that an instance of a series is. */
function rowOf(view: RecordView, one: Exclude<InstanceChange, { cancel: true }>): InstanceView {
  const { originalStart, values } = one
  const [first, last] = [view.row['starttime'], view.row['endtime']] as [Date, Date]
  const { timezone, timezonedefinition: definition } = view.row
  const zone = typeof timezone === 'string' ? timezone : zoneOfVtimezone(String(definition))
  const at = instantOf(originalStart.length === 10 ? `${originalStart}T00:00:00` : originalStart, zone)
  const usual = {
    scheduledstart: new Date(at),
    scheduledend: new Date(at + last.getTime() - first.getTime()),
    originalstartdate: new Date(at),
  }
  const row = { ...view.row, ...usual, ...values } as InstanceView['row']
  return { id: originalStart, version: 1, modified: NOW, row, parties: view.parties }
}
