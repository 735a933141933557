import type { Executor } from '#database'
import { referenceOf } from '#mailboxes'
import { PARTICIPATION, type Principal, RecordError, type Reference, type Row, type Values } from '#records'
import { clip, sanitizeHtml } from '#text'
import { atomically, type OutgoingDependencies, rowsWhere, systemIn, text, userOf } from './context.ts'
import { escapeHtml } from './html.ts'
import { asHtml, isHtmlBody, signatureOf } from './signature.ts'
import { answerSubject } from './subject.ts'

export type AnswerKind = 'reply' | 'replyAll' | 'forward'

/** A party of a draft to be. */
interface AnswerParty {
  role: number
  record?: Reference
  address?: string
  name?: string
}

const MOST_BODY = 1_000_000

/**
 * Makes the draft of an answer: subject, parties swapped, the quoted original below the user's signature, its place in the
 * conversation (OE-34); a forward takes the attachments along. It is not sent.
 * @returns the id of the draft
 * @throws RecordError when the original cannot be read, or the person may not create email
 */
export async function draftAnswer(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  kind: AnswerKind,
  executor?: Executor,
): Promise<string> {
  return atomically(dependencies, executor, async (tx) => {
    const access = dependencies.records.as(principal).in(tx)
    const original = await access.retrieve('email', emailId)
    if (!original)
      throw new RecordError('NotFound', `There is no Email ${emailId} that you may read.`, { table: 'email' })
    const parties = await rowsWhere(access, 'activityparty', 'activityid', [emailId])
    const from = senderFor(original, parties, principal)
    const signature = from?.table === 'systemuser' ? await signatureOf(dependencies, tx, from.id) : undefined
    const id = await access.create('email', {
      subject: clip(answerSubject(text(original, 'subject') ?? '', kind === 'forward' ? 'forward' : 'reply'), 998),
      description: clip(quoted(original, signature?.body), MOST_BODY),
      mimetype: 'text/html',
      directioncode: true,
      parentactivityid: { table: 'email', id: emailId },
      ...place(original, kind),
      ...pointer(original, 'regardingobjectid'),
    })
    // What is set by the system: the signature stands in the body already.
    if (signature)
      await systemIn(dependencies, tx).update('email', id, {
        emailsignatureid: { table: 'emailsignature', id: signature.id },
      })
    const rows = answerParties(original, parties, from, kind).map((party) => partyRow(id, party))
    if (rows.length) await access.createMany('activityparty', rows)
    await takeAttachments(dependencies, principal, tx, { emailId, id, all: kind === 'forward' })
    return id
  })
}

/** An answer carries In-Reply-To and the token of the conversation; a forward begins with other people. */
function place(original: Row, kind: AnswerKind): Values {
  const [messageId, thread] = [text(original, 'messageid'), text(original, 'threadid')]
  return {
    ...(thread ? { threadid: thread } : {}),
    ...(kind !== 'forward' && messageId && /^<[^<>\s]+>$/.test(messageId) ? { inreplyto: messageId } : {}),
  }
}

function pointer(row: Row, column: string): Values {
  const to = referenceOf(row, column)
  return to ? { [column]: to } : {}
}

/** Who answers: the queue the original came to, else the person; without one, the user or queue it was for. */
function senderFor(original: Row, parties: readonly Row[], principal: Principal): Reference | undefined {
  if (original['directioncode'] === true) return partyRecord(partiesIn(parties, PARTICIPATION.sender)[0])
  const accepting = referenceOf(original, 'acceptingentityid')
  if (accepting?.table === 'queue') return accepting
  const user = userOf(principal)
  return user ? { table: 'systemuser', id: user } : (accepting ?? referenceOf(original, 'ownerid'))
}

function answerParties(
  original: Row,
  parties: readonly Row[],
  from: Reference | undefined,
  kind: AnswerKind,
): AnswerParty[] {
  const sender = from ? [{ role: PARTICIPATION.sender, record: from }] : []
  if (kind === 'forward') return sender
  const outgoing = original['directioncode'] === true
  const first = outgoing ? partiesIn(parties, PARTICIPATION.to) : replyTo(original, parties)
  const others = [...(outgoing ? [] : partiesIn(parties, PARTICIPATION.to)), ...partiesIn(parties, PARTICIPATION.cc)]
  const to = first.map((row) => answerParty(row, PARTICIPATION.to))
  const cc = kind === 'replyAll' ? others.map((row) => answerParty(row, PARTICIPATION.cc)) : []
  return [...sender, ...withoutDoubles([...to, ...cc], from)]
}

/** The address the sender asks answers to be sent to (Reply-To), else the sender's. */
function replyTo(original: Row, parties: readonly Row[]): Row[] {
  const senders = partiesIn(parties, PARTICIPATION.sender)
  const wished = wishedAddress(original)
  const [sender] = senders
  if (!wished || !sender || text(sender, 'addressused')?.toLowerCase() === wished.toLowerCase()) return senders
  return [{ addressused: wished, unresolvedpartyname: wished }]
}

function wishedAddress(original: Row): string | undefined {
  try {
    const headers: unknown = JSON.parse(text(original, 'internetmessageheaders') ?? '{}')
    const value: unknown = headers && typeof headers === 'object' ? Reflect.get(headers, 'Reply-To') : undefined
    const written = Array.isArray(value) ? (value as unknown[])[0] : value
    const address = typeof written === 'string' ? /[^\s<>",;]+@[^\s<>",;]+/.exec(written)?.[0] : undefined
    return address
  } catch {
    // Headers of an import that are no JSON say nothing.
    return undefined
  }
}

const partiesIn = (parties: readonly Row[], role: number) =>
  parties.filter((row) => Number(row['participationtypemask']) === role)

const partyRecord = (row: Row | undefined) => (row ? referenceOf(row, 'partyid') : undefined)

function answerParty(row: Row, role: number): AnswerParty {
  const [record, address, name] = [partyRecord(row), text(row, 'addressused'), text(row, 'unresolvedpartyname')]
  return { role, ...(record ? { record } : {}), ...(address ? { address } : {}), ...(name ? { name } : {}) }
}

/** Nobody gets an answer twice, and who answers gets none. */
function withoutDoubles(parties: readonly AnswerParty[], from: Reference | undefined): AnswerParty[] {
  const seen = new Set<string>(from ? [from.id] : [])
  return parties.filter(({ record, address }) => {
    const key = record?.id ?? address?.toLowerCase() ?? ''
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}

function partyRow(emailId: string, { role, record, address, name }: AnswerParty): Values {
  return {
    activityid: { table: 'email', id: emailId },
    participationtypemask: role,
    ...(record ? { partyid: record } : { unresolvedpartyname: name ?? address ?? '' }),
    ...(address ? { addressused: address } : {}),
  }
}

/** Room for the answer, the signature, and the original as mail programs quote it. */
function quoted(original: Row, signature: string | undefined): string {
  const body = text(original, 'description') ?? ''
  const html = isHtmlBody(original) ? sanitizeHtml(body, { remoteContent: true }) : asHtml(body)
  const on =
    original['senton'] instanceof Date ? `${original['senton'].toISOString().slice(0, 16).replace('T', ' ')} UTC` : ''
  const head = escapeHtml(`${on ? `On ${on}, ` : ''}${text(original, 'sender') ?? 'somebody'} wrote:`)
  const below = signature ? `<br>${signature}` : ''
  return `<div><br></div>${below}<div>${head}</div><blockquote style="margin:0 0 0 8px;padding-left:8px;border-left:2px solid #ccc">${html}</blockquote>`
}

/** A forward takes everything along, an answer the pictures that the quoted text shows. */
async function takeAttachments(
  dependencies: OutgoingDependencies,
  principal: Principal,
  tx: Executor,
  { emailId, id, all }: { emailId: string; id: string; all: boolean },
): Promise<void> {
  const access = dependencies.records.as(principal).in(tx)
  const rows = await rowsWhere(access, 'activitymimeattachment', 'objectid', [emailId], { order: 'attachmentnumber' })
  const taken = rows.filter((row) => all || (row['isinline'] === true && text(row, 'attachmentcontentid')))
  if (!taken.length) return
  await access.createMany(
    'activitymimeattachment',
    taken.map((row, attachmentnumber) => ({
      objectid: { table: 'email', id },
      attachmentnumber,
      filename: row['filename'] ?? null,
      mimetype: row['mimetype'] ?? null,
      filesize: row['filesize'] ?? null,
      isinline: row['isinline'] ?? false,
      attachmentcontentid: row['attachmentcontentid'] ?? null,
      contenthash: row['contenthash'] ?? null,
    })),
  )
}
