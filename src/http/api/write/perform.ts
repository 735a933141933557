import type { Executor } from '#database'
import { RecordError } from '#records'
import type { Regarding } from '#sync'
import { RequestError } from '../../failure.ts'
import { answerOf } from '../../operations/operation.ts'
import { type Call, within } from '../call.ts'
import { isAboutDefinitions } from '../metadata/read.ts'
import { writeMetadata } from '../metadata/write/customize.ts'
import { parseSegments } from '../path.ts'
import { parsePrefer } from '../prefer.ts'
import { readableTable, readRow } from '../read.ts'
import type { Json } from '../rows.ts'
import { type Command, commandOf, type WriteRequest } from './command.ts'
import { type Done, execute } from './execute.ts'
import { existing, type Written } from './pointers.ts'
import { suppressesDuplicates, wantsRow } from './preferences.ts'
import { Work } from './work.ts'

/** What is answered to one request that writes. */
export interface WriteAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  body?: Json
  /** The row that was written, e.g. `contacts(…)`. */
  address?: string
}

const NOTHING_WRITTEN: Written = new Map()

/** One request, in a transaction of its own: all of it happens, or nothing. */
export async function perform(call: Call, request: WriteRequest, written = NOTHING_WRITTEN): Promise<WriteAnswer> {
  if (isAboutDefinitions(request.path)) return declare(call, request)
  const command = commandOf(request, call.regarding.records.catalogue, written)
  // What waits for mail servers is no transaction.
  if (command.kind === 'act' && !command.operation.atomic) {
    const row = command.at && (await existing(call, command.at))
    return actAnswer(call, command, await command.operation.run(call, command.input, row))
  }
  return inTransaction(call.regarding, written, (work, tx) => step(work, within(call, tx), request))
}

/** One request as a part of a larger transaction; new rows may be held back until `work` is flushed. */
export async function step(work: Work, call: Call, request: WriteRequest): Promise<WriteAnswer> {
  if (isAboutDefinitions(request.path))
    throw new RequestError(400, 'NotAtomic', 'Definitions cannot be changed within a change set.')
  const command = commandOf(request, call.regarding.records.catalogue, work.written)
  if (command.kind === 'act' && !command.operation.atomic)
    throw new RequestError(400, 'NotAtomic', `${command.operation.name} cannot be part of a change set.`)
  const suppressDuplicateDetection = suppressesDuplicates(request.headers)
  const done = await execute(work, call, command, { suppressDuplicateDetection })
  if (command.kind === 'act') return actAnswer(call, command, done.output ?? {})
  if (command.kind === 'bulk') return bulkAnswer(call, command, done)
  return done.row ? rowAnswer(work, call, request, done) : { status: 204, headers: {} }
}

/** Tables and columns themselves; what is declared is declared in a transaction of its own. */
async function declare(call: Call, request: WriteRequest): Promise<WriteAnswer> {
  const address = await writeMetadata(call, request, parseSegments(request.path))
  const entityId = { 'odata-entityid': call.root + address }
  const headers = request.method === 'POST' ? { ...entityId, location: call.root + address } : entityId
  return { status: 204, headers: request.method === 'DELETE' ? {} : headers }
}

/** Tries at the same row by several at once, of whom one creates it: the others find it when they look again. */
const TRIES = 3

/** Runs work and what it held back in one transaction. */
export async function inTransaction<T>(
  { database }: Regarding,
  written: Written,
  run: (work: Work, tx: Executor) => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    let work = new Work(written)
    try {
      return await database.transaction(async (tx) => {
        work = new Work(written)
        const result = await run(work, tx)
        await work.flush()
        return result
      })
    } catch (error) {
      const raced = work.mayHaveRaced && error instanceof RecordError && error.code === 'DuplicateKey'
      if (!raced || tried >= TRIES) throw error
    }
  }
}

async function rowAnswer(work: Work, call: Call, request: WriteRequest, done: Done): Promise<WriteAnswer> {
  const { table = '', id = '' } = done.row ?? {}
  const { set } = call.regarding.records.catalogue.table(table)
  const address = `${set}(${id})`
  const entityId = { 'odata-entityid': call.root + address }
  const headers = done.created ? { ...entityId, location: call.root + address } : entityId
  if (!wantsRow(request.headers)) return { status: 204, headers, address }
  await work.flush()
  const prefer = parsePrefer(request.headers.prefer)
  const body = await readRow(call, await readableTable(call, set), id, request.options, prefer)
  const applied = ['return=representation', ...(prefer.applied ? [prefer.applied] : [])].join(', ')
  const etag = body['@odata.etag']
  return {
    status: done.created ? 201 : 200,
    headers: { ...headers, 'preference-applied': applied, ...(typeof etag === 'string' ? { etag } : {}) },
    body,
    address,
  }
}

function actAnswer(call: Call, { operation }: Command & { kind: 'act' }, output: object): WriteAnswer {
  const context = `${call.root}$metadata#Microsoft.Dynamics.CRM.${operation.name}Response`
  if (operation.silent) return { status: 204, headers: {} }
  return { status: 200, headers: {}, body: answerOf(operation).parse({ '@odata.context': context, ...output }) }
}

function bulkAnswer(call: Call, { verb }: Command & { kind: 'bulk' }, { ids = [] }: Done): WriteAnswer {
  if (verb !== 'CreateMultiple') return { status: 204, headers: {} }
  const context = `${call.root}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse`
  return { status: 200, headers: {}, body: { '@odata.context': context, Ids: ids } }
}
