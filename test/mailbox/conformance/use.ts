import { expect, onTestFinished } from 'vitest'
import { type Folder, type Mailbox, MailboxError, type MailboxErrorKind } from '#mailbox'
import type { Bench } from './bench.ts'
import { Copy } from './copy.ts'

export const INBOX = ['INBOX']
export const TRACKED = '$Tracked'

/** Sets up a bench that is closed at the end of the test. */
export async function use(setup: () => Promise<Bench>): Promise<Bench> {
  const bench = await setup()
  onTestFinished(async () => {
    await bench.mailbox.close()
    await bench.close()
  })
  return bench
}

export async function folderAt(mailbox: Mailbox, path: readonly string[]): Promise<Folder> {
  const found = (await mailbox.folders()).filter((folder) => folder.path.join('\n') === path.join('\n'))
  expect(found, `folder ${path.join(' / ')}`).toHaveLength(1)
  return found[0] as Folder
}

/** A copy of the folder at `path`, not yet listed. */
export async function copyOf(mailbox: Mailbox, path: readonly string[] = INBOX): Promise<Copy> {
  return new Copy(mailbox, (await folderAt(mailbox, path)).id)
}

/** The id under which a folder holds the message. */
export async function idOf(mailbox: Mailbox, folder: string, messageId: string): Promise<string> {
  const found = await mailbox.find(messageId, [folder])
  expect(found, `${messageId} in its folder`).toHaveLength(1)
  return (found[0] as { id: string }).id
}

/** Runs what must fail, and returns its MailboxError. */
export async function failure(work: () => Promise<unknown>): Promise<MailboxError> {
  try {
    await work()
  } catch (error) {
    expect(error).toBeInstanceOf(MailboxError)
    return error as MailboxError
  }
  throw new Error('It succeeded, but had to fail with a MailboxError')
}

export async function expectFailure(work: () => Promise<unknown>, ...kinds: MailboxErrorKind[]): Promise<void> {
  expect(kinds).toContain((await failure(work)).kind)
}

export async function drain<T>(source: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = []
  for await (const item of source) result.push(item)
  return result
}

export async function bytesOf(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (source instanceof Uint8Array) return Buffer.from(source)
  return Buffer.concat(await drain(source))
}
