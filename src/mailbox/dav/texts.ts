import { inCrlf } from '../ical/index.ts'
import type { MeetingTexts } from '../items/index.ts'
import type { DavAccount } from './account.ts'
import { put, seen, unchanged } from './resource.ts'

/** Meetings of a server that tells nobody, as their text. */
export function davTexts(account: DavAccount): MeetingTexts {
  return {
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
