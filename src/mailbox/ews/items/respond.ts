import { MailboxError } from '../../errors.ts'
import { itemChanged, itemNotFound, unsupported } from '../../failures.ts'
import type { Answer, ItemRef } from '../../items/index.ts'
import type { Place } from '../place.ts'
import { type Xml, xml } from '../xml.ts'
import { occurrenceId, occurrenceItem, planOf } from './occurrences.ts'
import { readItems } from './read.ts'
import { ofItem, refNow } from './version.ts'

const ANSWERS = { accepted: 'AcceptItem', tentative: 'TentativelyAcceptItem', declined: 'DeclineItem' } as const

export interface Reply {
  answer: Exclude<Answer, 'none'>
  tell: boolean
  comment?: string | undefined
  originalStart?: string | undefined
}

/** See `ItemMailbox.respond`. What is declined leaves the calendar, as in Outlook; its former version is returned then. */
export async function respond(place: Place, ref: ItemRef, reply: Reply): Promise<ItemRef> {
  const [event] = await readItems(place, { id: ref.folder, kind: 'event' }, [ref.id])
  if (!event) throw itemNotFound(ref.id)
  if (event.kind === 'unreadable') throw event.error
  if (event.ref.version !== ref.version) throw itemChanged(ref.id)
  if (event.kind !== 'event' || event.role !== 'attendee') throw unsupported('answer what is no invitation', 'ews')
  const plan = planOf(event)
  const isPart = reply.originalStart !== undefined && plan !== undefined
  const id = isPart
    ? await occurrenceItem(place, ref.id, occurrenceId(ref.id, plan, reply.originalStart as string))
    : ref.id
  await answerIt(place, id, isPart ? undefined : ref.version, reply)
  try {
    return await refNow(place, ref)
  } catch (error) {
    if (reply.answer === 'declined' && error instanceof MailboxError && error.kind === 'notFound') return ref
    throw error
  }
}

async function answerIt(
  { client }: Place,
  id: string,
  version: string | undefined,
  { answer, tell, comment }: Reply,
): Promise<void> {
  const key = version === undefined ? undefined : xml` ChangeKey="${version}"`
  const text: Xml | undefined = comment === undefined ? undefined : xml`<t:Body BodyType="Text">${comment}</t:Body>`
  const item = xml`<t:${ANSWERS[answer]}>${text}<t:ReferenceItemId Id="${id}"${key}/></t:${ANSWERS[answer]}>`
  const disposition = tell ? 'SendAndSaveCopy' : 'SaveOnly'
  const body = xml`<m:CreateItem MessageDisposition="${disposition}"><m:Items>${item}</m:Items></m:CreateItem>`
  await ofItem(id, client.callOne({ name: 'CreateItem', body, doing: 'Answering an invitation' }))
}
