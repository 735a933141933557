import {
  type Attachment,
  type AttachmentDescription,
  describeAttachment,
  type OmittedAttachment,
} from './attachments.ts'
import { BodyCollector, isHtml } from './body.ts'
import { extensionOf, writtenFileName } from './file-name.ts'
import type { MessageHeaders } from './headers.ts'
import { isMeetingPart, isRightsProtectedPart } from './message-kind.ts'
import { parseHeaders } from './parse-headers.ts'
import type { ParsedMessage } from './parsed-message.ts'
import { Spool, type SpooledContent } from './spool.ts'
import { transferDecoder } from './transfer-decoder.ts'
import type { Leaf, LeafSink, Visitor } from './walk.ts'

export interface Limits {
  maxBodyCharacters: number
  maxAttachmentBytes: number
  blockedExtensions: ReadonlySet<string>
  maxParts: number
  memoryLimit: number
  directory: string
}

interface Found extends AttachmentDescription {
  size: number
  content: SpooledContent
  /** T-91: left out. */
  reason?: OmittedAttachment['reason']
}

/** Turns the parts a walker meets into a message: what is its body, what an attachment, what is left out. */
export class MessageCollector implements Visitor {
  readonly spool: Spool
  #limits: Limits
  #headers: MessageHeaders = parseHeaders(new Uint8Array())
  #body: BodyCollector
  #found: Found[] = []
  #parts = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#body = new BodyCollector(limits.maxBodyCharacters)
    this.spool = new Spool(limits.memoryLimit, limits.directory)
  }

  root(block: Buffer): void {
    this.#headers = parseHeaders(block)
  }

  leaf(leaf: Leaf): LeafSink | undefined {
    this.#parts++
    if (this.#parts > this.#limits.maxParts + 1) return undefined
    this.#learn(leaf)
    const isBeyond = this.#parts > this.#limits.maxParts
    if (!isBeyond && isBody(leaf, this.#body.isEmpty)) return this.#body.add(leaf)
    return this.#attach(leaf, isBeyond ? 'tooMany' : this.#refusal(leaf))
  }

  finish(size: number): ParsedMessage {
    const { truncated, ...body } = this.#body.finish()
    const attachments: Attachment[] = []
    const attachmentsOmitted: OmittedAttachment[] = []
    for (const { reason, content, ...found } of this.#found) {
      if (reason)
        attachmentsOmitted.push({ fileName: found.fileName, contentType: found.contentType, size: found.size, reason })
      else attachments.push({ ...found, content })
    }
    const close = () => this.spool.close()
    return { headers: this.#headers, ...body, bodyTruncated: truncated, attachments, attachmentsOmitted, size, close }
  }

  /** Invitations of other systems than Exchange, and sealed messages, show only in their parts. T-14, T-11. */
  #learn(leaf: Leaf): void {
    if (isMeetingPart(leaf.headers)) this.#headers.kind = 'meeting'
    if (isRightsProtectedPart(leaf.headers.type.value, writtenFileName(leaf.headers)))
      this.#headers.rightsProtected = true
  }

  #refusal(leaf: Leaf): OmittedAttachment['reason'] | undefined {
    if (leaf.sealed) return 'unreadable'
    const { fileName } = describeAttachment(leaf, 0)
    return this.#limits.blockedExtensions.has(extensionOf(fileName)) ? 'blockedExtension' : undefined
  }

  #attach(leaf: Leaf, refusal: OmittedAttachment['reason'] | undefined): LeafSink {
    const description = describeAttachment(leaf, this.#found.length + 1)
    const found: Found = { ...description, size: 0, content: this.spool.begin() }
    this.#found.push(found)
    if (refusal) this.#leaveOut(found, refusal)
    const decoder = transferDecoder(leaf.headers.transferEncoding)
    let encodedSize = 0
    return {
      write: (bytes) => {
        encodedSize += bytes.length
        this.#grow(found, decoder.write(bytes))
      },
      end: () => {
        this.#grow(found, decoder.end())
        if (found.size === 0 && encodedSize > MAX_BLANK) this.#leaveOut(found, 'unreadable')
      },
    }
  }

  /** T-91: attachments beyond the limit are counted but not kept. */
  #grow(found: Found, bytes: Buffer): void {
    found.size += bytes.length
    if (found.reason || bytes.length === 0) return
    if (found.size > this.#limits.maxAttachmentBytes) this.#leaveOut(found, 'tooLarge')
    else this.spool.append(found.content, bytes)
  }

  #leaveOut(found: Found, reason: OmittedAttachment['reason']): void {
    found.reason ??= reason
    this.spool.forget(found.content)
  }
}

/** Line breaks that decode to nothing are an empty file, more than that is damage. */
const MAX_BLANK = 16

/**
 * Text is body unless it says it is an attachment; with a file name it is one too, except that a message that begins
 * with a named text (some programs name every part) is no message without a body.
 */
function isBody(leaf: Leaf, bodyIsEmpty: boolean): boolean {
  const { type, disposition } = leaf.headers
  if (leaf.sealed || (type.value !== 'text/plain' && !isHtml(leaf.headers))) return false
  if (disposition.value === 'attachment') return false
  return writtenFileName(leaf.headers) === '' || bodyIsEmpty
}
