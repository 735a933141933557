import type { ItemId } from '../port.ts'

/** A message that was created: what is known of it at once. */
export interface Created {
  id: ItemId
  internetMessageId?: string
}
