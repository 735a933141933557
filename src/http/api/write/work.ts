import type { Reference, Values, WriteOptions } from '#records'
import type { Call } from '../call.ts'
import type { Written } from './pointers.ts'

/**
 * What one transaction writes. New rows are held back as long as more of the same table follow, so that a thousand of
 * them are one statement; whatever else is done comes after `flush`.
 */
export class Work {
  /** Rows written by requests of the same batch, by Content-ID. */
  readonly written: Map<string, string>
  /** A row was created because there was none: somebody else may create it meanwhile. */
  mayHaveRaced = false
  #held: { call: Call; table: string; options: WriteOptions; rows: Values[]; ids: Set<string> } | undefined

  constructor(written: Written) {
    this.written = new Map(written)
  }

  /** Creates a row; it names its id. */
  async insert(call: Call, to: Reference, values: Values, options: WriteOptions): Promise<void> {
    const held = this.#held
    const joins =
      held?.table === to.table &&
      held.call.access === call.access &&
      held.options.suppressDuplicateDetection === options.suppressDuplicateDetection &&
      !held.ids.has(to.id) &&
      !pointsInto(held.ids, values)
    if (!joins) await this.flush()
    this.#held ??= { call, table: to.table, options, rows: [], ids: new Set() }
    this.#held.rows.push(values)
    this.#held.ids.add(to.id)
  }

  async flush(): Promise<void> {
    const held = this.#held
    if (!held) return
    this.#held = undefined
    await held.call.access.createMany(held.table, held.rows, held.options)
  }
}

/** A row that points to one held back is judged once that one exists. */
function pointsInto(ids: ReadonlySet<string>, values: Values): boolean {
  return Object.values(values).some(
    (value) => typeof value === 'object' && value !== null && 'id' in value && ids.has(value.id),
  )
}
