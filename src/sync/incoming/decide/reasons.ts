import type { ReasonCode } from '../model.ts'

/** Something a person can do about a decision with one click (B-22, MO-77). */
type RemedyKind =
  | 'trackTo'
  | 'alwaysTrackSender'
  | 'neverTrackSender'
  | 'neverTrackDomain'
  | 'changeMyRule'
  | 'acceptSuggestion'
  | 'changeRegarding'
  | 'untrack'
  | 'untrackThread'
  | 'resumeThread'
  | 'editBlocklist'
  | 'checkAddresses'
  | 'mapFolder'
  | 'changeStartDate'
  | 'tryAgain'
  | 'changeOrganizationSettings'
  | 'grantPrivilege'
  | 'fixForwarding'
  | 'readCustomizationTrace'

export interface Remedy {
  kind: RemedyKind
  label: string
  /** Who is able to do it. */
  who: 'owner' | 'administrator'
}

const owner = (kind: RemedyKind, label: string): Remedy => ({ kind, label, who: 'owner' })
const administrator = (kind: RemedyKind, label: string): Remedy => ({ kind, label, who: 'administrator' })

const trackTo = owner('trackTo', 'Track this email')
const alwaysTrack = owner('alwaysTrackSender', 'Always track this sender')
const neverTrack = [
  owner('neverTrackSender', 'Never track this sender'),
  owner('neverTrackDomain', "Never track this sender's company"),
]
const changeRule = owner('changeMyRule', 'Change my rule')
const tryAgain = owner('tryAgain', 'Try again')
const settings = administrator('changeOrganizationSettings', 'Change the settings of the organization')
const wrong = [
  owner('changeRegarding', 'Change what it regards'),
  owner('untrack', 'Stop tracking this email'),
  owner('untrackThread', 'Stop tracking this conversation'),
  ...neverTrack,
  changeRule,
]

export interface Reason {
  title: string
  /** Why it came to this, for somebody who knows the mailbox but not the rules. */
  cause: string
  /** What somebody has to do so that it goes otherwise. */
  toDo: string
  remedies: readonly Remedy[]
}

const mistaken = 'If it should not be tracked, stop tracking it or change your rule.'

/** The text of every reason. */
export const reasons: Readonly<Record<ReasonCode, Reason>> = {
  AutomaticAll: {
    title: 'Tracked: all email is tracked',
    cause: 'Somebody among the recipients tracks all email.',
    toDo: mistaken,
    remedies: wrong,
  },
  AutomaticReply: {
    title: 'Tracked: it answers a tracked email',
    cause: 'It continues a conversation that is tracked.',
    toDo: mistaken,
    remedies: wrong,
  },
  AutomaticKnownSender: {
    title: 'Tracked: the sender is known',
    cause: 'The sender is a lead, a contact or an account.',
    toDo: mistaken,
    remedies: wrong,
  },
  AutomaticEmailEnabled: {
    title: 'Tracked: the sender is known',
    cause: "The sender's address belongs to a record.",
    toDo: mistaken,
    remedies: wrong,
  },
  AutomaticChosenSender: {
    title: 'Tracked: you always want email of this sender',
    cause: 'The sender is on the list of those whose email is always tracked.',
    toDo: 'If it should not be tracked, take the sender off that list or stop tracking it.',
    remedies: wrong,
  },
  AutomaticSentItem: {
    title: 'Tracked: you sent it',
    cause: 'Sent email is tracked by the rule of the mailbox it was sent from.',
    toDo: mistaken,
    remedies: wrong,
  },
  AutomaticInternal: {
    title: 'Tracked: email between colleagues',
    cause: 'Sender and recipients are users or queues, and no copy of it was tracked yet.',
    toDo: mistaken,
    remedies: wrong,
  },
  ManualCategory: {
    title: 'Tracked: you marked it',
    cause: 'It was given the tracked category.',
    toDo: 'Take the category off to stop tracking it.',
    remedies: wrong,
  },
  ManualFolder: {
    title: 'Tracked: it lies in a tracked folder',
    cause: 'Its folder is set up to be tracked.',
    toDo: 'Email that is moved out of the folder stays tracked; stop tracking it if that is not wanted.',
    remedies: wrong,
  },
  ManualApi: {
    title: 'Tracked: somebody asked for it',
    cause: 'It was tracked by hand.',
    toDo: 'Stop tracking it if that was a mistake.',
    remedies: wrong,
  },
  Duplicate: {
    title: 'Already tracked by a colleague or from another folder',
    cause: 'The same message is tracked already; this copy was linked to it.',
    toDo: 'Nothing needs to be done.',
    remedies: [owner('changeRegarding', 'Change what it regards'), owner('untrack', 'Stop tracking this email')],
  },
  AlreadyLinked: {
    title: 'Already tracked',
    cause: 'This message of this mailbox is tracked already.',
    toDo: 'Nothing needs to be done.',
    remedies: [owner('changeRegarding', 'Change what it regards'), owner('untrack', 'Stop tracking this email')],
  },
  NoCorrelationMatch: {
    title: "Not tracked: nobody's rule accepts it",
    cause: 'The rules of those it was sent to accept only certain email, and this is none of it.',
    toDo: 'Track it by hand, or change the rule of one of them.',
    remedies: [trackTo, alwaysTrack, changeRule, ...neverTrack],
  },
  NoRecipientMatch: {
    title: 'Not tracked: it was not sent to a known address',
    cause:
      'None of the addresses in To or Cc belongs to a user or queue who may receive here: it came through a distribution list, as a blind copy, or to an address that is missing or shared by several records.',
    toDo: 'Track it by hand, choose to track all email, or have the address added to the right user or queue.',
    remedies: [trackTo, changeRule, administrator('checkAddresses', 'Check the addresses of users and queues')],
  },
  InvalidSender: {
    title: 'Not tracked: it has no usable sender',
    cause: 'The message names no address it came from.',
    toDo: 'Nothing can be done; such a message cannot be tracked.',
    remedies: [],
  },
  RestrictedItem: {
    title: 'Not tracked: it is rights-protected',
    cause: 'Your organization does not track rights-protected email.',
    toDo: 'Ask an administrator to allow it.',
    remedies: [settings],
  },
  InternalEmail: {
    title: 'Not tracked: email between colleagues',
    cause: 'Sender and recipients are users or queues, and your organization keeps at most one copy of such email.',
    toDo: 'Track it by hand if it belongs to a record.',
    remedies: [trackTo, settings],
  },
  NoEligibleOwner: {
    title: 'Not tracked: nobody may own it',
    cause: 'No user among the recipients may create email records.',
    toDo: 'Ask an administrator to grant one of them the right to create email.',
    remedies: [administrator('grantPrivilege', 'Grant the right to create email')],
  },
  InvalidForwardMailItem: {
    title: 'Not tracked: it was forwarded the wrong way',
    cause:
      'A forward mailbox reads only messages that were forwarded as attachments, from mailboxes that are set to receive through a forward mailbox.',
    toDo: 'Correct the rule that forwards it, or the incoming method of the mailbox it came from.',
    remedies: [administrator('fixForwarding', 'Correct the forwarding rule or the mailbox')],
  },
  IsvAborted: {
    title: 'Not tracked: a customization refused it',
    cause: 'An extension of the organization refused the email or failed.',
    toDo: 'Ask an administrator to look at the trace of the customization, then try again.',
    remedies: [tryAgain, administrator('readCustomizationTrace', 'Read the trace of the customization')],
  },
  PrivilegeDenied: {
    title: 'Not tracked: a right is missing',
    cause: 'Who would own the email may not create it, or may not read or append to the record it regards.',
    toDo: 'Ask an administrator to grant the missing right, then try again.',
    remedies: [tryAgain, administrator('grantPrivilege', 'Grant the missing right')],
  },
  Undeliverable: {
    title: 'Not tracked: given up after several attempts',
    cause: 'Every attempt to track it failed; it carries the category for undeliverable email.',
    toDo: 'Have the cause removed, then give it the tracked category again.',
    remedies: [tryAgain],
  },
  UntrackedByUser: {
    title: 'Not tracked: you stopped tracking it',
    cause: 'A person untracked it or deleted its record, so it is not picked up again by itself.',
    toDo: 'Track it by hand if you changed your mind.',
    remedies: [trackTo],
  },
  ThreadStopped: {
    title: 'Not tracked: you stopped tracking this conversation',
    cause: 'A person untracked the conversation and asked to leave it alone.',
    toDo: 'Track this email by hand, or let the conversation be tracked again.',
    remedies: [trackTo, owner('resumeThread', 'Track this conversation again')],
  },
  Blocked: {
    title: 'Not tracked: it is on a blocklist',
    cause: 'You or your organization decided that email like this is never tracked.',
    toDo: 'Change the blocklist if that is not wanted any more.',
    remedies: [owner('editBlocklist', 'Change the blocklist')],
  },
  BeforeStartDate: {
    title: 'Not looked at: it is older than the start date',
    cause: 'The mailbox is set to process only email received after a date.',
    toDo: 'Track it by hand, or have the date moved back.',
    remedies: [trackTo, administrator('changeStartDate', 'Move the start date back')],
  },
  NotAMessage: {
    title: 'Not looked at: it is a meeting item',
    cause: 'Meetings are tracked with the calendar, not with email.',
    toDo: 'Track the meeting in the calendar.',
    remedies: [],
  },
  MessageTooLarge: {
    title: 'Not tracked: it is too large',
    cause: 'The message is larger than the mailbox may read.',
    toDo: 'Ask an administrator to raise the limit.',
    remedies: [settings],
  },
  MessageUnreadable: {
    title: 'Not tracked: it could not be read',
    cause: 'The mail server did not deliver the content of the message, or it is damaged.',
    toDo: 'Try again; if it fails again, the message is damaged.',
    remedies: [tryAgain],
  },
  FolderNotSearched: {
    title: 'Not looked at: its folder is not searched',
    cause: 'Only the Inbox and mapped folders are searched, Sent Items where the organization wants it.',
    toDo: 'Track it by hand, or map its folder.',
    remedies: [trackTo, owner('mapFolder', 'Track this folder'), settings],
  },
  SmartMatchSuggestion: {
    title: 'Not tracked, but it may belong to a record',
    cause: "Nobody's rule accepts it, but its subject and its people are those of an email that is tracked.",
    toDo: 'Accept the suggestion to track it to the same record.',
    remedies: [owner('acceptSuggestion', 'Accept the suggestion'), trackTo, changeRule, ...neverTrack],
  },
  Timeout: {
    title: 'Not tracked yet: it took too long',
    cause: 'The mail server or the database did not answer in time.',
    toDo: 'It is tried again by itself.',
    remedies: [tryAgain],
  },
  UnknownDecision: {
    title: 'Not tracked: something went wrong',
    cause: 'An unexpected error stopped it.',
    toDo: 'It is tried again by itself; if it keeps failing, ask an administrator.',
    remedies: [tryAgain],
  },
}
