import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newMessage, type User } from '#sandbox'
import { corpusFiles } from './corpus.ts'

/** Puts the messages of a Maildir into an Inbox of the sandbox, read, with the hours of their arrival. */
export async function fillInbox({ mailbox }: User, maildir: string): Promise<void> {
  const inbox = mailbox.wellKnown('inbox').id
  for (const name of corpusFiles(maildir)) {
    const mime = Buffer.from(readFileSync(join(maildir, 'cur', name), 'latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')
    const received = new Date(Number(name.slice(0, name.indexOf('.'))) * 1000)
    mailbox.add(inbox, await newMessage(mailbox, mime, { received, read: true }))
  }
}
