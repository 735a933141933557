import type { Secret } from '../../secret.ts'

/** How a request proves whose it is. */
export type Credentials =
  | { kind: 'password'; user: string; password: Secret; scheme: 'auto' | 'basic' | 'ntlm' | 'negotiate' }
  | { kind: 'bearer'; token: TokenSource }

/** Gives bearer tokens, a new one when the last was refused or is about to expire. */
export interface TokenSource {
  /** @throws MailboxError `denied` when no token is given to us */
  get(signal?: AbortSignal): Promise<string>
  forget(token: string): void
}
