import type { Regarding } from '#sync'
import { failureOf } from '../failure.ts'

/** Refusals that may come of a name that another process has declared, or declared otherwise, a moment ago. */
const BY_NAME: ReadonlySet<string> = new Set([
  'TableUnknown',
  'ColumnUnknown',
  'ResourceNotFound',
  'QueryInvalid',
  'KeyInvalid',
  'ParameterInvalid',
  'ValueInvalid',
  'ValueTooLong',
  'MethodNotAllowed',
])

/** Does something, and once more when it was refused for what newer declarations may know. Refused means nothing was done. */
export async function withFreshNames<T>({ records }: Regarding, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!BY_NAME.has(failureOf(error)?.code ?? '') || !(await records.refresh())) throw error
    return work()
  }
}
