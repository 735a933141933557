import { ImapFlow } from 'imapflow'
import type { Dovecot } from '../../support/dovecot.ts'
import type { OtherSide, TrueItem } from '../conformance.ts'

/** The user at her own mail client: another IMAP client, connected to Dovecot directly. */
export async function signInAsUser(dovecot: Dovecot, user: string, pass = 'secret'): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: dovecot.host,
    port: dovecot.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass },
    disableAutoIdle: true,
    logger: false,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

export function otherSide(dovecot: Dovecot, user: string, client: ImapFlow): OtherSide {
  const select = (folder: readonly string[]) => client.mailboxOpen(name(folder))
  const uidOf = async (folder: readonly string[], messageId: string): Promise<string> => {
    await select(folder)
    const found = await client.search({ header: { 'message-id': messageId } }, { uid: true })
    if (!found || found.length === 0) throw new Error(`${messageId} is not in ${name(folder)}`)
    return String(found[0])
  }
  return {
    async deliver(folder, source, options = {}) {
      const flags = [...(options.seen ? ['\\Seen'] : []), ...(options.categories ?? [])]
      await client.append(name(folder), Buffer.from(source), flags, options.received)
    },
    async moveByUser(folder, messageId, to) {
      await client.messageMove(await uidOf(folder, messageId), name(to), { uid: true })
    },
    async deleteByUser(folder, messageId) {
      await client.messageDelete(await uidOf(folder, messageId), { uid: true })
    },
    async setSeenByUser(folder, messageId, seen) {
      const uid = await uidOf(folder, messageId)
      await (seen
        ? client.messageFlagsAdd(uid, ['\\Seen'], { uid: true })
        : client.messageFlagsRemove(uid, ['\\Seen'], { uid: true }))
    },
    async setCategoryByUser(folder, messageId, category, on) {
      const uid = await uidOf(folder, messageId)
      await (on
        ? client.messageFlagsAdd(uid, [category], { uid: true })
        : client.messageFlagsRemove(uid, [category], { uid: true }))
    },
    async createFolder(path) {
      await client.mailboxCreate(name(path))
    },
    async renameFolder(path, to) {
      await client.mailboxClose()
      await client.mailboxRename(name(path), name(to))
    },
    async deleteFolder(path) {
      if (client.mailbox) await client.mailboxClose()
      await client.mailboxDelete(name(path))
    },
    async list(folder) {
      await select(folder)
      const items: TrueItem[] = []
      if (!client.mailbox || client.mailbox.exists === 0) return items
      for await (const message of client.fetch('1:*', { uid: true, flags: true, headers: ['message-id'] })) {
        const flags = [...(message.flags ?? [])]
        items.push({
          messageId: /<[^>]+>/.exec(String(message.headers))?.[0] ?? '',
          seen: flags.includes('\\Seen'),
          categories: flags.filter((flag) => !flag.startsWith('\\')),
        })
      }
      return items
    },
    async invalidateCursor(folder) {
      if (client.mailbox) await client.mailboxClose()
      dovecot.changeUidValidity(user, name(folder))
    },
  }
}

function name(path: readonly string[]): string {
  return path.join('/')
}
