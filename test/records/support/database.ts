import type { KyselyPlugin } from 'kysely'
import type { Database } from '#database'
import { type Engine, openTestDatabase as open, USUAL } from '../../support/database.ts'

export { type Engine, engines } from '../../support/database.ts'

export interface TestDatabase extends Database {
  /** The statements run since it was last emptied, `begin` and `commit` apart. */
  statements: string[]
}

/** A fresh database whose statements are noted. `close` removes it. */
export async function openTestDatabase(engine: Engine = USUAL): Promise<TestDatabase> {
  const database = await open(engine)
  const statements: string[] = []
  const noting: KyselyPlugin = {
    transformQuery({ node }) {
      statements.push(node.kind === 'RawNode' ? node.sqlFragments.join('$').trim() : node.kind)
      return node
    },
    transformResult: ({ result }) => Promise.resolve(result),
  }
  const transaction = database.transaction.bind(database)
  return Object.assign(database, {
    statements,
    sql: database.sql.withPlugin(noting),
    transaction: <T>(work: Parameters<typeof database.transaction<T>>[0]) =>
      transaction((tx) => work(tx.withPlugin(noting))),
  })
}
