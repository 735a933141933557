import { type ParsedMessage, parseHeaders, parseMessage } from '#mime'
import { type Row, SYSTEM } from '#records'
import type { Candidate } from './candidate.ts'
import { type ContentLimits, type Fetched, fetchContents, UnreadableMessage } from './content.ts'
import type { Cycle, IncomingDependencies } from './context.ts'
import type { Forward } from './model.ts'
import { keyOf } from './observe.ts'

/** `mailbox.incomingemaildeliverymethod`. */
const FORWARD_METHOD = 3

/**
 * Opens what rules of other mailboxes forwarded here (MB-100): the message is the attachment, decided about for the
 * mailbox that forwarded it. A copy that is no attachment stays what it is and fails with its reason (MB-101). The
 * attachments' contents are left in `contents`, so that nothing is fetched twice.
 */
export async function openForwarded(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  contents: Fetched,
  limits: ContentLimits,
): Promise<Candidate[]> {
  const whole: ContentLimits = { ...limits, attachmentBytes: Number.MAX_SAFE_INTEGER, blockedExtensions: [] }
  const outer = await fetchContents(
    cycle.mailbox,
    folderId,
    candidates.map((candidate) => candidate.message),
    whole,
    cycle.signal,
  )
  const forwarders = await mailboxesOf(dependencies, candidates)
  const opened: Candidate[] = []
  for (const candidate of candidates) {
    const copy = outer.get(candidate.message.itemId)
    if (!copy) continue // gone meanwhile
    if (copy instanceof UnreadableMessage) {
      contents.set(candidate.message.itemId, copy)
      opened.push(candidate)
      continue
    }
    const original = forwarders.get(candidate.message.headers.from[0]?.address.toLowerCase() ?? '')
    opened.push(await openOne(candidate, copy, original, contents, limits))
    await copy.close()
  }
  return opened
}

async function openOne(
  candidate: Candidate,
  copy: ParsedMessage,
  original: Row | undefined,
  contents: Fetched,
  limits: ContentLimits,
): Promise<Candidate> {
  const attached = copy.attachments.find((attachment) => attachment.contentType === 'message/rfc822')
  const forward: Forward = { attached: attached !== undefined, ...(original ? { original: originalOf(original) } : {}) }
  if (!attached) return { ...candidate, message: { ...candidate.message, forward } }
  const source = await attached.content.bytes()
  const headers = parseHeaders(source)
  contents.set(
    candidate.message.itemId,
    await parseMessage(source, {
      maxAttachmentBytes: limits.attachmentBytes,
      blockedExtensions: limits.blockedExtensions,
      maxBodyCharacters: limits.bodyCharacters,
    }),
  )
  return {
    ...candidate,
    message: { ...candidate.message, headers, key: keyOf(headers, source.length), size: source.length, forward },
    ...(original
      ? {
          processing: { table: String(original['regardingobjectid_table']), id: String(original['regardingobjectid']) },
        }
      : {}),
  }
}

function originalOf(row: Row): NonNullable<Forward['original']> {
  return {
    mailboxId: String(row['mailboxid']),
    name: String(row['name']),
    incomingIsForward: Number(row['incomingemaildeliverymethod']) === FORWARD_METHOD,
  }
}

/** The mailboxes whose rules forwarded the messages, by address; one statement for all. */
async function mailboxesOf(
  { records }: IncomingDependencies,
  candidates: readonly Candidate[],
): Promise<Map<string, Row>> {
  const addresses = [
    ...new Set(candidates.map(({ message }) => message.headers.from[0]?.address.toLowerCase() ?? '')),
  ].filter(Boolean)
  if (!addresses.length) return new Map()
  const { rows } = await records.as(SYSTEM).query({
    table: 'mailbox',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column: 'emailaddress', operator: 'in', values: addresses },
        { kind: 'condition', column: 'regardingobjectid', operator: 'not-null', values: [] },
      ],
    },
  })
  return new Map(rows.map((row) => [String(row['emailaddress']).toLowerCase(), row]))
}
