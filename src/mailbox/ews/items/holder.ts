import { HELD_IN, type HolderMark, printHolder, readHolder } from '../../items/holder.ts'
import { childOf, childrenOf, textOf } from '../node.ts'
import { extended, wellKnown } from '../pieces.ts'
import type { Place } from '../place.ts'
import { xml } from '../xml.ts'

const PROPERTY = xml`<t:ExtendedFieldURI PropertySetId="${HELD_IN.set}" PropertyName="${HELD_IN.name}" PropertyType="String"/>`
const SHAPE = xml`<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>${PROPERTY}</t:AdditionalProperties></m:FolderShape>`

/** Which organization synchronizes the items: a property of the Inbox, hidden in Outlook (MB-77). */
export function ewsHolder({ client, owner }: Place): HolderMark {
  return {
    async read() {
      const body = xml`<m:GetFolder>${SHAPE}<m:FolderIds>${wellKnown('inbox', owner)}</m:FolderIds></m:GetFolder>`
      const doing = 'Reading which organization synchronizes the mailbox'
      const message = await client.callOne({ name: 'GetFolder', body, doing }, { again: true })
      return readHolder(textOf(childOf(childrenOf(message, 'Folders')[0], 'ExtendedProperty'), 'Value'))
    },
    async write(holder) {
      const value = extended(PROPERTY, printHolder(holder))
      const update = xml`<t:SetFolderField>${PROPERTY}<t:Folder>${value}</t:Folder></t:SetFolderField>`
      const change = xml`<t:FolderChange>${wellKnown('inbox', owner)}<t:Updates>${update}</t:Updates></t:FolderChange>`
      const body = xml`<m:UpdateFolder><m:FolderChanges>${change}</m:FolderChanges></m:UpdateFolder>`
      const doing = 'Noting which organization synchronizes the mailbox'
      await client.callOne({ name: 'UpdateFolder', body, doing }, { again: true })
    },
  }
}
