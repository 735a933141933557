import type { Attached } from '../fields/attachments.ts'

/** The files of one deed on their way (AP-85). */
export interface Files {
  /** Fetched for the record and kept as blobs, by what the pair calls them. */
  fetched: Map<string, { hash: string; size: number }>
  /** What each side has of those that were copied; none: it was left out. */
  onRecord: Map<string, Attached | undefined>
  onItem: Map<string, Attached | undefined>
  /** Why some were left out. Everything else of the deed is done. */
  left: string[]
}

export const noFiles = (): Files => ({ fetched: new Map(), onRecord: new Map(), onItem: new Map(), left: [] })
