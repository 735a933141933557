import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Folder } from '#mailbox'
import type { Reference } from '#records'
import type { Candidate } from './candidate.ts'
import { type Cycle, type IncomingDependencies, inTransaction, type Tally } from './context.ts'
import { type Copy, pendingCopies } from './copies.ts'
import { decideAndSave } from './decideAndSave.ts'
import type { Trigger } from './model.ts'
import { messageOf, type ReadFolder } from './observe.ts'
import { foldersToRead } from './readFolders.ts'
import { markGone } from './saveCopies.ts'

/** A person's wish that could not be carried out at once (T-5, SC-37). */
export interface TrackRequest {
  id: string
  messageId: string
  userId: string
  regarding?: Reference
}

/** Tries again what failed before (SC-57) and what people asked for while the mailbox was out of reach (T-5). */
export async function retryPending(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  listed: readonly Folder[],
  waiting: { hasPending: boolean; hasRequests: boolean },
  tally: Tally,
): Promise<void> {
  const executor = dependencies.database.sql
  const folders = new Map(listed.map((folder) => [folder.id, readFolderOf(cycle, folder)]))
  for (const copy of waiting.hasPending ? await pendingCopies(executor, cycle.setup.id, MOST_REQUESTS) : []) {
    const folder = folders.get(copy.folderId)
    if (!folder) continue
    const mapping = folder.mapping
    const trigger: Trigger = mapping ? { kind: 'folder', mapping } : { kind: copy.byPerson ? 'category' : 'automatic' }
    const isThere = await tryAgain(
      dependencies,
      cycle,
      folder,
      [copy.itemId],
      (candidate) => ({
        message: {
          ...candidate.message,
          trackedCategory: copy.seenTracked,
          undeliverableCategory: copy.undeliverableCategory,
        },
        trigger,
        copy,
      }),
      tally,
      () => Promise.resolve(),
    )
    if (!isThere) await forgetItem(dependencies, cycle, copy)
  }
  for (const request of waiting.hasRequests ? await openRequests(executor, cycle.setup.id) : [])
    await serve(dependencies, cycle, folders, request, tally)
}

function readFolderOf(cycle: Cycle, folder: Folder): ReadFolder {
  const read = foldersToRead(cycle, [folder])[0]
  return read ?? { id: folder.id, path: folder.path, place: folder.use === 'sent' ? 'sent' : 'other', searched: false }
}

async function serve(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folders: ReadonlyMap<string, ReadFolder>,
  request: TrackRequest,
  tally: Tally,
): Promise<void> {
  const found = (await cycle.mailbox.find(request.messageId)).find((item) => folders.has(item.folder))
  if (!found) {
    await postpone(dependencies, cycle, request.id, `The mailbox holds no message ${request.messageId} any more.`)
    return
  }
  const trigger: Trigger = {
    kind: 'api',
    userId: request.userId,
    ...(request.regarding ? { regarding: request.regarding } : {}),
  }
  const folder = folders.get(found.folder) as ReadFolder
  try {
    await tryAgain(
      dependencies,
      cycle,
      folder,
      [found.id],
      (candidate) => ({ ...candidate, trigger }),
      tally,
      (tx) => settleRequest(tx, cycle.setup.id, request, { folderId: folder.id, itemId: found.id }),
    )
  } catch (error) {
    if (!(error instanceof RequestWithdrawn)) throw error
  }
}

/** While the wish was being carried out a person took it back, or changed it: nothing is to be written. */
class RequestWithdrawn extends Error {}

/** The wish is done with, unless the message could not be written this time (SC-57). */
async function settleRequest(
  tx: Executor,
  mailboxId: string,
  request: TrackRequest,
  { folderId, itemId }: { folderId: string; itemId: string },
): Promise<void> {
  const failed = sql`exists (select from email_copy where mailbox_id = ${mailboxId} and folder_id = ${folderId}
    and item_id = ${itemId} and gone_on is null and state = 'pending')`
  const { numAffectedRows: postponed } = await sql`
    update track_request set attempts = attempts + 1 where request_id = ${request.id} and ${failed}`.execute(tx)
  if (postponed) return
  const { numAffectedRows: done } = await sql`
    delete from track_request
    where request_id = ${request.id} and regarding_id is not distinct from ${request.regarding?.id ?? null}`.execute(tx)
  if (!done) throw new RequestWithdrawn()
}

/** False when the items are gone. */
async function tryAgain(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  ids: readonly string[],
  complete: (candidate: Candidate) => Candidate,
  tally: Tally,
  also: (tx: Executor) => Promise<void>,
): Promise<boolean> {
  const items = await cycle.mailbox.headers(folder.id, ids)
  const candidates = items.map((item) =>
    complete({
      message: messageOf(cycle.setup.id, folder, item, { categories: [] }, dependencies.newId),
      trigger: { kind: 'automatic' },
    }),
  )
  if (!candidates.length) return false
  await decideAndSave(dependencies, cycle, folder.id, candidates, tally, also)
  return true
}

/** In a folder that is not read nobody else would tell that it went. */
async function forgetItem(dependencies: IncomingDependencies, cycle: Cycle, copy: Copy): Promise<void> {
  await inTransaction(dependencies, cycle, 'forget item', (tx) =>
    markGone(tx, cycle.setup.id, copy.folderId, [copy.itemId], dependencies.clock.now()),
  )
}

interface RequestRow {
  request_id: string
  message_id: string
  user_id: string
  regarding_id: string | null
  regarding_table: string | null
}

/** After so many cycles without the message a request is given up; its row tells why. */
export const MOST_REQUESTS = 10

async function openRequests(executor: Executor, mailboxId: string): Promise<TrackRequest[]> {
  const { rows } = await sql<RequestRow>`
    select request_id, message_id, user_id, regarding_id, regarding_table from track_request
    where mailbox_id = ${mailboxId} and attempts < ${MOST_REQUESTS} order by requested_on limit 100
  `.execute(executor)
  return rows.map((row) => ({
    id: row.request_id,
    messageId: row.message_id,
    userId: row.user_id,
    ...(row.regarding_id && row.regarding_table
      ? { regarding: { table: row.regarding_table, id: row.regarding_id } }
      : {}),
  }))
}

async function postpone(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard'>,
  requestId: string,
  error: string,
): Promise<void> {
  await inTransaction(dependencies, cycle, 'postpone request', (tx) =>
    sql`update track_request set attempts = attempts + 1, last_error = ${error} where request_id = ${requestId}`.execute(
      tx,
    ),
  )
}

/** Keeps a wish for the next cycle. */
export async function requestTracking(
  { database, clock, newId }: IncomingDependencies,
  mailboxId: string,
  request: Omit<TrackRequest, 'id'>,
  error: string,
): Promise<void> {
  await sql`
    insert into track_request (request_id, mailbox_id, message_id, user_id, regarding_id, regarding_table, requested_on, last_error)
    values (${newId()}, ${mailboxId}, ${request.messageId}, ${request.userId}, ${request.regarding?.id ?? null},
      ${request.regarding?.table ?? null}, ${clock.now()}, ${error})
  `.execute(database.sql)
}
