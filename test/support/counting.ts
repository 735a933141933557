import type { Database, Executor, Transaction } from '#database'

/** A database that counts the statements run on it, those of transactions included (BEGIN and COMMIT are none). */
export interface CountedDatabase {
  database: Database
  statements(): string[]
  /** Forgets what was counted. */
  reset(): void
}

export function countStatements(database: Database): CountedDatabase {
  let statements: string[] = []
  const texts = new WeakMap<object, string>()
  const counting = <T extends Executor>(executor: T): T =>
    executor.withPlugin({
      transformQuery: ({ node, queryId }) => {
        texts.set(queryId, textOf(node))
        return node
      },
      // A statement that is kept is compiled once, and run often.
      transformResult: async ({ result, queryId }) => {
        statements.push(texts.get(queryId) ?? 'a statement compiled elsewhere')
        return result
      },
    }) as T
  return {
    database: {
      ...database,
      sql: counting(database.sql),
      transaction: (work) => database.transaction((tx) => work(counting<Transaction>(tx))),
    },
    statements: () => statements,
    reset: () => {
      statements = []
    },
  }
}

/** The beginning of a statement, for people. */
function textOf(node: { kind: string; sqlFragments?: readonly string[] }): string {
  return (node.sqlFragments ?? [node.kind]).join('?').replaceAll(/\s+/g, ' ').trim().slice(0, 120)
}
