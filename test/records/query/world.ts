import * as fc from 'fast-check'
import { sql } from 'kysely'
import type { Viewpoint } from '../../../src/records/query/source.ts'
import { addDays, dayAt, startOfDay } from '../../../src/records/query/zone.ts'
import type { Value } from '../../../src/records/query.ts'
import type { ColumnDefinition, TableDefinition } from '../../../src/records/tables/definition.ts'

/** A small world of tables, which the queries of the tests are about. `hidden` rows are those nobody may read. */

const column = (name: string, type: ColumnDefinition['type'], more: Partial<ColumnDefinition> = {}) => ({
  name,
  type,
  ...more,
})

const table = (name: string, primaryName: string, columns: ColumnDefinition[]): TableDefinition => ({
  name,
  set: `${name}s`,
  label: name,
  id: `${name}id`,
  primaryName,
  ownership: 'organization',
  columns: [column(`${name}id`, 'id'), ...columns, column('hidden', 'boolean')],
})

export const tables = {
  person: table('person', 'fullname', [
    column('fullname', 'text', { max: 100 }),
    column('notes', 'memo', { max: 1000 }),
    column('age', 'integer'),
    column('version', 'bigint'),
    column('balance', 'money'),
    column('active', 'boolean'),
    column('born', 'date'),
    column('seenon', 'datetime'),
    column('kind', 'choice', { options: { 1: 'One', 2: 'Two', 3: 'Three' } }),
    column('tags', 'choices', { options: { 1: 'One', 2: 'Two', 3: 'Three' } }),
    column('data', 'json'),
    column('password', 'secret'),
    column('employerid', 'lookup', { targets: ['company'] }),
    column('ownerid', 'lookup', { targets: ['person', 'company'] }),
    column('salary', 'integer', { secured: true }),
  ]),
  company: table('company', 'name', [
    column('name', 'text', { max: 100 }),
    column('size', 'integer'),
    column('parentid', 'lookup', { targets: ['company'] }),
  ]),
} as const

export const catalog = {
  tables: Object.values(tables),
  find: (name: string) => catalog.tables.find((table) => table.name === name),
}

export const DDL = `
  create table person (personid uuid primary key, fullname text, notes text, age integer, version bigint,
    balance numeric(23,4), active boolean, born date, seenon timestamptz, kind integer, tags integer[], data jsonb,
    password text, employerid uuid, ownerid uuid, ownerid_table text, salary integer, hidden boolean);
  create table company (companyid uuid primary key, name text, size integer, parentid uuid, hidden boolean);`

const ZONE = 'Europe/Berlin'
const NOW = new Date('2026-03-30T10:20:30.456Z')

export const view: Viewpoint = {
  catalog,
  now: NOW,
  timeZone: ZONE,
  user: { userId: id(1), businessUnitId: id(2), teams: [id(3), id(4)] },
  readPredicate: (_table, alias) => sql`${sql.ref(`${alias}.hidden`)} is not true`,
  mayReadColumn: (_table, column) => !column.secured,
}

export function id(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

export type WorldRow = Record<string, Value | number[]>
export interface World {
  person: WorldRow[]
  company: WorldRow[]
}

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 4 })

/** Texts that meet each other, and all that is special to LIKE. */
export const texts = fc.constantFrom(
  '',
  'anna',
  'Anna',
  'ANN',
  'ÄNNE',
  'änne',
  'a%a',
  'a_a',
  '100%',
  'b\\',
  '[x]',
  'Zoë',
  "o'b",
)
const times = fc
  .integer({ min: -600, max: 600 })
  .chain((days) =>
    fc.integer({ min: 0, max: 86_399_999 }).map((ms) => new Date(NOW.getTime() + days * 86_400_000 + ms)),
  )
const nearTimes = fc.integer({ min: -300, max: 300 }).map((hours) => new Date(NOW.getTime() + hours * 3_600_000))
/** Where ranges begin and end. */
const edges = fc
  .constantFrom(-31, -8, -7, -1, 0, 1, 7, 8, 31)
  .map((days) => startOfDay(addDays(dayAt(NOW, ZONE), days), ZONE))
export const instants = fc.oneof(times, nearTimes, edges, fc.constant(NOW))
export const daysOf = instants.map((time) => time.toISOString().slice(0, 10))
const anyId = fc.integer({ min: 1, max: 9 }).map(id)
const hidden = fc.constantFrom(null, false, false, true)

const people = fc
  .record({
    personid: anyId,
    fullname: maybe(texts),
    notes: maybe(texts),
    age: maybe(fc.integer({ min: 0, max: 5 })),
    version: maybe(fc.integer({ min: 0, max: 3 })),
    balance: maybe(fc.constantFrom(-1.5, 0, 2.25, 1000)),
    active: maybe(fc.boolean()),
    born: maybe(daysOf),
    seenon: maybe(instants),
    kind: maybe(fc.constantFrom(1, 2, 3)),
    tags: maybe(fc.subarray([1, 2, 3])),
    employerid: maybe(anyId),
    owner: maybe(fc.tuple(anyId, fc.constantFrom('person', 'company'))),
    salary: fc.constant(9),
    hidden,
  })
  .map(({ owner, ...row }): WorldRow => ({ ...row, ownerid: owner?.[0] ?? null, ownerid_table: owner?.[1] ?? null }))

const companies = fc.record({
  companyid: anyId,
  name: maybe(texts),
  size: maybe(fc.integer({ min: 0, max: 3 })),
  parentid: maybe(anyId),
  hidden,
})

export const worlds: fc.Arbitrary<World> = fc.record({
  person: fc.uniqueArray(people, { selector: (row) => row.personid, minLength: 3, maxLength: 9 }),
  company: fc.uniqueArray(companies, { selector: (row) => row.companyid, minLength: 2, maxLength: 6 }),
})
