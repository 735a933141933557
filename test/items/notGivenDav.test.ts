import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Meddling } from '../support/httpProxy.ts'
import { type DavOffice, openDavOffice, SERVERS } from './support/davOffice.ts'
import { failuresOf } from './support/failures.ts'

/** As servers answer that do not tell the kind of what they list. */
const untold: Meddling['change'] = (answer) => ({
  ...answer,
  body: answer.body.replaceAll(/;\s*component="?\w+"?/gi, ''),
})

const trackedTask = (subject: string) =>
  [
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Others//EN',
    `BEGIN:VTODO\r\nUID:${subject}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:${subject}\r\nCATEGORIES:$Tracked\r\nEND:VTODO`,
    'END:VCALENDAR\r\n',
  ].join('\r\n')

describe.each(SERVERS)('items that %s says are not there', (server) => {
  let office: DavOffice
  beforeAll(async () => {
    office = await openDavOffice(server)
  }, 60_000)
  afterAll(async () => office?.close())

  it('B-44, TK-31: what is listed and answers 404 deletes nothing until the listing misses it', async () => {
    const kept = await office.create('task', { subject: 'Kept' })
    const deleted = await office.create('task', { subject: 'Deleted' })
    expect(await office.cycle()).toMatchObject({ createdItems: 2 })
    const names: string[] = []
    for (const subject of ['Kept', 'Deleted']) {
      const { name, text } = await office.textOf('task', subject)
      names.push(name)
      await office.put('task', name, text.replace(/STATUS:[A-Z-]+/, 'STATUS:IN-PROCESS'))
    }
    office.proxy.meddle({
      forward: (request) => ({
        ...request,
        body: /multiget/.test(request.body)
          ? names.reduce((body, name) => body.replaceAll(name, `no-${name}`), request.body)
          : request.body,
      }),
    })
    const quiet = { deletedRecords: 0, removedItems: 0, createdItems: 0, updatedRecords: 0 }
    for (const failed of [0, 0, 2]) expect(await office.cycle()).toMatchObject({ ...quiet, failed })
    const told = await failuresOf(office.regarding, office.person)
    expect(told.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'ItemUnreadable Deleted',
      'ItemUnreadable Kept',
    ])

    await office.delete('task', 'Deleted')
    expect(await office.cycle()).toMatchObject({ deletedRecords: 1 })
    expect(await office.row(deleted)).toBeUndefined()
    office.proxy.meddle({})
    expect(await office.cycle()).toMatchObject({ deletedRecords: 0, updatedRecords: 1, failed: 0 })
    expect(await office.row(kept)).toMatchObject({ statecode: 0 })
    expect(await failuresOf(office.regarding, office.person)).toEqual([])
  }, 60_000)

  it('B-44: what is listed without its kind and answers 404 deletes nothing either', async () => {
    const record = await office.create('task', { subject: 'Kind untold' })
    expect(await office.cycle()).toMatchObject({ createdItems: 1 })
    const { name, text } = await office.textOf('task', 'Kind untold')
    await office.put('task', name, text.replace(/STATUS:[A-Z-]+/, 'STATUS:IN-PROCESS'))
    office.proxy.meddle({
      change: untold,
      forward: (request) => ({
        ...request,
        body: /multiget/.test(request.body) ? request.body.replaceAll(name, `no-${name}`) : request.body,
      }),
    })
    for (const failed of [0, 0, 1]) expect(await office.cycle()).toMatchObject({ deletedRecords: 0, failed })
    office.proxy.meddle({ change: untold })
    expect(await office.cycle()).toMatchObject({ deletedRecords: 0, updatedRecords: 1, failed: 0 })
    expect(await office.row(record)).toMatchObject({ subject: 'Kind untold' })
    expect(await failuresOf(office.regarding, office.person)).toEqual([])
    office.proxy.meddle({})
  }, 60_000)

  it('B-44, TK-31, law 5: what was made and deleted between two listings of a server that never tells of it ends with a listing of the folder', async () => {
    const [record, other] = [
      await office.create('task', { subject: 'Never told' }),
      await office.create('task', { subject: 'Told' }),
    ]
    expect(await office.cycle()).toMatchObject({ createdItems: 2 })
    const { name } = await office.textOf('task', 'Never told')
    await office.delete('task', 'Never told')
    const escaped = name.replaceAll(/[.+]/g, '\\$&')
    const removal = new RegExp(
      `<(\\w+:)?response>(?:(?!</(?:\\w+:)?response>)[^])*${escaped}[^]*?</(?:\\w+:)?response>`,
    )
    office.proxy.meddle({
      change: (answer, { body }) =>
        body.includes('sync-collection') ? { ...answer, body: answer.body.replace(removal, '') } : answer,
    })
    expect(await office.cycle()).toMatchObject({ deletedRecords: 0 })
    await office.change(record, { description: 'Where is it?' })
    for (const failed of [0, 0, 1])
      expect(await office.cycle()).toMatchObject({ deletedRecords: 0, createdItems: 0, failed })
    expect(await office.cycle()).toMatchObject({ deletedRecords: 1, removedItems: 0, createdItems: 0, failed: 0 })
    expect(await office.row(record)).toBeUndefined()
    expect(await office.row(other)).toBeDefined()
    expect(await office.cycle()).toMatchObject({ deletedRecords: 0, seen: 0 })
    office.proxy.meddle({})
  }, 60_000)

  it('SC-56, SC-58: what was never linked, is listed and answers 404 is told, and what is deleted before it was read is not', async () => {
    const denied = ['never-given.ics', 'deleted-at-once.ics']
    office.proxy.meddle({
      forward: (request) => ({
        ...request,
        body: /multiget/.test(request.body)
          ? denied.reduce((body, name) => body.replaceAll(name, `no-${name}`), request.body)
          : request.body,
      }),
    })
    for (const name of [...denied, 'given.ics']) await office.put('task', name, trackedTask(name.slice(0, -4)))
    expect(await office.cycle()).toMatchObject({ createdRecords: 1, failed: 0 })
    await office.delete('task', 'deleted-at-once')
    const quiet = { deletedRecords: 0, removedItems: 0, createdItems: 0, createdRecords: 0 }
    for (const failed of [0, 1, 1, 1]) expect(await office.cycle()).toMatchObject({ ...quiet, failed })
    const told = await failuresOf(office.regarding, office.person)
    expect(told).toMatchObject([{ code: 'ItemUnreadable', text: expect.stringContaining('never-given.ics') }])

    office.proxy.meddle({})
    expect(await office.cycle()).toMatchObject({ ...quiet, createdRecords: 1, failed: 0 })
    expect(await office.recordOf('task', 'never-given')).toBeDefined()
    expect(await failuresOf(office.regarding, office.person)).toEqual([])
  }, 60_000)

  it('TK-31: what is deleted right after it was made is deleted in the CRM with the next cycle', async () => {
    const record = await office.create('task', { subject: 'Short-lived' })
    expect(await office.cycle()).toMatchObject({ createdItems: 1 })
    await office.delete('task', 'Short-lived')
    expect(await office.cycle()).toMatchObject({ deletedRecords: 1 })
    expect(await office.row(record)).toBeUndefined()
  })
})
