import { describe } from 'vitest'
import type { Bench } from './conformance/bench.ts'
import { changesConform } from './conformance/changes.ts'
import { deedsConform } from './conformance/deeds.ts'
import { foldersConform } from './conformance/folders.ts'
import { limitsConform } from './conformance/limits.ts'
import { messagesConform } from './conformance/messages.ts'
import { modelConforms } from './conformance/model.ts'

export type { Bench, OtherSide, TrueItem } from './conformance/bench.ts'

/**
 * Checks every promise of the mailbox port against one connector. `setup` gives a fresh, empty mailbox for each test.
 * `runs`: how many random histories the model-based test plays.
 */
export function conformance(name: string, setup: () => Promise<Bench>, options: { runs?: number } = {}): void {
  describe(name, () => {
    foldersConform(setup)
    changesConform(setup)
    messagesConform(setup)
    deedsConform(setup)
    limitsConform(setup)
    modelConforms(setup, options.runs ?? 15)
  })
}
