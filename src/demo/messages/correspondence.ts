import { createHash } from 'node:crypto'
import { SENT_EMAILS, threadIndexOf } from '../company/sentEmails.ts'
import { addressOf, DOMAIN } from '../company/users.ts'
import { person } from '../people.ts'
import type { Letter } from './story.ts'

interface Node {
  id: string
  messageId: string
  subject: string
  answers?: string | undefined
  root: string
}

/** The domain of its writer makes a Message-ID belong to somebody, as in life. */
function messageIdOf(letter: Pick<Letter, 'id' | 'from'>): string {
  const domain = person(letter.from).address.split('@')[1] ?? DOMAIN
  return `<${letter.id}@${domain}>`
}

/** All messages of the demo by id: what a message continues, and how its headers tell. */
export class Correspondence {
  readonly #nodes = new Map<string, Node>()

  /** @throws RangeError when an id comes twice, or a letter answers one that comes later or never */
  constructor(letters: readonly Letter[]) {
    for (const sent of SENT_EMAILS)
      this.#add({ id: sent.id, messageId: `<${sent.id}@${DOMAIN}>`, subject: sent.subject, root: sent.id })
    for (const letter of letters) {
      const before = letter.answers === undefined ? undefined : this.#node(letter.answers)
      this.#add({
        id: letter.id,
        messageId: letter.headers?.['Message-ID'] ?? messageIdOf(letter),
        subject: letter.subject ?? (before ? replySubject(before.subject) : ''),
        root: before?.root ?? letter.id,
        answers: letter.answers,
      })
    }
  }

  messageIdOf(letter: Letter): string {
    return this.#node(letter.id).messageId
  }

  subjectOf(letter: Letter): string {
    return this.#node(letter.id).subject
  }

  /** The fields by which a message names those before it. */
  threadOf(letter: Letter): [string, string][] {
    if (letter.answers === undefined || letter.threading === 'none') return []
    const index: [string, string] = ['Thread-Index', this.#threadIndex(letter)]
    if (letter.threading === 'threadIndex') return [index]
    const ancestors = this.#ancestors(letter.answers)
    return [['In-Reply-To', ancestors.at(-1) as string], ['References', ancestors.join('\r\n ')], index]
  }

  #ancestors(id: string): string[] {
    const node = this.#node(id)
    return [...(node.answers === undefined ? [] : this.#ancestors(node.answers)), node.messageId]
  }

  /** The conversation's block, and five bytes for each answer ([MS-OXOMSG] 2.2.1.3). */
  #threadIndex(letter: Letter): string {
    const { root } = this.#node(letter.id)
    const depth = this.#ancestors(letter.answers as string).length
    const block = Buffer.from(threadIndexOf(root), 'base64')
    const answers = createHash('sha256')
      .update(letter.id)
      .digest()
      .subarray(0, Math.min(depth, 6) * 5)
    return Buffer.concat([block, answers]).toString('base64')
  }

  #add(node: Node): void {
    if (this.#nodes.has(node.id)) throw new RangeError(`Two messages of the demo are called “${node.id}”.`)
    this.#nodes.set(node.id, node)
  }

  #node(id: string): Node {
    const node = this.#nodes.get(id)
    if (!node) throw new RangeError(`There is no message “${id}” in the demo, or it comes later.`)
    return node
  }
}

function replySubject(subject: string): string {
  return /^(?:re|aw|sv|vs):/i.test(subject) ? subject : `Re: ${subject}`
}

/** Whether the message was sent by the owner of the mailbox. */
export function isOwn(letter: Letter, mailbox: string): boolean {
  return person(letter.from).address === addressOf(mailbox as Parameters<typeof addressOf>[0])
}
