import { activity, TARGETS } from './activity.ts'
import { big, choice, choices, instant, lookup, memo, state, text, whole, yesNo } from './columns.ts'

/** Status reasons of an email (50 §1). */
export const EMAIL_STATUS = {
  draft: 1,
  completed: 2,
  sent: 3,
  received: 4,
  canceled: 5,
  pendingSend: 6,
  sending: 7,
  failed: 8,
  /** Beyond the field: nobody can say whether the mail server took it; a person decides (OE-3). */
  uncertain: 9,
} as const

export const email = activity({
  name: 'email',
  set: 'emails',
  label: 'Email',
  availableOffline: true,
  columns: [
    // What it is
    text('subject', 998, { personal: true }), // OE-31
    yesNo('directioncode', true, { label: 'Direction (yes: outgoing)' }), // T-36
    text('mimetype', 256, { search: false }),
    text('descriptionblobid', 64, { label: 'SHA-256 of the body', search: false }), // B-61
    text('originalblobid', 64, { label: 'SHA-256 of the MIME message', search: false }),
    text('sender', 250, { personal: true }),
    memo('torecipients', 32_768, { personal: true }),
    whole('attachmentcount', { min: 0, default: 0 }),
    big('messagesize', { min: 0 }),
    memo('internetmessageheaders', 65_536, { personal: true, search: false }), // T-13
    choice('notifications', { 0: 'None', 1: 'Not all attachments saved', 2: 'Truncated body' }), // T-91
    instant('senton'),
    instant('receivedon'),
    yesNo('isirmprotected', false),
    // What it belongs to
    text('messageid', 998, { personal: true, search: false }),
    text('inreplyto', 998, { personal: true, search: false }),
    text('conversationindex', 2048, { search: false }),
    whole('baseconversationindexhash'), // T-46
    text('trackingtoken', 50, { search: false }), // OE-32
    choices('subjecthashes', {}), // T-58
    whole('subjectkey'), // T-60: one number for all hashes of a subject
    choices('addresshashes', {}), // T-59
    choice('correlationmethod', {
      0: 'None',
      1: 'Skipped',
      2: 'XHeader',
      3: 'InReplyTo',
      4: 'TrackingToken',
      5: 'ConversationIndex',
      6: 'SmartMatching',
      7: 'CustomCorrelation',
    }), // T-41
    lookup('correlatedactivityid', 'email', { label: 'Correlated email' }), // T-48
    lookup('parentactivityid', 'email', { label: 'Parent email' }),
    { name: 'threadid', type: 'id', label: 'Conversation' }, // B-50
    text('regardingchosenby', 20, { label: 'Where the regarding comes from', search: false }), // B-50: person, thread, folder, correlation
    // Who took it
    lookup('acceptingentityid', ['systemuser', 'queue']), // T-22
    lookup('receivingmailboxid', 'mailbox'),
    lookup('sendermailboxid', 'mailbox'),
    lookup('emailsender', TARGETS.party, { label: 'Sender' }),
    // Sending
    text('submittedby', 250, { personal: true, search: false }),
    lookup('submitterid', 'systemuser', { label: 'Submitted by (user)', readOnly: true }),
    instant('submittedon', { readOnly: true }), // OE-1: only what was submitted is picked up
    choice('deliveryprioritycode', { 0: 'Low', 1: 'Normal', 2: 'High' }, { default: 1 }), // OE-5
    whole('deliveryattempts', { min: 0, default: 0 }),
    instant('lastdeliveryattempt'),
    instant('postponeemailprocessinguntil'),
    instant('delayedemailsendtime'), // OE-6
    lookup('templateid', 'template', { label: 'Template' }),
    lookup('emailsignatureid', 'emailsignature', { label: 'Signature', readOnly: true }),
    yesNo('readreceiptrequested', false),
    yesNo('deliveryreceiptrequested', false),
    yesNo('followemailuserpreference', false),
    whole('opencount', { min: 0 }),
    choice('visibility', { 0: 'Everyone', 1: 'Participants', 2: 'Metadata only' }, { default: 0 }), // B-81
    ...state({ 0: 'Open', 1: 'Completed', 2: 'Canceled' }, [
      [1, 'Draft', 0],
      [8, 'Failed', 0],
      [2, 'Completed', 1],
      [3, 'Sent', 1],
      [4, 'Received', 1],
      [6, 'Pending Send', 1],
      [7, 'Sending', 1],
      [9, 'Delivery Uncertain', 1],
      [5, 'Canceled', 2],
    ]),
  ],
  keys: [{ name: 'message', columns: ['messageid', 'directioncode'] }], // T-85, T-89, B-60
  indexes: [
    ['inreplyto'],
    ['trackingtoken', 'createdon'],
    ['baseconversationindexhash'],
    ['threadid'],
    ['subjecthashes'],
    ['subjectkey', 'createdon'],
    ['sendermailboxid', 'statuscode'],
  ],
})
