import { type RawBuilder, sql } from 'kysely'
import type { Query, Value } from '../query.ts'
import type { Moment } from './relative.ts'

/** What the text of a question's statement does not depend on: it is given each time that the question is asked. */
export interface Given extends Moment {
  /** Of the conditions, in the order in which they stand in the question. */
  values: readonly (readonly Value[])[]
  /** The question itself, with everything. */
  asked: Query
  /** Of what the rows that are asked for belong to. */
  ids: readonly string[]
  /** Of the proof by which the reader came in, and the version of security under which. */
  proof?: { id: string; version: string }
}

/** A parameter of a statement that is kept: its value is made when the statement is run. */
class Late {
  readonly of: (given: Given) => unknown

  constructor(of: (given: Given) => unknown) {
    this.of = of
  }
}

export function late(of: (given: Given) => unknown): RawBuilder<unknown> {
  return sql`${new Late(of)}`
}

/** The parameters of a kept statement for this once. @throws RecordError what the making of a value throws. */
export function bind(parameters: readonly unknown[], given: Given): unknown[] {
  return parameters.map((parameter) => (parameter instanceof Late ? parameter.of(given) : parameter))
}
