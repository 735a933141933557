import type { Attachment, Contact, DateTimeTimeZone, Event, TodoTask } from '@microsoft/microsoft-graph-types'
import { instantOf, resolveZone } from '#calendar'
import { htmlToText } from '#text'
import { MailboxError } from '../../errors.ts'
import type { FolderId } from '../../ids.ts'
import type { AttachmentInfo, Body, ItemRef, Version } from '../../items/common.ts'

/** Items as Graph tells them. */
interface Told {
  id?: string
  '@odata.etag'?: string
  '@removed'?: { reason?: string }
}
export type RawEvent = Event & Told & { occurrenceId?: string | null }
export type RawContact = Contact & Told
export type RawTask = Omit<TodoTask, 'extensions'> &
  Told & { extensions?: (Record<string, unknown> & { id?: string })[] | null }
export type Raw = Told & Record<string, unknown>

export function refOf(folder: FolderId, raw: Told): ItemRef {
  return { folder, id: raw.id ?? '', version: versionOf(raw) }
}

function versionOf(raw: Told): Version {
  return raw['@odata.etag'] ?? ''
}

/** The header by which a write names the version it is made from. */
export function ifMatch(version: Version): Record<string, string> {
  return version === '' ? {} : { 'if-match': version }
}

/** Notes as text, and as HTML where they are HTML. */
export function bodyOf(
  raw: { contentType?: string | null; content?: string | null } | null | undefined,
): Body | undefined {
  const content = raw?.content ?? ''
  if (raw?.contentType !== 'html') return content.trim() === '' ? undefined : { text: content.replaceAll('\r\n', '\n') }
  const text = htmlToText(content).trim()
  return text === '' && !/<img\b/i.test(content) ? undefined : { text, html: content }
}

export function writtenBody(body: Body | undefined): { contentType: 'html' | 'text'; content: string } {
  if (body?.html !== undefined) return { contentType: 'html', content: body.html }
  return { contentType: 'text', content: body?.text ?? '' }
}

/** Milliseconds since 1970. @throws MailboxError for what is no time */
export function instantOfRaw(raw: DateTimeTimeZone | null | undefined, id: string | undefined): number {
  const { zone } = resolveZone(raw?.timeZone ?? 'UTC', { years: { from: 2020, to: 2035 }, fallback: 'UTC' })
  try {
    return instantOf((raw?.dateTime ?? '').slice(0, 19), zone)
  } catch {
    throw broken(id, `the time ${JSON.stringify(raw?.dateTime ?? null)}`)
  }
}

export function dateOf(text: string | null | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

export function attachmentsOf(raw: readonly Attachment[] | null | undefined): AttachmentInfo[] {
  return (raw ?? []).flatMap(({ id, name, contentType, size, isInline }) =>
    id
      ? [
          {
            id,
            name: name ?? '',
            type: contentType ?? 'application/octet-stream',
            size: size ?? 0,
            inline: isInline ?? false,
          },
        ]
      : [],
  )
}

export function broken(id: string | undefined, what: string): MailboxError {
  return new MailboxError(
    'permanent',
    'ItemRefused',
    `Microsoft Graph told the item ${JSON.stringify((id ?? '').slice(0, 60))} with ${what}, which cannot be read. Open and save it in Outlook.`,
    { scope: 'item' },
  )
}

/** Only what is there. */
export function given<T extends object>(values: T): { [Name in keyof T]: Exclude<T[Name], undefined | null> } {
  const there = Object.entries(values).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(there) as { [Name in keyof T]: Exclude<T[Name], undefined | null> }
}
