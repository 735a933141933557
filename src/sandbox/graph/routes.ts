import { attachmentRoutes } from './attachments.ts'
import { calendarRoutes } from './calendars.ts'
import { contactRoutes } from './contacts.ts'
import { eventAttachmentRoutes } from './eventAttachments.ts'
import { eventRoutes } from './events.ts'
import { folderRoutes } from './folders.ts'
import { deltaRoutes } from './messageDelta.ts'
import { messageRoutes } from './messages.ts'
import type { MailboxRoutes } from './router.ts'
import { sendRoutes } from './send.ts'
import { settingRoutes } from './settings.ts'
import { taskRoutes } from './tasks.ts'

/** Everything below `/users/{id}` and `/me`. */
export const mailboxRoutes: MailboxRoutes = {
  ...folderRoutes,
  ...messageRoutes,
  ...deltaRoutes,
  ...attachmentRoutes,
  ...sendRoutes,
  ...settingRoutes,
  ...calendarRoutes,
  ...eventRoutes,
  ...eventAttachmentRoutes,
  ...contactRoutes,
  ...taskRoutes,
}
