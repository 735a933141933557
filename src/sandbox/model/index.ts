export { receive } from './arrival.ts'
export type { Body, FileAttachment, Importance, ItemBase, Person, Sensitivity } from './base.ts'
export type { Category } from './categories.ts'
export type { Change, ChangeLog, ChangePage } from './changeLog.ts'
export { type Composition, compose, decompose } from './composition.ts'
export { type Contact, NO_CONTACT, type PostalAddress } from './contact.ts'
export { CUSTOM, customZone, rulesOf, type YearlyMoment, type ZoneRules } from './customZone.ts'
export { delegate, isDelegateOf, mayOpen, mayOpenSome, ownersOf } from './delegates.ts'
export { deliver, type Submission, submit } from './delivery.ts'
export type { Answer, Attendee, CalendarEvent, EventDetails, EventException, ShowAs, When } from './event.ts'
export { Failure, type FailureCode } from './failure.ts'
export { type Call, type Fault, type FaultRule, Faults } from './faults.ts'
export { type Folder, PLANTED, type WellKnown } from './folder.ts'
export { digest, Ids } from './ids.ts'
export { invitationTo, readInvitation, writeInvitation } from './invitation.ts'
export type { Item, ItemKind, New, Patch } from './item.ts'
export type { Mailbox } from './mailbox.ts'
export { addEvent, answerEvent, changeEvent, type MeetingAct, newUid, removeEvent } from './meetings.ts'
export type { Flag, MeetingMessage, Message } from './message.ts'
export { type AttachedPart, type MessageView, viewOf } from './messageView.ts'
export { headerList, splitHeaders, withHeaders } from './mimeHeaders.ts'
export { type MessageNotes, newMessage, withSource } from './newMessage.ts'
export { type Notice, Notifier } from './notifier.ts'
export { eventById, occurrenceId } from './occurrenceIds.ts'
export { ZONE_DEFINITION, zoneDefinition } from './outlookZone.ts'
export {
  type ExtendedProperty,
  findProperty,
  PROPERTY_SETS,
  type PropertyName,
  type PropertyType,
  propertyKey,
  withProperties,
} from './property.ts'
export { datesOf, type Pattern, type Recurrence, WEEKDAYS, type Weekday, type WeekIndex } from './recurrence.ts'
export { detailsOf, hasOccurrences, type Occurrence, occurrenceOn, occurrencesOf, withException } from './series.ts'
export type { ChecklistItem, LinkedResource, OpenExtension, Task, TaskStatus } from './task.ts'
export { threadOf } from './thread.ts'
export type { NewUser, User } from './user.ts'
export { type OutboxEntry, World, type WorldOptions, type WorldState } from './world.ts'
export { ianaOf, instantOf, localOf, WINDOWS_ZONES } from './zone.ts'
