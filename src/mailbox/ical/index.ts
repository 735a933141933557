export { attachmentsOf, patchAttachments, type TextAttachment } from './attachments.ts'
export { concernsOthers } from './concerns.ts'
export {
  cancelledText,
  type Invitation,
  invitedText,
  readInvitation,
  revisionOf,
  updatedText,
} from './invitation.ts'
export {
  cancelText,
  type ReplyOptions,
  replyText,
  requestText,
  sequenceOf,
  shownToAttendees,
  type TellOptions,
  type Uninvited,
} from './itip.ts'
export { kindsOf } from './kinds.ts'
export { MARKS_UNTOLD } from './marks.ts'
export { type CardContact, readContact } from './readContact.ts'
export { type IcalEvent, type ReadOptions, readEvent } from './readEvent.ts'
export { type IcalTask, readTask } from './readTask.ts'
export { enterReply, type Reply, type ReplyStanding, readReplies, replyStanding } from './reply.ts'
export { inCrlf, restoreText } from './restore.ts'
export { compareRevisions, type Revision } from './revision.ts'
export { answerEvent, isScheduled, withScheduling, withSequence } from './scheduling.ts'
export { patchContact, printContact } from './writeContact.ts'
export { patchEvent, printEvent } from './writeEvent.ts'
export type { WriteOptions } from './writeFields.ts'
export { patchTask, printTask } from './writeTask.ts'
