/** Where an email stands on its way out, and why it does not go on (OE-11, OE-12). */
export type DeliveryReason =
  | 'Draft'
  | 'Queued'
  | 'SendLater'
  | 'Postponed'
  | 'Sending'
  | 'Sent'
  | 'Failed'
  | 'DeliveryUncertain'
  | 'NotOutgoing'
  | 'NotSubmitted'
  | 'NoMailbox'
  | 'OutgoingNone'
  | 'OutgoingByClient'
  | 'MailboxInactive'
  | 'NoServerProfile'
  | 'AddressNotApproved'
  | 'MailboxNotEnabled'

export interface DeliveryText {
  title: string
  cause: string
  /** What somebody has to do so that it goes on. */
  toDo: string
}

const nothing = 'Nothing needs to be done.'

/** The text of every reason. */
export const deliveryReasons: Readonly<Record<DeliveryReason, DeliveryText>> = {
  Draft: { title: 'Draft', cause: 'It has not been sent.', toDo: 'Send it when it is ready.' },
  Queued: {
    title: 'Waiting to be sent',
    cause: 'The mailbox of the sender takes it with its next visit.',
    toDo: 'Nothing needs to be done; it can be withdrawn until then.',
  },
  SendLater: {
    title: 'Waiting for its time',
    cause: 'It was asked to be sent later.',
    toDo: 'Nothing needs to be done; withdraw it to change the time.',
  },
  Postponed: {
    title: 'Waiting for another attempt',
    cause: 'The mail server could not take it; the alert of the email or its mailbox says why.',
    toDo: 'Nothing needs to be done; it is tried again by itself, ten times.',
  },
  Sending: { title: 'Being sent', cause: 'A worker hands it to the mail server.', toDo: nothing },
  Sent: { title: 'Sent', cause: 'The mail server took it.', toDo: nothing },
  Failed: {
    title: 'Failed',
    cause: 'It could not be sent; the alert of the email says why.',
    toDo: 'Correct it and send it again.',
  },
  DeliveryUncertain: {
    title: 'Perhaps sent: a person decides',
    cause: 'The mail server got the whole message and its answer was never heard; it cannot be asked.',
    toDo: 'Ask a recipient or look into the log of the mail server; then choose “It was sent” or “Send again”.',
  },
  NotOutgoing: { title: 'Not an email to be sent', cause: 'It was received, closed or cancelled.', toDo: nothing },
  NotSubmitted: {
    title: 'Not submitted',
    cause: 'It was set to be sent without being submitted.',
    toDo: 'Withdraw it and send it.',
  },
  NoMailbox: {
    title: 'Not submitted: the sender has no mailbox',
    cause: 'The mailbox it was left to is gone.',
    toDo: 'Withdraw it and choose another sender.',
  },
  OutgoingNone: {
    title: 'Not submitted: the mailbox sends nothing',
    cause: 'Outgoing email of the sender’s mailbox is set to None.',
    toDo: 'Set outgoing email of the mailbox to server-side synchronization and run Test & Enable.',
  },
  OutgoingByClient: {
    title: 'Waiting for the client on the sender’s computer',
    cause: 'Outgoing email of the sender’s mailbox is sent by the client, every ten minutes while it runs.',
    toDo: 'Start the client, and allow it to send (personal option SendEmailByClient).',
  },
  MailboxInactive: {
    title: 'Not submitted: the mailbox is inactive',
    cause: 'The mailbox record, or its user, was deactivated.',
    toDo: 'Activate it and run Test & Enable.',
  },
  NoServerProfile: {
    title: 'Not submitted: the mailbox has no active server profile',
    cause: 'The profile is missing or inactive.',
    toDo: 'Choose an active profile and run Test & Enable.',
  },
  AddressNotApproved: {
    title: 'Not submitted: the address is not approved',
    cause: 'The organization processes email of approved addresses only.',
    toDo: 'Somebody with the approval privilege approves the address; then run Test & Enable.',
  },
  MailboxNotEnabled: {
    title: 'Not submitted: the mailbox is not enabled for outgoing email',
    cause: 'Test & Enable has not succeeded, or a lasting error stopped it; the mailbox shows it.',
    toDo: 'Remove the cause and run Test & Enable.',
  },
}
