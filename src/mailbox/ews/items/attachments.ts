import { itemNotFound } from '../../failures.ts'
import type { ItemRef, NewAttachment } from '../../items/index.ts'
import { failureOf } from '../failures.ts'
import { childrenOf, textOf } from '../node.ts'
import { type Place } from '../place.ts'
import { xml } from '../xml.ts'
import { ofItem } from './version.ts'

/** One after the other: each may be as large as Exchange takes. */
export async function addAttachments(
  { client }: Place,
  { id }: ItemRef,
  files: readonly NewAttachment[],
): Promise<void> {
  for (const { name, type, content } of files) {
    const base64 = Buffer.from(content).toString('base64')
    const file = xml`<t:FileAttachment><t:Name>${name}</t:Name><t:ContentType>${type}</t:ContentType><t:Content>${base64}</t:Content></t:FileAttachment>`
    const body = xml`<m:CreateAttachment><m:ParentItemId Id="${id}"/><m:Attachments>${file}</m:Attachments></m:CreateAttachment>`
    await ofItem(id, client.callOne({ name: 'CreateAttachment', body, doing: 'Attaching a file' }))
  }
}

/** One that is gone already is no failure. */
export async function removeAttachments({ client }: Place, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const doing = 'Taking off an attachment'
  const body = xml`<m:DeleteAttachment><m:AttachmentIds>${ids.map((id) => xml`<t:AttachmentId Id="${id}"/>`)}</m:AttachmentIds></m:DeleteAttachment>`
  for (const message of await client.call({ name: 'DeleteAttachment', body, doing })) {
    const failure = failureOf(message, doing)
    if (failure && failure.kind !== 'notFound') throw failure
  }
}

/** See `ItemMailbox.attachment`. Of an attached item its MIME source. */
export async function readAttachment({ client }: Place, id: string): Promise<Uint8Array> {
  const shape = xml`<m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:AttachmentShape>`
  const body = xml`<m:GetAttachment>${shape}<m:AttachmentIds><t:AttachmentId Id="${id}"/></m:AttachmentIds></m:GetAttachment>`
  const operation = { name: 'GetAttachment', body, doing: 'Reading an attachment' }
  const mime: Buffer[] = []
  let content: string | undefined
  for await (const part of client.stream(operation, { again: true, use: 'reading' })) {
    if ('mime' in part) mime.push(part.mime)
    else {
      const failure = failureOf(part.message, operation.doing)
      if (failure?.kind === 'notFound') throw itemNotFound(id, failure)
      if (failure) throw failure
      content = textOf(childrenOf(part.message, 'Attachments')[0], 'Content')
    }
  }
  if (mime.length > 0) return Buffer.concat(mime)
  if (content === undefined) throw itemNotFound(id)
  return Buffer.from(content, 'base64')
}
