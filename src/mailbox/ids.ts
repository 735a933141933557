/** Opaque; unique within the mailbox. */
export type FolderId = string
/** Opaque; unique within its folder as long as the folder's cursor is valid. */
export type ItemId = string
/** Opaque and versioned; made and read only by the connector that issued it. */
export type Cursor = string
