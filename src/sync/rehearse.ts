import type { Database, Transaction } from '#database'

/** Does work in a transaction and undoes it, so that it tells what it would do. @throws what the work throws. */
export async function rehearse(database: Database, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  try {
    await database.transaction(async (tx) => {
      await work(tx)
      throw new Rehearsed()
    })
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error
  }
}

class Rehearsed extends Error {
  override readonly name = 'Rehearsed'
}
