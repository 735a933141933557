import type { Importance } from '#mailbox'
import type { FieldPair, PairMap } from './pair.ts'

const WORDS: readonly Importance[] = ['low', 'normal', 'high']

/** Priority: low, normal, high on both sides (FD-28). Without one it is normal. */
export function importancePair({ rule }: Pick<FieldPair, 'rule'>): PairMap {
  return {
    name: 'importance',
    outlook: 'Importance',
    record: 'Priority',
    columns: ['prioritycode'],
    fields: ['importance'],
    default: 'both',
    allowed: ['both'],
    rule,
    fromRecord: ({ row }) =>
      'prioritycode' in row ? (WORDS[Number(row['prioritycode'] ?? 1)] ?? 'normal') : undefined,
    fromItem: (item) => (item.kind === 'contact' ? 'normal' : item.fields.importance),
    toRecord: (value) => value,
    toItem: (value) => value,
    key: (value) => value ?? 'normal',
    writeRecord: (value) => ({ values: { prioritycode: WORDS.indexOf((value ?? 'normal') as Importance) } }),
    writeItem: (value) => ({ fields: { importance: value ?? 'normal' } }),
  }
}
