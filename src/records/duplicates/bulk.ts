import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Access, RecordError, type Values } from '../access.ts'
import type { Query, Row } from '../query.ts'
import { idArray } from '../security/predicate.ts'
import type { Catalogue } from '../tables/catalogue.ts'
import { match, publishedRules, type Seeker } from './match.ts'

/** The name of the jobs that search all records for duplicates. */
export const BULK_JOB = 'detect-duplicates'

export const JOB_STATUS = { waiting: 0, inProgress: 20, succeeded: 30, failed: 31 } as const
const BULK_DETECTION = 8
/** Records compared in one transaction; its results and its place are saved together (law 1). */
const BATCH = 500
/** Pairs that one batch keeps for each rule. */
const PAIRS = 5000

/** What a job does and how far it is. */
interface Progress {
  query: Query
  after?: string
}

/** The row of a job that compares all records of a query with all others (DU-12). */
export function newJob(query: Query, name: string, owner: string): Values {
  return {
    name,
    operationtype: BULK_DETECTION,
    primaryentitytype: query.table,
    data: JSON.stringify({ query } satisfies Progress),
    ownerid: { table: 'systemuser', id: owner },
  }
}

export interface BulkBatch {
  tx: Executor
  catalogue: Catalogue
  /** The one who asked: finds what that person may read. */
  user: Access
  seeker: Seeker
  system: Access
  now: Date
}

/** Locks a job's row. */
export async function jobRow(tx: Executor, id: string): Promise<Row | undefined> {
  const { rows } = await sql<Row>`select * from asyncoperation where asyncoperationid = ${id}::uuid for update`.execute(
    tx,
  )
  return rows[0]
}

export const isOver = (job: Row): boolean => Number(job['statuscode']) >= JOB_STATUS.succeeded

/** Compares the next records of a job and saves what it found with its place. @returns whether there are more. */
export async function runBatch({ tx, catalogue, user, seeker, system, now }: BulkBatch, job: Row): Promise<boolean> {
  const { query, after } = JSON.parse(String(job['data'])) as Progress
  const table = catalogue.table(query.table)
  const isFirst = after === undefined
  const page = await user.query({
    ...query,
    columns: [table.id],
    top: BATCH,
    count: isFirst,
    ...(after ? { after } : {}),
  })
  const ids = page.rows.map((row) => String(row[table.id]))
  const id = sql.ref(`x.${table.id}`)
  const sought = { from: sql`${sql.table(table.name)} as x`, where: sql`${id} = any(${idArray(ids)})`, of: id, id }
  const found = await match(tx, seeker, await publishedRules(tx, table.name), sought, { limit: PAIRS, once: true })
  const owner = { table: String(job['ownerid_table']), id: String(job['ownerid']) }
  const asyncoperationid = { table: 'asyncoperation', id: String(job['asyncoperationid']) }
  await system.createMany(
    'duplicaterecord',
    found.map((pair) => ({
      asyncoperationid,
      duplicateruleid: { table: 'duplicaterule', id: pair.ruleId },
      baserecordid: { table: table.name, id: pair.of },
      duplicaterecordid: { table: pair.table, id: pair.id },
      ownerid: owner,
    })),
  )
  const more = page.next !== undefined
  await system.update('asyncoperation', asyncoperationid.id, {
    recordsprocessed: Number(job['recordsprocessed']) + ids.length,
    recordsfound: Number(job['recordsfound']) + found.length,
    ...(page.count === undefined ? {} : { recordstotal: page.count }),
    ...(isFirst ? { startedon: now } : {}),
    message: null,
    ...(more
      ? { data: JSON.stringify({ query, after: page.next }), statuscode: JOB_STATUS.inProgress }
      : { completedon: now, statuscode: JOB_STATUS.succeeded }),
  })
  return more
}

/** @throws RecordError when the person may read no row of the table. */
export async function mayDetect(access: Access, table: string): Promise<void> {
  for (const name of [table, 'duplicaterule'])
    if (!(await access.may('read', name)))
      throw new RecordError('PrivilegeDenied', `Looking for duplicates needs the privilege to read "${name}".`, {
        table: name,
      })
}
