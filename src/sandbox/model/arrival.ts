import type { WellKnown } from './folder.ts'
import { noteMeeting } from './meetingArrival.ts'
import type { Message } from './message.ts'
import { withHeaders } from './mimeHeaders.ts'
import { newMessage } from './newMessage.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** A mail reaches somebody. */
export async function receive(
  world: World,
  user: User,
  mime: Uint8Array,
  folder: WellKnown = 'inbox',
): Promise<Message> {
  const { mailbox } = user
  const received = world.clock.now()
  const date = received.toUTCString().replace('GMT', '+0000')
  const traced = withHeaders(mime, [], [['Received', `from ${world.host} by ${world.host} with ESMTP; ${date}`]])
  const meeting = await noteMeeting(world, user, mime)
  const message = await newMessage(mailbox, traced, { received, meeting })
  return mailbox.add<Message>(mailbox.wellKnown(folder).id, message, 'newMail')
}
