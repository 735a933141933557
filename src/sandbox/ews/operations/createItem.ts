import { parseHeaders } from '#mime'
import {
  type Contact,
  type Item,
  type Message,
  newMessage,
  submit,
  type Task,
  type User,
  type WellKnown,
} from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { strikeOne } from '../strikeOne.ts'
import type { FolderTarget } from '../targets.ts'
import { applyElements } from '../writing/apply.ts'
import { blankContact, contactSetters } from '../writing/contact.ts'
import type { Draft, Setters } from '../writing/draft.ts'
import { type Author, blankMessage, type MessageDraft, messageSetters, sourceOfNew } from '../writing/message.ts'
import { blankTask, taskSetters } from '../writing/task.ts'
import type { Content, Element } from '../xml.ts'
import { createEvent, respond } from './calendar.ts'
import { children, idsOf, NO_ITEMS } from './items.ts'
import type { Operation } from './operation.ts'
import { savedIn } from './savedIn.ts'

/** A message may have so many bytes (the default of Exchange, in base64). */
const MAX_MESSAGE = 35 * 1024 * 1024

export const createItem: Operation = async (call, request) => {
  const messages = await forEach(
    'CreateItem',
    children(request, 'Items'),
    (element) => {
      strikeOne(call, 'CreateItem', element)
      return create(call, request, element)
    },
    { ...NO_ITEMS, codes: { denied: 'ErrorSendAsDenied', invalid: 'ErrorInvalidRequest' } },
  )
  return answer('CreateItem', messages)
}

function create(call: Call, request: Element, element: Element): Promise<Content> {
  switch (element.name) {
    case 'Message':
    case 'Item':
      return createMessage(call, request, element)
    case 'CalendarItem':
      return createEvent(call, request, element)
    case 'AcceptItem':
    case 'TentativelyAcceptItem':
    case 'DeclineItem':
    case 'CancelCalendarItem':
      return respond(call, request, element)
    case 'Contact':
      return createOther(
        call,
        request,
        'contacts',
        filled(blankContact(call.world.clock.now()), element, contactSetters),
      )
    case 'Task':
      return createOther(call, request, 'tasks', filled(blankTask(call.world.clock.now()), element, taskSetters))
    default:
      throw new EwsFailure('ErrorUnsupportedTypeForConversion', `A ${element.name} cannot be created.`)
  }
}

function filled<T extends Contact | Task>(draft: Draft<T>, element: Element, setters: Setters<Draft<T>>): T {
  applyElements(draft, element, setters)
  return draft.now
}

async function createOther(call: Call, request: Element, folder: WellKnown, made: Contact | Task): Promise<Content> {
  const given = savedIn(call, request)
  const owner = given?.owner ?? call.user
  const item = owner.mailbox.add<Item>(given?.folder.id ?? owner.mailbox.wellKnown(folder).id, made)
  return idsOf(call, { owner, item })
}

function authorOf(call: Call): Author {
  const { world, user } = call
  return {
    person: { name: user.name, address: user.address },
    newMessageId: () => world.ids.messageId(world.host),
    now: world.clock.now(),
  }
}

async function createMessage(call: Call, request: Element, element: Element): Promise<Content> {
  const disposition = request.attributes.get('MessageDisposition')
  if (!disposition) throw new EwsFailure('ErrorMessageDispositionRequired')
  const draft = blankMessage(call.world.clock.now())
  applyElements(draft, element, messageSetters)
  const mime = await sourceOfNew(draft, authorOf(call))
  if (mime.byteLength > MAX_MESSAGE) throw new EwsFailure('ErrorMessageSizeExceeded')
  if (disposition === 'SaveOnly') return save(call, savedIn(call, request), draft, mime)
  await send(call, draft, mime, disposition === 'SendAndSaveCopy' && (savedIn(call, request) ?? true))
  return NO_ITEMS.empty
}

async function save(call: Call, given: FolderTarget | undefined, draft: MessageDraft, mime: Buffer): Promise<Content> {
  const owner = given?.owner ?? call.user
  const folder = given?.folder ?? owner.mailbox.wellKnown('drafts')
  const { draft: isDraft, read, received, categories, properties, flag } = draft.now
  const notes = await newMessage(owner.mailbox, mime, { draft: isDraft, read, received, categories, properties })
  const item = owner.mailbox.add<Message>(folder.id, { ...notes, flag })
  return idsOf(call, { owner, item })
}

/** @param save where the copy lies; `true` for Sent Items */
async function send(call: Call, draft: MessageDraft, mime: Buffer, save: FolderTarget | boolean): Promise<void> {
  const { categories, properties } = draft.now
  const { to, cc, bcc } = parseHeaders(mime)
  if (![...to, ...cc, ...bcc].length) throw new EwsFailure('ErrorMissingRecipients')
  await submit(call.world, {
    user: save && save !== true ? senderOf(call, save.owner) : call.user,
    mime,
    categories,
    properties,
    saveTo: save === true ? call.user.mailbox.wellKnown('sentitems').id : save && save.folder.id,
  })
}

/** Whoever saves the copy in another's mailbox sends from there. */
function senderOf(call: Call, owner: User): User {
  return owner === call.user ? call.user : owner
}
