import { threadIndexHash } from '#mime'
import type { Message, TrackingSettings } from '../model.ts'
import { addressKey, recipientsOf, senderOf } from './addresses.ts'
import { repliedIds } from './correlate.ts'
import { subjectHashes } from './smartMatching.ts'
import { findToken } from './token.ts'

/** What deciding on some messages can ask `Knowledge` by key, so that it can be gathered for a page at once. */
export interface Questions {
  addresses: string[]
  /** The messages' own keys and the ids they answer. */
  keys: string[]
  tokens: string[]
  threadHashes: number[]
  /** The hashes of one subject each. */
  subjects: (readonly number[])[]
}

export function questionsOf(messages: readonly Message[], settings: TrackingSettings): Questions {
  const headers = messages.map((message) => message.headers)
  const addresses = headers.flatMap((header) => [
    addressKey(senderOf(header)?.address ?? ''),
    ...recipientsOf(header).map((recipient) => recipient.key),
  ])
  return {
    addresses: unique(addresses).filter((address) => address !== ''),
    keys: unique(messages.flatMap((message) => [message.key, ...repliedIds(message.headers)])),
    tokens: unique(headers.flatMap((header) => findToken(header.subject, settings.tokenPrefixes) ?? [])),
    threadHashes: unique(headers.flatMap((header) => threadIndexHash(header.threadIndex ?? '') ?? [])),
    subjects: headers.map((header) => subjectHashes(header.subject, settings)).filter((hashes) => hashes.length > 0),
  }
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
