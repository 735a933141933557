import { resolve } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, in that order; where one begins last, the other processors have nothing left to do. */
const LONGEST = [
  'records/security/property',
  'prove/simulation',
  'prove/killsEmbedded',
  'prove/simulation-embedded',
  'items/plan/world/world',
  'prove/kills',
  'mailbox/imap/conformance',
  'prove/faults-connection',
  'items/meetings',
  'items/cycle',
  'items/badInputExchange',
  'mailbox/graph/itemFaults',
  'schedule/simulation',
  'incoming/cycle',
  'mailbox/graph/faults',
  'prove/killsCustomizing',
  'prove/killsItemsEmbedded',
  'prove/killsItems',
  'outgoing/thousand',
  'demo/command',
  'items/meetingsMore',
  'items/attachmentsExchange',
  'http/signing-in',
  'items/restoreDav',
  'corpus/dav',
  'items/letters/crash',
  'items/letters/invitations',
  'items/letters/replies',
  'database/durability',
  'prove/faults-server',
  'mailbox/dav/radicale',
  'mailbox/dav/cyrus',
  'mailbox/dav/wire',
  'prove/killsSending',
  'items/instances',
  'items/customZones',
  'items/lostAnswer',
  'items/turning',
  'items/first',
  'items/attachments',
  'outgoing/conversation',
  'mailbox/imap/faults',
  'records/security/model',
  'records/duplicates',
  'calendar/zones',
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
