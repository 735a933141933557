import type { CodeEntry } from './codeEntry.ts'

const about =
  (kind: Pick<CodeEntry, 'level' | 'class'>) => (code: string, title: string, cause: string, remedy: string) => ({
    code,
    scope: 'mailbox' as const,
    ...kind,
    title,
    cause,
    remedy,
  })
const question = about({ level: 'information', class: 'none' })
const warning = about({ level: 'warning', class: 'item' })
const stops = about({ level: 'error', class: 'permanent' })

/** What happens to appointments, contacts and tasks. */
export const itemCodes: readonly CodeEntry[] = [
  // MO-15 … MO-17, B-40, B-42, B-43: questions
  question(
    'ExchangeSyncSchedulingConflictsError',
    'A scheduling conflict was found when saving an appointment',
    'The organizer or an attendee is booked already in the CRM.',
    'Answer yes to save it all the same with the next synchronization, or no to leave it until it changes.',
  ),
  question(
    'PossibleDuplicate',
    'An item of the mailbox looks like a record that exists',
    'A rule for finding duplicates matches.',
    'Answer yes to save it all the same, or no to leave it until it changes.',
  ),
  question(
    'PreviouslyLinkedItem',
    'An item was linked before',
    'It bears the marks of a link that this mailbox does not know: it was restored, or another program made it.',
    'Answer yes to link it again, or no to leave it alone.',
  ),
  question(
    'DeleteBrake',
    'Many items would be deleted',
    'One synchronization would delete more items than the organization allows without asking.',
    'Look at the list and its cause; answer yes to delete them, or no to keep them.',
  ),
  question(
    'FirstSynchronization',
    'The first synchronization waits for your consent',
    'The mailbox was read and matched with the CRM; nothing has been written to it.',
    'Look at what would be done, then confirm.',
  ),
  question(
    'InvitationBudget',
    'Many invitations would be sent',
    'One synchronization would make the mail server send more invitations or cancellations to people outside the company than the organization allows without asking.',
    'Answer yes to have them sent, or no to write these meetings without telling anybody.',
  ),
  question(
    'SecondMeeting',
    'A meeting still stands in its former organizer’s calendar',
    'The appointment has another organizer in the CRM, guests are invited, and the former organizer’s mailbox does not synchronize any more: nothing cancels the old meeting.',
    'Have the old meeting canceled in the former organizer’s calendar, or have that mailbox synchronize again. Then answer yes to invite the guests anew, or no to leave it until the appointment changes.',
  ),
  // Single items
  warning(
    'OrganizerMissing',
    'An appointment has no organizer',
    'Whose calendar an appointment belongs to is told by its organizer.',
    'Enter the organizer of the appointment.',
  ),
  warning(
    'FormerOrganizer',
    'A meeting waits for its former organizer',
    'The appointment has another organizer in the CRM, and the old meeting still stands with its guests: the former organizer’s mailbox does not synchronize it and does not cancel it.',
    'Have the old meeting canceled in the former organizer’s calendar, or choose the former organizer again as the organizer of the appointment in the CRM.',
  ),
  warning(
    'ForeignOrganizer',
    'A meeting stays with the person outside the CRM who organizes it',
    'The appointment has another organizer in the CRM. The meeting was called by somebody who is no user of the CRM: that person alone can change or cancel it for everybody, so that nothing was sent.',
    'Choose that person again as the organizer of the appointment in the CRM. To invite the guests yourself, ask that person to cancel the meeting first; where no new one follows by itself then, make a new appointment.',
  ),
  warning(
    'SuccessorNotSynchronized',
    'The new organizer of a meeting has no mailbox that synchronizes',
    'The appointment has another organizer in the CRM, whose mailbox does not synchronize appointments: no new meeting is made there, and nobody is invited anew.',
    'Have the mailbox of the new organizer synchronize appointments, or choose an organizer whose mailbox does. Until then tell the guests yourself.',
  ),
  warning(
    'TimeZoneNotConvertible',
    'The time zone of a series is not known',
    'The mail server names a zone that no table knows, and does not tell its rules.',
    'Open the series in Outlook and save it: Outlook writes down the rules of its zone. Single appointments are not affected.',
  ),
  warning(
    'UnsupportedRecurrence',
    'A series repeats in a way that cannot be kept',
    'The CRM or the mail server has no such pattern.',
    'Choose another pattern, or single appointments.',
  ),
  warning(
    'InsufficientPermission',
    'An item could not be saved for want of a privilege',
    'The user of the mailbox may not create, change or delete the record.',
    'Grant the privilege that the text names, or leave the item untracked.',
  ),
  warning(
    'ItemRefused',
    'The mail server refused an item',
    'The item, as it is, cannot be kept there.',
    'Correct what the text names.',
  ),
  warning(
    'ItemUnreadable',
    'An item cannot be read',
    'The mail server lists it and does not give it out, or it is broken.',
    'Open it in the mail program; save it anew or delete it.',
  ),
  warning(
    'InvitationNotSent',
    'An invitation, its update, its cancellation or an answer did not reach everybody',
    'The server of the calendar tells nobody, so that it goes by mail, and the mail server refused it or a recipient.',
    'Correct what the text names, then change the meeting, or tell the people yourself.',
  ),
  warning(
    'InvitationUncertain',
    'It is not known whether an invitation or an answer was sent',
    'The connection to the mail server, or the process, ended while it was being sent, and the server cannot be asked.',
    'It is not sent again. Ask whom it is for, change the meeting (an update goes to everybody), or answer once more.',
  ),
  warning(
    'AnswerNotGiven',
    'An answer that was given in the CRM to an invitation was not passed on',
    'The meeting is over, called off or gone from the calendar, or neither its server nor the mailbox can tell the organizer.',
    'Answer in the calendar or in the mail program, if it still matters.',
  ),
  warning(
    'AnswerNotTaken',
    'An answer to a meeting came by mail and was not taken',
    'Whoever answered is not invited, or the mail does not come from that person, or it cannot be read.',
    'Do what the text names. The calendar and the CRM are as they were.',
  ),
  warning(
    'InvitationNotTaken',
    'An invitation or cancellation came by mail and was not taken into the calendar',
    'It does not come from the organizer whom it names, or it cannot be read.',
    'Do what the text names. The calendar is as it was.',
  ),
  warning(
    'AttachmentRefused',
    'An attachment of an appointment could not be copied',
    'It is too large, of a kind that is not taken, or the mail server refused it. Everything else was synchronized.',
    'Do what the text names, then attach it again.',
  ),
  warning(
    'RecordRefused',
    'A record could not be saved',
    'A value or a customization of the CRM forbids it.',
    'Correct what the text names.',
  ),
  // The mailbox as a whole
  stops(
    'HeldByAnotherOrganization',
    'Another organization synchronizes this mailbox’s appointments, contacts and tasks',
    'The mailbox bears the mark of another organization. Two at once would undo each other’s changes; email is not concerned.',
    'Set the method of appointments, contacts and tasks to “none” in the organization that shall not; or take the mailbox over with Test & Enable and “from this organization only” (regarding mailbox test … --take-over), which stops the other one.',
  ),
  stops(
    'FilterNotEvaluable',
    'A synchronization filter cannot be evaluated',
    'A column or table that the filter asks about is gone, or it has an operator that is not known.',
    'Change or deactivate the filter that the text names, then run Test & Enable.',
  ),
]
