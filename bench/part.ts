import type { Stores } from './support/store.ts'

/** What a part works with. */
export interface Bench {
  /** Small sizes. */
  quick: boolean
  /** Of a part that compares several runs, only those whose name holds this text. */
  only?: string
  /** For its files; removed afterwards. */
  directory: string
  stores: Stores
  /** Progress, for people. */
  say(line: string): void
}

export interface Part {
  name: string
  says: string
  run(bench: Bench): Promise<Figure[]>
}

/** One line of the result. */
export interface Figure {
  what: string
  measured: string
  /** Absent where nothing is promised. */
  target?: string
  met?: boolean
  /** What keeps the figure from being better, and how far that is. */
  bound: string
}
