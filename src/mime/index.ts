export { MAX_ADDRESSES, parseAddresses } from './addresses.ts'
export type { Attachment, OmittedAttachment } from './attachments.ts'
export { buildBounce, type NewBounce } from './build-bounce.ts'
export { buildMessage, type NewAttachment, type NewMessage } from './build-message.ts'
export { type CalendarPart, calendarMethod, calendarPartOf, decodeText } from './calendar-part.ts'
export type { Content } from './content.ts'
export { safeFileName } from './file-name.ts'
export { isForward } from './forward.ts'
export { MAX_HEADER_BYTES, parseHeaderBlockOf } from './header-block.ts'
export type { Address, MessageHeaders } from './headers.ts'
export {
  extractAddresses,
  normalizeMessageId,
  sameThreadIndex,
  surrogateKey,
  threadIndexHash,
} from './message-identity.ts'
export { parseHeaders } from './parse-headers.ts'
export { type ParseOptions, parseMessage } from './parse-message.ts'
export type { ParsedMessage } from './parsed-message.ts'
export { childThreadIndex, newThreadIndex } from './thread-index.ts'
