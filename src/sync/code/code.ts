import { AsyncLocalStorage } from 'node:async_hooks'
import type { Database, Executor } from '#database'
import { type Catalogue, type CodeEvent, type CodePoints, type CodeRow, RecordError, type RowsChanged } from '#records'
import { HandlerFault, HandlerThread, type Registration } from './thread.ts'

/** Handlers that change records which have handlers, and so on. */
const DEEPEST = 4

export const AFTER_JOB = 'code-after'

/** What a job of the stage *after* holds. */
export interface AfterJob {
  handler: string
  message: 'create' | 'update' | 'delete'
  table: string
  rows: { id: string; columns: readonly string[] }[]
  userId?: string
}

/**
 * The handlers of the installation's module (IsvAborted): validators and handlers run within the write's transaction as
 * whoever writes; those of the stage *after* run by jobs, once the write is committed.
 */
export class InstallationCode implements CodePoints {
  readonly registered: readonly Registration[]
  readonly #thread: HandlerThread
  readonly #depth = new AsyncLocalStorage<number>()
  readonly #jobs: Database['jobs']

  private constructor(thread: HandlerThread, registered: readonly Registration[], jobs: Database['jobs']) {
    this.#thread = thread
    this.registered = registered
    this.#jobs = jobs
  }

  /** @throws Error naming the file and what is wrong with it. */
  static async open(file: string, jobs: Database['jobs']): Promise<InstallationCode> {
    const { thread, registered } = await HandlerThread.open(file)
    return new InstallationCode(thread, registered, jobs)
  }

  /** @throws Error naming a handler whose table or column does not exist. */
  check(catalogue: Catalogue): void {
    for (const { name, table, columns, messages } of this.registered) {
      const declared = catalogue.find(table)
      if (!declared) throw new Error(`The handler “${name}” is for the table "${table}", which does not exist.`)
      if (messages.includes('track') && table !== 'email')
        throw new Error(`The handler “${name}” is for track, which is of the table "email".`)
      const unknown = columns.find((column) => !declared.byName.has(column))
      if (unknown !== undefined)
        throw new Error(`The handler “${name}” is for the column "${table}.${unknown}", which does not exist.`)
    }
  }

  /** Validators, then handlers that may change the values. @throws RecordError `IsvAborted` naming the handler. */
  async before(event: CodeEvent): Promise<readonly CodeRow[]> {
    let rows = event.rows
    for (const stage of ['validate', 'before'] as const)
      for (const [at, handler] of this.registered.entries())
        if (handler.stage === stage && this.#concerns(handler, event))
          rows = await this.#one(at, handler, { ...event, rows }, stage === 'before')
    return rows
  }

  async after(change: RowsChanged, tx: Executor): Promise<void> {
    const { principal } = change
    for (const handler of this.registered) {
      if (handler.stage !== 'after' || !this.#concerns(handler, { ...change, message: change.kind })) continue
      const rows = change.rows.filter(
        ({ columns }) => change.kind !== 'update' || handler.columns.length === 0 || touches(handler, columns),
      )
      if (rows.length === 0) continue
      const job: AfterJob = {
        handler: handler.name,
        message: change.kind,
        table: change.table,
        rows: rows.map(({ id, columns }) => ({ id, columns })),
        ...(principal.kind === 'user' ? { userId: principal.id } : {}),
      }
      await this.#jobs.send(tx, AFTER_JOB, job)
    }
  }

  /** Runs a handler of the stage *after*. @throws HandlerFault; the job is tried again then. */
  async runAfter(job: AfterJob, access: CodeEvent['access']): Promise<void> {
    const at = this.registered.findIndex(({ name, stage }) => stage === 'after' && name === job.handler)
    const handler = this.registered[at]
    // A handler that was taken out of the module has nothing to do any more.
    if (!handler) return
    const rows = job.rows.map(({ id, columns }) => ({ id, values: {}, columns }))
    const { message, table, userId } = job
    await this.#thread.run(at, handler, { message, table, rows, ...(userId === undefined ? {} : { userId }) }, access)
  }

  close(): Promise<void> {
    return this.#thread.close()
  }

  #concerns(
    handler: Registration,
    { table, message, principal }: Pick<CodeEvent, 'table' | 'message' | 'principal'>,
  ): boolean {
    if (handler.table !== table) return false
    // Tracking creates emails as SYSTEM (SE-2).
    const isTracking = message === 'create' && table === 'email' && principal.kind === 'system'
    return handler.messages.includes(message) || (isTracking && handler.messages.includes('track'))
  }

  async #one(at: number, handler: Registration, event: CodeEvent, mayChange: boolean): Promise<readonly CodeRow[]> {
    const { message, table, rows, principal, access } = event
    const wanted = rows.filter(
      ({ values }) => message !== 'update' || handler.columns.length === 0 || touches(handler, Object.keys(values)),
    )
    if (wanted.length === 0) return rows
    const depth = this.#depth.getStore() ?? 0
    if (depth >= DEEPEST)
      throw aborted(handler, `“${handler.name}” was called by its own changes more than ${DEEPEST} deep.`)
    const by = principal.kind === 'user' ? { userId: principal.id } : {}
    try {
      const left = await this.#depth.run(depth + 1, () =>
        this.#thread.run(at, handler, { message, table, rows: wanted, ...by }, access),
      )
      if (!mayChange) return rows
      const byRow = new Map(wanted.map((row, index) => [row, { ...row, values: left[index]?.values ?? row.values }]))
      return rows.map((row) => byRow.get(row) ?? row)
    } catch (error) {
      if (error instanceof HandlerFault) throw aborted(handler, error.message)
      throw error
    }
  }
}

const touches = ({ columns }: Registration, names: readonly string[]) => names.some((name) => columns.includes(name))

function aborted({ table }: Registration, message: string): RecordError {
  return new RecordError('IsvAborted', message, { table })
}
