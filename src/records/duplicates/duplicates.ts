import type { Executor } from '#database'
import { type Principal, RecordError, SYSTEM, type Values } from '../access.ts'
import type { Query } from '../query.ts'
import { RecordAccess, type Store, writeOf } from '../record-access.ts'
import { createRows } from '../write/create.ts'
import { isId } from '../write/values.ts'
import type { Write } from '../write/write.ts'
import { BULK_JOB, isOver, JOB_STATUS, jobRow, mayDetect, newJob, runBatch } from './bulk.ts'
import { type FindOptions, findDuplicates } from './find.ts'
import type { FoundDuplicate } from './found.ts'
import { publishRule, unpublishRule } from './publish.ts'

/** Finding records that look like others (DU-1 … DU-13). */
export class Duplicates {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws RecordError `PrivilegeDenied`, `NotFound`, or `ValidationFailed` saying what is wrong with the rule. */
  publish(principal: Principal, ruleId: string): Promise<void> {
    return this.#writing(principal, ruleId, publishRule)
  }

  unpublish(principal: Principal, ruleId: string): Promise<void> {
    return this.#writing(principal, ruleId, unpublishRule)
  }

  /** What looks like these rows, saved or not, for each row; see `findDuplicates`. */
  async find(
    principal: Principal,
    table: string,
    rows: readonly Values[],
    options: FindOptions & { executor?: Executor } = {},
  ): Promise<FoundDuplicate[][]> {
    const { catalogue, contexts, database } = this.#store
    const executor = options.executor ?? database.sql
    const context = await contexts.of(executor, principal)
    return findDuplicates(executor, { catalogue, context }, catalogue.table(table), rows, options)
  }

  /**
   * Starts a job that compares all records of a query with all others, as far as the person may read them; a worker
   * carries it out. @returns the id of its row in `asyncoperation`.
   */
  async start(principal: Principal, query: Query, name: string): Promise<string> {
    const { contexts, database, catalogue } = this.#store
    catalogue.table(query.table)
    await mayDetect(this.#as(principal), query.table)
    return database.transaction(async (tx) => {
      const { userId } = await contexts.of(tx, principal)
      const { columns: _columns, top: _top, after: _after, count: _count, ...asked } = query
      const [id] = await createRows(await this.#system(tx), catalogue.table('asyncoperation'), [
        newJob(asked, name, userId),
      ])
      await database.jobs.send(tx, BULK_JOB, { id }, { key: id as string })
      return id as string
    })
  }

  /**
   * Carries out a job to its end; one that was interrupted goes on where it was.
   * @throws what went wrong, after it was noted at the job; a later call tries again.
   */
  async run(jobId: string, onProgress: (processed: number, total: number) => void = () => undefined): Promise<void> {
    try {
      while (await this.#batch(jobId, onProgress));
    } catch (error) {
      const message = error instanceof Error ? error.message.slice(0, 4000) : String(error)
      await this.#as(SYSTEM).update('asyncoperation', jobId, { statuscode: JOB_STATUS.failed, message })
      throw error
    }
  }

  /** Lets this process carry out such jobs. */
  async work(): Promise<void> {
    await this.#store.database.jobs.work(BULK_JOB, async (data) => {
      const id = (data as { id?: unknown }).id
      if (isId(id)) await this.run(id)
    })
  }

  #batch(jobId: string, onProgress: (processed: number, total: number) => void): Promise<boolean> {
    const { catalogue, clock, contexts, database } = this.#store
    return database.transaction(async (tx) => {
      const job = await jobRow(tx, jobId)
      // A person may have deleted it; one that failed is tried again.
      if (!job || (isOver(job) && job['statuscode'] !== JOB_STATUS.failed)) return false
      const owner: Principal = { kind: 'user', id: String(job['ownerid']) }
      const context = await contexts.of(tx, owner)
      const user = this.#as(owner).in(tx)
      const system = this.#as(SYSTEM).in(tx)
      const more = await runBatch(
        { tx, catalogue, user, seeker: { catalogue, context }, system, now: clock.now() },
        job,
      )
      const [done] = (
        await system.query({
          table: 'asyncoperation',
          columns: ['recordsprocessed', 'recordstotal'],
          filter: byId(jobId),
        })
      ).rows
      onProgress(Number(done?.['recordsprocessed']), Number(done?.['recordstotal']))
      return more
    })
  }

  #writing(principal: Principal, ruleId: string, work: (write: Write, asSystem: Write, id: string) => Promise<void>) {
    const { contexts, database } = this.#store
    const id: string = ruleId.toLowerCase()
    if (!isId(id)) throw new RecordError('NotFound', 'A rule is named by its id.', { table: 'duplicaterule' })
    return database.transaction(async (tx) => {
      const write = await writeOf(this.#store, tx, await contexts.of(tx, principal))
      await work(write, await this.#system(tx), id)
    })
  }

  async #system(tx: Executor): Promise<Write> {
    return writeOf(this.#store, tx, await this.#store.contexts.of(tx, SYSTEM))
  }

  #as(principal: Principal): RecordAccess {
    return new RecordAccess(this.#store, principal, this.#store.database.sql)
  }
}

const byId = (id: string) =>
  ({
    kind: 'filter',
    type: 'and',
    items: [{ kind: 'condition', column: 'asyncoperationid', operator: 'eq', values: [id] }],
  }) as const
