import { resolve } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, in that order; where one begins last, the other processors have nothing left to do. */
const LONGEST = [
  'prove/simulation',
  'records/security/property',
  'prove/killsEmbedded',
  'prove/simulation-embedded',
  'prove/kills',
  'schedule/simulation',
  'mailbox/imap/conformance',
  'items/badInputExchange',
  'prove/faults-connection',
  'mailbox/graph/itemFaults',
  'demo/command',
  'prove/killsCustomizing',
  'mailbox/dav/radicale',
  'items/meetings',
  'outgoing/thousand',
  'mailbox/dav/bulk',
  'mailbox/dav/wire',
  'prove/faults-server',
  'mailbox/graph/faults',
  'house/checks',
  'items/makingMany',
  'mailbox/dav/cyrus',
  'mailbox/imap/faults',
  'items/letters/answers',
  'prove/killsSending',
  'prove/killsItemsEmbedded',
  'incoming/cycle',
  'items/letters/crash',
  'prove/killsItems',
  'items/makingManyDav',
  'items/meetingsDelegates',
  'database/durability',
  'items/answers',
  'items/meetingsOrganizer',
  'database/archive',
  'corpus/dav',
  'items/restoreDav',
  'items/meetingsMore',
  'prove/faults-disk',
  'items/plan/world/world',
  'items/cycle',
  'items/letters/invitations',
  'prove/faults-size',
  'http/signing-in',
  'database/blobs',
  'items/first',
  'schedule/kill',
  'items/turning',
  'mailbox/dav/scheduling',
  'items/attachmentsExchange',
  'prove/faults-watch',
  'items/letters/replies',
  'mailbox/maildir/dovecot',
  'http/writing-together',
  'webhooks/delivering',
  'records/duplicates',
  'items/attachments',
  'records/query/compile',
  'records/query/aggregate',
  'items/refused/exchange',
  'prove/faults-clock',
  'prove/faults-content',
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
