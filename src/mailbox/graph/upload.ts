import { MailboxError } from '../errors.ts'
import type { GraphClient } from './client.ts'
import { exchange } from './exchange.ts'
import { graphError, refusalOf } from './failures.ts'

export interface AttachmentFacts {
  name: string
  contentType: string
  isInline: boolean
  contentId?: string
}

/** Pieces must be multiples of 320 kB and below 4 MB. */
const PIECE = 10 * 320 * 1024
/** The upload goes to Exchange itself, without a token: the address is the key. */
const HOSTS = /(^|\.)(office\.com|office365\.com|office365\.us|outlook\.cn)$/

/** Attaches a large file to a draft or an event (`/messages/…`, `/events/…`) piece by piece. */
export async function upload(
  client: GraphClient,
  item: string,
  about: AttachmentFacts,
  bytes: Uint8Array,
): Promise<void> {
  const deed = `Attaching ${JSON.stringify(about.name)}`
  const { value } = await client.json<{ uploadUrl?: string }>({
    method: 'POST',
    path: `${item}/attachments/createUploadSession`,
    body: { AttachmentItem: { attachmentType: 'file', ...about, size: bytes.length } },
    deed,
  })
  const url = checked(client, value.uploadUrl)
  for (let from = 0; from < bytes.length; from += PIECE) {
    const piece = bytes.subarray(from, from + PIECE)
    const { status, body } = await exchange(client.clock, {
      method: 'PUT',
      url,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${from}-${from + piece.length - 1}/${bytes.length}`,
      },
      body: piece,
      timeoutMs: client.timeoutMs,
    })
    if (status < 200 || status > 202) throw graphError(refusalOf(status, told(body), undefined), deed)
  }
}

/** A message must not go to a place that somebody else named. */
function checked(client: GraphClient, address: string | undefined): string {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined
  const isOurs = url?.origin === new URL(client.cloud.graphUrl).origin
  if (url && (isOurs || (url.protocol === 'https:' && HOSTS.test(url.hostname)))) return url.href
  throw new MailboxError(
    'permanent',
    'MessageRefused',
    'Microsoft Graph named a place for an attachment that is not Exchange Online. Nothing was uploaded.',
    { scope: 'item' },
  )
}

function told(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // No JSON: the status says enough.
    return undefined
  }
}
