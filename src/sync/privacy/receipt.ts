import type { Transaction } from '#database'
import type { Regarding } from '../regarding.ts'
import type { Subject } from './subject.ts'

/** What became of something that was held. */
export interface ReceiptLine {
  /** The table, or `table.column`. */
  place: string
  did: 'removed' | 'anonymised' | 'kept'
  count: number
  why?: string
}

/** What was found and done about one person (B-82). It names the person by the keyed hash of the addresses only. */
export interface Receipt {
  id: string
  at: Date
  rehearsal: boolean
  addresses: number
  addressHashes: string[]
  lines: ReceiptLine[]
}

/** What a step of erasing works on. */
export interface Erasing {
  regarding: Regarding
  tx: Transaction
  subject: Subject
  note: (place: string, did: ReceiptLine['did'], count: number, why?: string) => void
}
