import { resolve } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, in that order; where one begins last, the other processors have nothing left to do. */
const LONGEST = [
  'prove/killsEmbedded',
  'records/security/property',
  'prove/simulation-embedded',
  'prove/simulation',
  'mailbox/imap/conformance',
  'prove/kills',
  'prove/faults-connection',
  'items/meetings',
  'items/cycle',
  'mailbox/graph/itemFaults',
  'incoming/cycle',
  'schedule/simulation',
  'mailbox/graph/faults',
  'prove/killsCustomizing',
  'outgoing/thousand',
  'demo/command',
  'database/durability',
  'prove/killsItemsEmbedded',
  'mailbox/dav/radicale',
  'prove/faults-server',
  'mailbox/dav/wire',
  'items/first',
  'mailbox/dav/cyrus',
  'items/attachments',
  'prove/killsSending',
  'mailbox/imap/faults',
  'items/badInput',
].map((name) => resolve(`test/${name}.test.ts`))

/** Begins with the files that take longest, also on a machine that has never run them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.indexOf(moduleId)
  return place < 0 ? LONGEST.length : place
}
