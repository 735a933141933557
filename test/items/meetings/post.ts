import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import ICAL from 'ical.js'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { viewOf } from '#sandbox'

/** What somebody got about a meeting, by mail or straight into the calendar. */
export interface Told {
  method: 'request' | 'cancel' | 'reply'
  uid: string
  to: string
}

/** What the text of an invitation, its answer or its cancellation says (RFC 5546). */
export function toldBy(text: string, to: string): Told | undefined {
  const calendar = new ICAL.Component(ICAL.parse(text) as [string, unknown[], unknown[]])
  const method = String(calendar.getFirstPropertyValue('method') ?? '').toLowerCase()
  const uid = String(calendar.getFirstSubcomponent('vevent')?.getFirstPropertyValue('uid') ?? '')
  return method === 'request' || method === 'cancel' || method === 'reply' ? { method, uid, to } : undefined
}

/** The same of a mail. */
export async function toldByMail(mime: Uint8Array, to: string): Promise<Told[]> {
  const { attachments } = await viewOf(mime)
  const part = attachments.find(({ contentType }) => contentType === 'text/calendar')
  const told = part && toldBy(Buffer.from(part.content).toString('utf8'), to)
  return told ? [told] : []
}

type Deliver = (mail: { from: string; to: string[]; mime: Buffer }) => Promise<void>

async function take(stream: Readable, { mailFrom, rcptTo }: SMTPServerSession['envelope'], deliver: Deliver) {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  const to = rcptTo.map(({ address }) => address.toLowerCase())
  await deliver({ from: mailFrom ? mailFrom.address : '', to, mime: Buffer.concat(chunks) })
}

async function answer(
  stream: Readable,
  envelope: SMTPServerSession['envelope'],
  deliver: Deliver,
  say: (error?: Error) => void,
): Promise<void> {
  try {
    await take(stream, envelope, deliver)
  } catch (error) {
    return say(error instanceof Error ? error : new Error(String(error)))
  }
  say()
}

/** A mail server that carries everything to wherever it belongs. */
export async function startPost(deliver: Deliver) {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData(stream, { envelope }, done) {
      void answer(stream, envelope, deliver, done)
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
