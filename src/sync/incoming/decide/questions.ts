import type { Direction, Message, TrackingSettings } from '../model.ts'
import { addressKey, recipientsOf, senderOf } from './addresses.ts'
import { repliedIds, threadHash } from './correlate.ts'
import { subjectHashes } from './smartMatching.ts'
import { findToken } from './token.ts'

/** Everything that deciding on some messages can ask `Knowledge`, so that it can be gathered for a page at once. */
export interface Questions {
  addresses: string[]
  keys: { key: string; direction: Direction }[]
  messageIds: string[]
  tokens: string[]
  threadHashes: number[]
  /** Hashes of one subject each. */
  subjects: number[][]
}

/** What `decide` will ask about these messages; it asks nothing else by key. */
export function questionsOf(messages: readonly Message[], settings: TrackingSettings): Questions {
  const headers = messages.map((message) => message.headers)
  return {
    addresses: unique(
      headers.flatMap((header) => [
        addressKey(senderOf(header)?.address ?? ''),
        ...recipientsOf(header).map((recipient) => recipient.key),
      ]),
    ).filter((address) => address !== ''),
    keys: messages.flatMap(({ key }) => [
      { key, direction: 'incoming' as const },
      { key, direction: 'outgoing' as const },
    ]),
    messageIds: unique(headers.flatMap(repliedIds)),
    tokens: unique(headers.flatMap((header) => findToken(header.subject, settings.tokenPrefixes) ?? [])),
    threadHashes: unique(headers.flatMap((header) => threadHash(header.threadIndex ?? '') ?? [])),
    subjects: headers.map((header) => subjectHashes(header.subject, settings)).filter((hashes) => hashes.length > 0),
  }
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
