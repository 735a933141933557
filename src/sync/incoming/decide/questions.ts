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
  const addresses = new Set<string>()
  const keys = new Set<string>()
  const tokens = new Set<string>()
  const threadHashes = new Set<number>()
  const subjects: (readonly number[])[] = []
  for (const { key, headers } of messages) {
    addresses.add(addressKey(senderOf(headers)?.address ?? ''))
    for (const recipient of recipientsOf(headers)) addresses.add(recipient.key)
    keys.add(key)
    for (const id of repliedIds(headers)) keys.add(id)
    const token = findToken(headers.subject, settings.tokenPrefixes)
    if (token !== undefined) tokens.add(token)
    const hash = headers.threadIndex === undefined ? undefined : threadIndexHash(headers.threadIndex)
    if (hash !== undefined) threadHashes.add(hash)
    const hashes = subjectHashes(headers.subject, settings)
    if (hashes.length > 0) subjects.push(hashes)
  }
  addresses.delete('')
  return { addresses: [...addresses], keys: [...keys], tokens: [...tokens], threadHashes: [...threadHashes], subjects }
}
