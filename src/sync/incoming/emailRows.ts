import { threadIndexHash } from '#mime'
import type { Values } from '#records'
import { clip } from '#text'
import { subjectKey } from './decide/index.ts'
import type { Message, Party, Plan } from './model.ts'

/** What was kept of a message's body and attachments: hashes of blobs, and what had to be left out (T-90, T-91). */
export interface Content {
  body: string
  html: boolean
  attachments: { name: string; type: string; size: number; hash: string; contentId?: string; inline: boolean }[]
  attachmentsOmitted: number
  bodyTruncated: boolean
}

/** What is to be written for one tracked message. */
export interface Tracked {
  message: Message
  plan: Plan
  content: Content
  /** The user who tracks by hand and at once (T-81). */
  creator?: string
}

/** Longest values of the columns (T-90); longer ones are cut. */
const MAX = { subject: 200, address: 320, party: 320, recipients: 32_768, file: 255, type: 256 }

const STATE_COMPLETED = 1
const STATUS = { incoming: 4, outgoing: 3 } as const
const PRIORITY = { low: 0, normal: 1, high: 2 } as const
const NOTIFICATION = { attachments: 1, truncated: 2 } as const

/** `activityparty.participationtypemask`. */
const ROLE: Record<Party['role'], number> = { from: 1, to: 2, cc: 3, bcc: 4, regarding: 8, owner: 9, related: 13 }

export function emailRow({ message, plan, content, creator }: Tracked): Values {
  const { headers } = message
  const from = headers.from[0]
  const sender = plan.parties.find((party) => party.role === 'from')?.record
  return {
    activityid: plan.emailId,
    subject: clip(plan.subject, MAX.subject),
    description: content.body,
    mimetype: content.html ? 'text/html' : 'text/plain',
    directioncode: plan.direction === 'outgoing',
    statecode: STATE_COMPLETED,
    statuscode: STATUS[plan.direction],
    messageid: plan.key,
    threadid: plan.threadId,
    correlationmethod: plan.correlationMethod,
    prioritycode: PRIORITY[plan.importance],
    sender: from ? clip(from.address, 250) : null,
    torecipients: clip(headers.to.map((to) => to.address).join(';'), MAX.recipients),
    attachmentcount: content.attachments.length,
    messagesize: message.size,
    senton: headers.date ?? message.received,
    receivedon: message.received,
    isirmprotected: headers.rightsProtected,
    ownerid: plan.owner,
    receivingmailboxid: { table: 'mailbox', id: plan.receivingMailboxId },
    subjecthashes: plan.subjectHashes.join(',') || null,
    subjectkey: plan.subjectHashes.length ? subjectKey(plan.subjectHashes) : null,
    addresshashes: plan.addressHashes.join(',') || null,
    ...given('createdby', creator && { table: 'systemuser', id: creator }),
    ...given('inreplyto', headers.inReplyTo),
    ...given('conversationindex', headers.threadIndex && clip(headers.threadIndex, 2048)),
    ...given('baseconversationindexhash', headers.threadIndex && threadIndexHash(headers.threadIndex)),
    ...given('trackingtoken', plan.token),
    ...given('correlatedactivityid', plan.correlation && { table: 'email', id: plan.correlation.email.id }),
    ...given('parentactivityid', plan.parentEmailId && { table: 'email', id: plan.parentEmailId }),
    ...given('acceptingentityid', plan.acceptingEntity),
    ...given('regardingobjectid', plan.regarding?.record),
    ...given('regardingchosenby', plan.regarding?.from),
    ...given('emailsender', sender),
    ...given('internetmessageheaders', plan.internetMessageHeaders),
    ...given('notifications', notificationOf(content)),
  }
}

export function partyRows({ plan }: Tracked): Values[] {
  return plan.parties.map((party) => ({
    activityid: { table: 'email', id: plan.emailId },
    participationtypemask: ROLE[party.role],
    ...given('addressused', party.address && clip(party.address, MAX.address)),
    ...given('partyid', party.record),
    ...given(
      'unresolvedpartyname',
      party.record ? undefined : clip(party.name || party.address, MAX.party) || undefined,
    ),
    ...given('candidates', party.candidates.length ? JSON.stringify(party.candidates) : undefined),
  }))
}

export function attachmentRows({ plan, content }: Tracked): Values[] {
  return content.attachments.map((attachment, index) => ({
    objectid: { table: 'email', id: plan.emailId },
    filename: clip(attachment.name, MAX.file),
    mimetype: clip(attachment.type, MAX.type),
    filesize: attachment.size,
    attachmentnumber: index,
    isinline: attachment.inline,
    contenthash: attachment.hash,
    ...given('attachmentcontentid', attachment.contentId && clip(attachment.contentId, 250)),
  }))
}

export function queueItemRows({ plan, message }: Tracked): Values[] {
  return queueItems(plan.emailId, plan.queues, message.received)
}

/** Never two items of one email in one queue (T-83): `queues` holds each queue once. */
export function queueItems(emailId: string, queues: readonly string[], enteredon: Date): Values[] {
  return queues.map((id) => ({
    queueid: { table: 'queue', id },
    objectid: { table: 'email', id: emailId },
    enteredon,
  }))
}

/** The contact or lead that the message makes (T-76), with its table. */
export function personRow({ plan }: Tracked): { table: 'contact' | 'lead'; id: string; row: Values } | undefined {
  const person = plan.autoCreate
  if (!person) return undefined
  return {
    table: person.table,
    id: person.id,
    row: {
      [`${person.table}id`]: person.id,
      lastname: clip(person.lastName, 50),
      emailaddress1: clip(person.address, 100),
      ownerid: person.owner,
      ...given('firstname', person.firstName && clip(person.firstName, 50)),
      ...(person.table === 'lead' ? { subject: clip(`${person.firstName ?? ''} ${person.lastName}`.trim(), 300) } : {}),
    },
  }
}

function notificationOf(content: Content): number | undefined {
  if (content.bodyTruncated) return NOTIFICATION.truncated
  return content.attachmentsOmitted > 0 ? NOTIFICATION.attachments : undefined
}

function given<K extends string, V>(key: K, value: V | undefined | '' | null): Partial<Record<K, V>> {
  return value === undefined || value === '' || value === null ? {} : ({ [key]: value } as Partial<Record<K, V>>)
}
