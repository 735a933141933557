import type { MessageHeaders } from '#mime'
import { digest } from './ids.ts'
import type { Message } from './message.ts'

export type Thread = Pick<Message, 'conversationId' | 'conversationIndex'>

/**
 * The conversation of a message: that of the message it answers when the mailbox has it, else the one its Thread-Index
 * names, else a new one.
 */
export function threadOf(headers: MessageHeaders, known: (messageId: string) => Thread | undefined, at: Date): Thread {
  const ancestors = [headers.inReplyTo, ...headers.references.toReversed()]
  const parent = ancestors.map((id) => (id ? known(id) : undefined)).find((thread) => thread)
  const written = headers.threadIndex
  if (parent) {
    const { conversationId, conversationIndex } = parent
    return { conversationId, conversationIndex: written ?? answerOf(conversationIndex, at) }
  }
  if (written) return { conversationId: conversationOf(written), conversationIndex: written }
  const index = newIndex(headers.references[0] ?? headers.inReplyTo ?? headers.messageId ?? headers.subject, at)
  return { conversationId: conversationOf(index), conversationIndex: index }
}

function conversationOf(index: string): string {
  const root = Buffer.from(index, 'base64').subarray(0, 22).toString('base64')
  return `AAQkAGI2${digest(`conversation/${root}`, 33)}=`
}

/** 01, five bytes of the time, 16 of a GUID. */
function newIndex(root: string, at: Date): string {
  const head = Buffer.alloc(6)
  head[0] = 1
  head.writeUIntBE(Math.floor(at.getTime() / 1000) % 2 ** 40, 1, 5)
  return Buffer.concat([head, Buffer.from(digest(`index/${root}`, 16), 'base64')]).toString('base64')
}

function answerOf(index: string, at: Date): string {
  const tail = Buffer.alloc(5)
  tail.writeUIntBE(Math.floor(at.getTime() / 1000) % 2 ** 40, 0, 5)
  return Buffer.concat([Buffer.from(index, 'base64'), tail]).toString('base64')
}
