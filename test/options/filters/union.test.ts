import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FilterFault, QUERY_TYPE } from '#options'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { type Company, openCompany, type Person } from '../../incoming/support/company.ts'
import { engines, openTestInstallation } from '../../support/database.ts'
import { as, condition, fetchXml, filterOf, saveFilter } from './support.ts'

const owner = (person: Person): Reference => ({ table: 'systemuser', id: person.id })

describe.each(engines)('the union of filters (%s)', (engine) => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(engine))
  })
  afterAll(() => company?.close())
  beforeEach(async () => {
    for (const table of ['userquery', 'task', 'appointment'])
      await sql`delete from ${sql.table(table)}`.execute(company.regarding.database.sql)
    await sql`delete from savedquery where querytype = 256`.execute(company.regarding.database.sql)
  })

  const system = () => company.regarding.records.as(SYSTEM)
  const union = async (person: Person, table: string) =>
    [...(await company.regarding.filters.union(person.id, table, 'online')).keys()].sort()
  const task = (values: Values, person = company.anna) =>
    system().create('task', { subject: 'Task', ownerid: owner(person), ...values })
  const own = condition('ownerid', 'eq-userid')

  it('SF-10, SF-11, SF-12: every filter enlarges the set; what two return is there once, with both', async () => {
    const [urgent, late, both, other] = await Promise.all([
      task({ prioritycode: 2 }),
      task({ percentcomplete: 10 }),
      task({ prioritycode: 2, percentcomplete: 10 }),
      task({}),
    ])
    const first = await saveFilter(company, company.anna, 'task', condition('prioritycode', 'eq', '2'))
    expect(await union(company.anna, 'task')).toEqual([urgent, both].sort())
    const second = await saveFilter(company, company.anna, 'task', condition('percentcomplete', 'eq', '10'))
    expect(await union(company.anna, 'task')).toEqual([urgent, late, both].sort())
    const found = await company.regarding.filters.union(company.anna.id, 'task', 'online')
    expect(found.get(both)?.toSorted()).toEqual([first, second].sort())
    expect(found.get(urgent)).toEqual([first])
    expect(found.has(other)).toBe(false)
  })

  it('SF-10, SF-56: a filter of the organization counts for every user beside the own ones', async () => {
    const mine = await task({ prioritycode: 2 })
    const bens = await task({ prioritycode: 2 }, company.ben)
    await system().create('savedquery', filterOf('task', condition('prioritycode', 'eq', '2')))
    for (const person of [company.anna, company.ben]) expect(await union(person, 'task')).toEqual([mine, bens].sort())
  })

  it('SF-13: a table without an active filter returns nothing; others are as they were', async () => {
    const id = await task({})
    await system().create('fax', { subject: 'Fax', ownerid: owner(company.anna) })
    const filter = await saveFilter(company, company.anna, 'task', own)
    expect(await union(company.anna, 'fax')).toEqual([])
    expect(await union(company.anna, 'task')).toEqual([id])
    expect([...(await company.regarding.filters.active(company.anna.id, 'online')).keys()]).toEqual(['task'])
    await company.regarding.records.as(as(company.anna)).update('userquery', filter, { statecode: 1 })
    expect(await union(company.anna, 'task')).toEqual([])
    await company.regarding.records.as(as(company.anna)).update('userquery', filter, { statecode: 0 })
    expect(await union(company.anna, 'task')).toEqual([id])
  })

  it('SF-3: offline filters have no part in what a mailbox holds', async () => {
    await task({})
    await saveFilter(company, company.anna, 'task', own, { querytype: QUERY_TYPE.offlineFilter })
    expect(await union(company.anna, 'task')).toEqual([])
    expect((await company.regarding.filters.union(company.anna.id, 'task', 'offline')).size).toBe(1)
  })

  it('SF-5, SE-10: a filter is evaluated as the user it belongs to, whoever wrote it', async () => {
    const mine = await task({}, company.ben)
    const hers = await task({}, company.anna)
    const elsewhere = await system().create('businessunit', {
      name: `Unit ${engine}`,
      parentbusinessunitid: { table: 'businessunit', id: await unitOf(company.ben) },
    })
    await system().update('systemuser', company.ben.id, { businessunitid: { table: 'businessunit', id: elsewhere } })
    await system().create('userquery', { ...filterOf('task'), ownerid: owner(company.ben) })
    await system().create('savedquery', filterOf('task'))
    expect(await union(company.ben, 'task')).toEqual([mine])
    await system().share({ table: 'task', id: hers }, owner(company.ben), ['read'])
    expect(await union(company.ben, 'task')).toEqual([mine, hers].sort())
  })
  const unitOf = async (person: Person) =>
    String((await system().retrieve('systemuser', person.id, ['businessunitid']))?.['businessunitid'])

  it('SF-5: another user’s filter does not count, though it was shared', async () => {
    await task({})
    const id = await saveFilter(company, company.ben, 'task')
    await company.regarding.records.as(as(company.ben)).share({ table: 'userquery', id }, owner(company.anna), ['read'])
    expect(await union(company.anna, 'task')).toEqual([])
  })

  it('SF-30: rows may ask columns of related tables; a record is found once however many rows it is linked to', async () => {
    const meeting = await system().create('appointment', { subject: 'Meeting', ownerid: owner(company.ben) })
    for (const role of [PARTICIPATION.organizer, PARTICIPATION.required])
      await system().create('activityparty', {
        activityid: { table: 'appointment', id: meeting },
        partyid: owner(company.anna),
        participationtypemask: role,
      })
    await saveFilter(
      company,
      company.anna,
      'appointment',
      `<link-entity name="activityparty" from="activityid" to="activityid">${condition('partyid', 'eq-userid')}</link-entity>`,
    )
    await system().share({ table: 'appointment', id: meeting }, owner(company.anna), ['read'])
    expect(await union(company.anna, 'appointment')).toEqual([meeting])
  })

  it('SF-35: relative dates are the user’s own days, at the moment of asking', async () => {
    // 23:30 of the fifth in UTC is the sixth in Auckland.
    await company.clock.advance(new Date('2026-01-05T23:30:00Z').getTime() - company.clock.now().getTime())
    const due = await task({ scheduledend: new Date('2026-01-06T09:00:00Z') })
    await saveFilter(company, company.anna, 'task', condition('scheduledend', 'today'))
    expect(await union(company.anna, 'task')).toEqual([])
    await company.regarding.options.setPersonal(as(company.anna), company.anna.id, { TimeZone: 'Pacific/Auckland' })
    expect(await union(company.anna, 'task')).toEqual([due])
    await company.clock.advance(12 * 60 * 60_000) // the seventh there: it left merely because time passed
    expect(await union(company.anna, 'task')).toEqual([])
  })

  it('SF-18: a filter that cannot be evaluated is named, and never taken for an empty one', async () => {
    await task({})
    await saveFilter(company, company.anna, 'task', own)
    const broken = await saveFilter(company, company.anna, 'task', own, { name: 'Broken' })
    for (const xml of [
      fetchXml('task', condition('gone', 'null')),
      '<fetch',
      fetchXml('task', condition('ownerid', 'under', 'x')),
    ]) {
      await sql`update userquery set fetchxml = ${xml} where userqueryid = ${broken}`.execute(
        company.regarding.database.sql,
      )
      const fault = await company.regarding.filters
        .union(company.anna.id, 'task', 'online')
        .catch((error: unknown) => error)
      expect(fault).toBeInstanceOf(FilterFault)
      expect(fault).toMatchObject({
        filter: { id: broken, name: 'Broken', table: 'task', of: 'user' },
        message: expect.stringMatching(/“Broken”.*deactivate/),
      })
    }
    await company.regarding.records.as(as(company.anna)).update('userquery', broken, { statecode: 1 })
    expect(await union(company.anna, 'task')).toHaveLength(1)
  })

  it('SF-10: whether changed records belong to the union is asked of those alone', async () => {
    const ids = await Promise.all([task({ prioritycode: 2 }), task({ prioritycode: 2 }), task({ prioritycode: 0 })])
    await saveFilter(company, company.anna, 'task', condition('prioritycode', 'eq', '2'))
    const found = await company.regarding.filters.union(company.anna.id, 'task', 'online', { among: ids.slice(1) })
    expect([...found.keys()]).toEqual([ids[1]])
  })

  it('SF-10: a union larger than a page is whole', async () => {
    await system().createMany(
      'task',
      Array.from({ length: 5200 }, (_, n) => ({ subject: `Task ${n}`, ownerid: owner(company.anna) })),
    )
    await saveFilter(company, company.anna, 'task', own)
    expect(await union(company.anna, 'task')).toHaveLength(5200)
  })
})
