import nodemailer from 'nodemailer'
import type { OutboxEntry } from '../model/index.ts'

/** Carries mail outside over an SMTP server. What it refuses stays in the outbox. */
export function smtpRelay({ host, port }: { host: string; port: number }): (entry: OutboxEntry) => Promise<void> {
  const transport = nodemailer.createTransport({
    host,
    port,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: 10_000,
  })
  return async ({ from, to, mime }) => {
    await transport.sendMail({ envelope: { from, to: [...to] }, raw: Buffer.from(mime) })
  }
}
