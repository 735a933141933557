import { copiesOf } from './delegates.ts'
import type { WellKnown } from './folder.ts'
import { noteMeeting } from './meetingArrival.ts'
import type { MeetingMessage, Message } from './message.ts'
import { withHeaders } from './mimeHeaders.ts'
import { newMessage } from './newMessage.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/**
 * A mail reaches somebody. What is about a meeting reaches delegates who get copies, and in his own mailbox it is put
 * away where they alone shall have it.
 */
export async function receive(
  world: World,
  user: User,
  mime: Uint8Array,
  folder: WellKnown = 'inbox',
): Promise<Message> {
  const date = world.clock.now().toUTCString().replace('GMT', '+0000')
  const traced = withHeaders(mime, [], [['Received', `from ${world.host} by ${world.host} with ESMTP; ${date}`]])
  const meeting = await noteMeeting(world, user, mime)
  const delegates = meeting && folder === 'inbox' ? copiesOf(world, user) : []
  const { name, address } = user
  for (const one of delegates)
    await put(world, one, addressedTo(one, traced), 'inbox', {
      ...(meeting as MeetingMessage),
      principal: { name, address },
    })
  const isPutAway = delegates.length > 0 && user.meetingMessages === 'sendToDelegateOnly'
  return put(world, user, traced, isPutAway ? 'deleteditems' : folder, meeting)
}

async function put(
  { clock }: World,
  { mailbox }: User,
  mime: Uint8Array,
  folder: WellKnown,
  meeting: MeetingMessage | undefined,
): Promise<Message> {
  const message = await newMessage(mailbox, mime, { received: clock.now(), meeting })
  return mailbox.add<Message>(mailbox.wellKnown(folder).id, message, 'newMail')
}

/** A delegate's copy names him alone. */
function addressedTo({ address }: User, mime: Uint8Array): Uint8Array {
  return withHeaders(mime, ['to', 'cc'], [['To', `<${address}>`]])
}
