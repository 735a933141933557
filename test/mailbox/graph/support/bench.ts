import { type GraphSettings, type Mailbox, openMailbox, Secret } from '#mailbox'
import { type Message, newMessage, type Sandbox, startSandbox, type User } from '#sandbox'
import { type Clock, systemClock } from '#time'
import { OwnCategories } from '../../../../src/mailbox/ownCategories.ts'
import type { Bench, OtherSide } from '../../conformance/bench.ts'

const ADDRESS = 'sales@contoso.example'

/** A sandbox with one user, and the settings by which an application reaches her mailbox. */
export interface Ground {
  sandbox: Sandbox
  user: User
  settings: GraphSettings
  other: OtherSide
  open(): Promise<Mailbox>
}

export async function startGround(clock: Clock = systemClock): Promise<Ground> {
  const sandbox = await startSandbox({ clock, seed: ++seed })
  const user = sandbox.world.addUser({ address: ADDRESS, name: 'Sales' })
  const settings = settingsFor(sandbox, ADDRESS)
  return { sandbox, user, settings, other: otherSide(sandbox, user), open: () => openMailbox(settings, { clock }) }
}

let seed = 0

function settingsFor(sandbox: Sandbox, address: string): GraphSettings {
  return {
    kind: 'graph',
    tenant: sandbox.login.tenant,
    clientId: 'sandbox-client',
    auth: { kind: 'clientSecret', secret: new Secret('sandbox-secret') },
    address,
    cloud: 'global',
    loginUrl: sandbox.url,
    graphUrl: sandbox.url,
    timeoutMs: 20_000,
  }
}

/** A fresh mailbox for a conformance test. */
export async function graphBench(): Promise<Bench> {
  const ground = await startGround()
  return { mailbox: await ground.open(), other: ground.other, close: () => ground.sandbox.close() }
}

/** The person at Outlook, straight in the model. */
function otherSide({ world, faults }: Sandbox, user: User): OtherSide {
  const { mailbox } = user
  const folderAt = (path: readonly string[]) => {
    let at = mailbox.wellKnown(path[0] === 'INBOX' ? 'inbox' : 'msgfolderroot')
    for (const name of path[0] === 'INBOX' ? path.slice(1) : path) {
      const child = mailbox.children(at.id).find((folder) => folder.name === name)
      if (!child) throw new Error(`There is no folder ${path.join('/')}`)
      at = child
    }
    return at
  }
  // People see names (T-94); the suite speaks of categories.
  const own = new OwnCategories(undefined, undefined)
  const messagesIn = (path: readonly string[]) =>
    mailbox.items(folderAt(path).id).flatMap((item) => (item.kind === 'message' ? [item] : []))
  const item = (path: readonly string[], messageId: string) => {
    const found = messagesIn(path).find((message) => message.headers.messageId === messageId)
    if (!found) throw new Error(`${messageId} is not in ${path.join('/')}`)
    return found
  }
  return {
    async deliver(path, source, options = {}) {
      const received = options.received ?? world.clock.now()
      const notes = { received, read: options.seen ?? false, categories: options.categories ?? [] }
      mailbox.add(folderAt(path).id, await newMessage(mailbox, source, notes), 'newMail')
    },
    moveByUser: (path, id, to) => done(() => mailbox.move(item(path, id).id, folderAt(to).id)),
    deleteByUser: (path, id) => done(() => mailbox.delete(item(path, id).id)),
    setSeenByUser: (path, id, read) => done(() => mailbox.update<Message>(item(path, id).id, { read })),
    setCategoryByUser: (path, id, category, on) =>
      done(() => {
        const message = item(path, id)
        const others = message.categories.filter((name) => name !== category)
        mailbox.update(message.id, { categories: on ? [...others, category] : others })
      }),
    createFolder: (path) => done(() => mailbox.createFolder(folderAt(path.slice(0, -1)).id, path.at(-1) as string)),
    renameFolder: (path, to) =>
      done(() => {
        const { id } = folderAt(path)
        mailbox.renameFolder(id, to.at(-1) as string)
        if (to.length !== path.length) mailbox.moveFolder(id, folderAt(to.slice(0, -1)).id)
      }),
    deleteFolder: (path) => done(() => mailbox.purgeFolder(folderAt(path).id)),
    list: (path) =>
      Promise.resolve(
        messagesIn(path).map(({ headers, read, categories }) => ({
          messageId: headers.messageId ?? '',
          seen: read,
          categories: own.categoriesOf(categories),
        })),
      ),
    invalidateCursor: () =>
      done(() => faults.inject({ fault: { kind: 'cursorLost' }, operation: 'GET /mailFolders/{id}/messages/delta' })),
  }
}

function done(work: () => unknown): Promise<void> {
  work()
  return Promise.resolve()
}
