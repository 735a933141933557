import type { MailFolder } from '@microsoft/microsoft-graph-types'
import { HELD_IN, type HolderMark, printHolder, readHolder } from '../../items/holder.ts'
import type { GraphClient } from '../client.ts'
import { query } from '../query.ts'
import { expanding } from './properties.ts'

const INBOX = '/mailFolders/inbox'
const PROPERTY = `String {${HELD_IN.set}} Name ${HELD_IN.name}`

/** Which organization synchronizes the items: a property of the Inbox, hidden in Outlook (MB-77). */
export function graphHolder(client: GraphClient): HolderMark {
  return {
    async read() {
      const path = `${INBOX}${query({ $select: 'id', $expand: expanding([PROPERTY]) })}`
      const { value: inbox } = await client.json<MailFolder>({
        path,
        deed: 'Reading which organization synchronizes the mailbox',
      })
      return readHolder(inbox?.singleValueExtendedProperties?.[0]?.value ?? undefined)
    },
    async write(holder) {
      const body = { singleValueExtendedProperties: [{ id: PROPERTY, value: printHolder(holder) }] }
      const deed = 'Noting which organization synchronizes the mailbox'
      await client.json({ method: 'PATCH', path: INBOX, body, deed, repeatable: true })
    },
  }
}
