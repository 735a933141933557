export { MAX_ADDRESSES, parseAddresses } from './addresses.ts'
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
