import { RecordError } from '../access.ts'

/** A record that looks like one that is saved. */
export interface FoundDuplicate {
  /** The saved record's id, or the number of the row that was asked about. */
  of: string
  table: string
  id: string
  name: string
  ruleId: string
  ruleName: string
}

const NAMED = 5

/** A record looks like others and was not saved; they are named as far as the writer may read them (DU-5). */
export class DuplicatesFound extends RecordError {
  readonly duplicates: readonly FoundDuplicate[]

  constructor(table: string, duplicates: readonly FoundDuplicate[]) {
    const named = duplicates
      .slice(0, NAMED)
      .map((found) => `${found.table} “${found.name}” (${found.id}; ${found.ruleName})`)
    const more = duplicates.length > NAMED ? ', …' : ''
    super(
      'DuplicateRecordsFound',
      `The record was not saved, because it looks like one that exists: ${named.join(', ')}${more}. ` +
        'Use that one, or save again with duplicate detection suppressed.',
      { table },
    )
    this.duplicates = duplicates
  }
}
