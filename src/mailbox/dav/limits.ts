/** Characters of one item that are read or written, at most. */
export const ITEM_AT_MOST = 24 * 1024 * 1024
