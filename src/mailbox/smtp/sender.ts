import { Readable } from 'node:stream'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { MailboxError } from '../errors.ts'
import type { OutgoingMessage, SentReference } from '../port.ts'
import type { SmtpSettings } from '../settings.ts'
import { messageIdOf } from '../source.ts'
import { openConnection, until } from './connection.ts'
import { smtpError, unanswered } from './failures.ts'

const MOST_RECIPIENTS = 1_000
/** How long a server may think after the final dot (RFC 5321 §4.5.3.2.6): who hangs up earlier sends twice. */
const LONGEST_ANSWER = 10 * 60_000
const PIECE = 16 * 1024

export interface Sender {
  /** Hands a message to the submission server, once; the caller knows by its Message-ID whether it was sent before. */
  send(message: OutgoingMessage): Promise<SentReference>
  close(): void
}

/**
 * Sends by SMTP submission (RFC 6409) with TLS, or STARTTLS without falling back to plain text. A connection is kept for
 * the next message.
 * @param answerMs how long to wait for the answer to a whole message
 */
export function smtpSender(settings: SmtpSettings, answerMs = LONGEST_ANSWER): Sender {
  const where = `${settings.host}:${settings.port}`
  let idle: SMTPConnection | undefined
  let closed = false

  /** The idle connection, unless it ended meanwhile. */
  function takeIdle(): SMTPConnection | undefined {
    const taken = idle
    idle = undefined
    return taken?.destroyed === false ? taken : undefined
  }

  function giveBack(connection: SMTPConnection): void {
    if (closed || idle || connection.destroyed) connection.close()
    else idle = connection
  }

  async function sendOver(connection: SMTPConnection, message: OutgoingMessage): Promise<SentReference> {
    const handing = new Handing(message.source, () => setPatience(connection, answerMs))
    const envelope = { from: message.from, to: [...message.to], size: message.source.length }
    try {
      const info = await until<SMTPConnection.SentMessageInfo>(connection, (done) =>
        connection.send(envelope, handing.source, done),
      )
      setPatience(connection, settings.timeoutMs)
      giveBack(connection)
      const refused = info.rejected.map(String)
      return { messageId: message.messageId, response: info.response, ...(refused.length > 0 && { refused }) }
    } catch (error) {
      connection.close()
      // Without an answer to the final dot nobody knows (RFC 5321 §4.2.5, §6.1).
      throw handing.isComplete && !isAnswer(error) ? unanswered(error, where) : error
    }
  }

  return {
    async send(message) {
      checkMessage(message)
      try {
        const kept = takeIdle()
        if (kept)
          try {
            return await sendOver(kept, message)
          } catch (error) {
            // A server may hang up on who is silent; nothing of the message was taken.
            if (error instanceof MailboxError || isAnswer(error)) throw error
          }
        return await sendOver(await openConnection(settings), message)
      } catch (error) {
        throw smtpError(error, where)
      }
    },
    close() {
      closed = true
      takeIdle()?.quit()
    },
  }
}

/** A message on its way: asked for piece by piece after the server said that it waits for it (354). */
class Handing {
  readonly source: Readable
  /** Everything was given away, so that the final dot may have been read. */
  isComplete = false

  constructor(bytes: Uint8Array, onComplete: () => void) {
    let at = 0
    this.source = new Readable({
      highWaterMark: 1,
      read: () => {
        if (at < bytes.length) {
          this.source.push(bytes.subarray(at, at + PIECE))
          at += PIECE
          return
        }
        this.isComplete = true
        onComplete()
        this.source.push(null)
      },
    })
  }
}

/** Milliseconds of silence after which the server counts as gone. */
function setPatience({ _socket: socket }: SMTPConnection, milliseconds: number): void {
  if (socket) socket.setTimeout(milliseconds)
}

/** The server refused: then it did not take the message (RFC 5321 §4.2.1). */
function isAnswer(error: unknown): boolean {
  const code = (error as { responseCode?: unknown }).responseCode
  return typeof code === 'number' && code >= 400 && code < 600
}

/** Nothing in an address can become a command, and the key is the one the message carries (law 2). */
function checkMessage(message: OutgoingMessage): void {
  const wrong = [message.from, ...message.to].find((address) => !isAddress(address))
  if (wrong !== undefined) throw invalid(`${JSON.stringify(wrong.slice(0, 320))} is not an email address`)
  if (message.to.length === 0) throw invalid('it has no recipients')
  if (message.to.length > MOST_RECIPIENTS) throw invalid(`it has more than ${MOST_RECIPIENTS} recipients`)
  if (messageIdOf(message.source) !== message.messageId) {
    throw invalid(`its header Message-ID is not ${message.messageId.slice(0, 200)}`)
  }
}

function isAddress(address: string): boolean {
  return address.length <= 320 && /^[^\p{Cc}\s<>(),;:\\"[\]@]+@[^\p{Cc}\s<>(),;\\"@]+$/u.test(address)
}

function invalid(why: string): MailboxError {
  return new MailboxError('permanent', 'MessageRefused', `The message cannot be sent: ${why}.`, { scope: 'item' })
}
