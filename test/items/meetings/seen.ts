import { sql } from 'kysely'
import { expect } from 'vitest'
import { explainItems } from '#items'
import type { CalendarItem } from '#mailbox'
import { SYSTEM } from '#records'
import type { Told } from './post.ts'
import type { Person, World } from './world.ts'

/** Cycles of all until nothing is left to be done; nothing failed. */
export async function quiet(world: World, people: readonly Person[]): Promise<void> {
  await world.clock.advance(60_000)
  await world.quiet(people)
  const failed = await explainItems(world.regarding, SYSTEM, { outcomes: ['failed'] })
  expect(failed.map(({ code, text }) => `${code}: ${text}`)).toEqual([])
}

/** What was told since, as `request ben@…`, sorted. */
export async function heard(world: World, people: readonly Person[], before: readonly Told[]): Promise<string[]> {
  const known = [...before]
  return (await world.told(people))
    .filter((one) => !takeOut(known, one))
    .map(({ method, to }) => `${method} ${to}`)
    .sort()
}

function takeOut(told: Told[], one: Told): boolean {
  const index = told.findIndex(({ method, uid, to }) => method === one.method && uid === one.uid && to === one.to)
  if (index >= 0) told.splice(index, 1)
  return index >= 0
}

export async function itemOf(world: World, person: Person, subject: string): Promise<CalendarItem> {
  const found = (await world.events(person)).find(({ fields }) => fields.subject === subject)
  if (!found) throw new Error(`${subject} is not in the calendar of ${person.address}.`)
  return found
}

/** Ids of the records of a subject, instances of series left out. */
export async function recordsOf(world: World, table: string, subject: string): Promise<string[]> {
  const found = await world.regarding.records.as(SYSTEM).query({ table })
  const own = found.rows.filter((row) => row['subject'] === subject && row['instancetypecode'] !== 2)
  return own.map((row) => String(row['activityid']))
}

/** The links of a record, as `appointment linked organizes`. */
export async function linksOf(world: World, id: string): Promise<string[]> {
  const { rows } = await sql<{ said: string }>`select concat(record_table, ' ', state,
    case when organizes then ' organizes' end) as said from item_link where record_id = ${id}::uuid order by 1`.execute(
    world.regarding.database.sql,
  )
  return rows.map(({ said }) => said)
}
