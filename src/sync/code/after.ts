import { SYSTEM } from '#records'
import type { Regarding } from '../regarding.ts'
import { AFTER_JOB, type AfterJob } from './code.ts'

/** Carries out handlers of the stage *after*: at least once each, as whoever made the change; a failed one five times more. */
export async function workCode(regarding: Regarding, onError: (error: unknown, doing: string) => void): Promise<void> {
  const { code, database, records } = regarding
  if (!code?.registered.some(({ stage }) => stage === 'after')) return
  await database.jobs.work(AFTER_JOB, async (data) => {
    const job = data as AfterJob
    try {
      await code.runAfter(job, records.as(job.userId === undefined ? SYSTEM : { kind: 'user', id: job.userId }))
    } catch (error) {
      onError(error, `running the handler “${job.handler}” after the ${job.message} of ${job.table}`)
      throw error
    }
  })
}
