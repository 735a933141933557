import { HELD_IN, type HolderMark, printHolder, readHolder } from '../items/holder.ts'
import { xml } from '../xml.ts'
import type { DavAccount } from './account.ts'
import { propfind, proppatch } from './requests.ts'

const PROPERTY = xml`<R:${HELD_IN.name}/>`

/** Which organization synchronizes the items: a dead property of the main folder (RFC 4918 §4, MB-77). */
export function davHolder(account: DavAccount): HolderMark {
  const place = async () => {
    const main = account.listed.find((folder) => folder.main && folder.writable)
    return main && account.place(main.id)
  }
  return {
    async read() {
      const at = await place()
      if (!at) return undefined
      const doing = 'Reading which organization synchronizes the mailbox'
      const [answer] = await propfind(at.client, at.collection.path, { depth: 0, props: PROPERTY, doing })
      return readHolder(answer?.props.get(`R:${HELD_IN.name}`)?.text)
    },
    async write(holder) {
      const at = await place()
      if (!at) return
      const value = xml`<R:${HELD_IN.name}>${printHolder(holder)}</R:${HELD_IN.name}>`
      await proppatch(at.client, at.collection.path, value, 'Noting which organization synchronizes the mailbox')
    },
  }
}
