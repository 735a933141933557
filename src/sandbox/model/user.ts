import type { Mailbox } from './mailbox.ts'

export interface NewUser {
  address: string
  name: string
  givenName?: string
  surname?: string
  /** Further addresses mail reaches him at. */
  aliases?: readonly string[]
  /** Windows name; default `W. Europe Standard Time`. */
  timeZone?: string
  /** Default derived from the address. */
  password?: string
}

export interface User {
  /** A UUID. */
  readonly id: string
  readonly address: string
  readonly name: string
  readonly givenName: string
  readonly surname: string
  readonly aliases: readonly string[]
  readonly timeZone: string
  readonly password: string
  readonly mailbox: Mailbox
  /** Where the mailbox is served: in the cloud (Graph), on premises (EWS) or by both. Setting it moves the mailbox. */
  home: 'both' | 'graph' | 'ews'
  /** Addresses of users in whose name he may send. */
  readonly mayActAs: Set<string>
  /** Addresses of users whose mailboxes he may open (full access). */
  readonly mayOpen: Set<string>
  /** Who acts in his calendar in his name, by address, and whether they get what is sent to him about meetings. */
  readonly delegates: Map<string, { copies: boolean }>
  /** Who gets that once a delegate does. */
  meetingMessages: 'sendToDelegateOnly' | 'sendToDelegateAndPrincipal' | 'sendToDelegateAndInformationToPrincipal'
  /** Whether he is a service account that may act as anybody (the role ApplicationImpersonation). */
  mayImpersonate: boolean
}
