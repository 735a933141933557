import { createHash } from 'node:crypto'
import { MailboxError } from '../errors.ts'
import { inCrlf } from '../ical/index.ts'
import type { MeetingTexts } from '../items/index.ts'
import type { DavAccount } from './account.ts'
import { DavError } from './failures.ts'
import { put, seen, unchanged } from './resource.ts'

/** Meetings of a server that tells nobody, as their text. */
export function davTexts(account: DavAccount): MeetingTexts {
  return {
    async add(folder, uid, text) {
      const place = await account.place(folder)
      account.forgetListing()
      try {
        return await put(place, nameOf(uid), text, { 'if-none-match': '*' }, 'Putting an invitation into the calendar')
      } catch (error) {
        if (!(error instanceof MailboxError)) throw error
        const isThere = error.kind === 'conflict' || (error instanceof DavError && error.conditions.some(isUidConflict))
        if (!isThere) throw error
        return undefined
      }
    },

    async rewrite(ref, change) {
      const doing = 'Changing a meeting'
      const place = await account.place(ref.folder)
      const { resource } = await seen(place, ref, doing)
      const text = inCrlf(resource.text)
      const next = change(text)
      if (next === text) return ref
      account.forgetListing()
      return put(place, ref.id, next, unchanged(resource), doing)
    },
  }
}

const isUidConflict = (condition: string): boolean => condition.endsWith(':no-uid-conflict')

/** As other programs name it, so that two of them never put it in twice. */
function nameOf(uid: string): string {
  const isSafe = /^[\w@+-][\w.@+-]{0,199}$/.test(uid)
  return `${isSafe ? uid : createHash('sha256').update(uid).digest('hex')}.ics`
}
