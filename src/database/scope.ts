import { AsyncLocalStorage } from 'node:async_hooks'

/** The transaction in which the running code finds itself. */
export interface Scope {
  open: boolean
  /** Done once the transaction has been committed. */
  afterCommit: (() => Promise<void>)[]
}

const scopes = new AsyncLocalStorage<Scope>()

let within = 0

/** Following what runs within a transaction costs each promise of the process, so it ends with the last transaction. */
export async function withinScope<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
  within++
  try {
    return await scopes.run(scope, work)
  } finally {
    within--
    if (within === 0) scopes.disable()
  }
}

export function openScope(): Scope | undefined {
  const scope = scopes.getStore()
  return scope?.open ? scope : undefined
}

/**
 * Code inside a transaction may only use that transaction. On the embedded engine, which has one session, a query
 * beside it would wait for the transaction that waits for the query; on a server it would see and do other things than
 * its author means. Both engines refuse it.
 */
export function refuseInsideTransaction(): void {
  if (openScope()) {
    throw new Error(
      'The database was used from inside a transaction. Use the transaction that `transaction` hands to its work (`tx`) for every statement until it ends.',
    )
  }
}
