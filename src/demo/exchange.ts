import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { type Item, newMessage, type Sandbox, startSandbox, type User, World, type WorldState } from '#sandbox'
import type { Clock } from '#time'
import { instant } from './calendar.ts'
import { addressOf, DOMAIN, MAILBOXES, type MailboxKey, SERVED_BY, USERS } from './company/users.ts'
import type { Copy } from './copies.ts'

/** What the world of the Exchange is kept in while it does not run. */
export const EXCHANGE_FILE = 'exchange.bin'
const SEED = 20

/** Who acts for everybody in the Exchange of the demo: an application in the cloud, and a service account on premises. */
export const APPLICATION = { clientId: 'regarding-demo', clientSecret: 'only-for-the-demo' }
export const SERVICE = { address: `service@${DOMAIN}`, password: 'only-for-the-demo' }

/** An Exchange of the demo's own, on this machine. */
export interface DemoExchange {
  sandbox: Sandbox
  port: number
  /** Writes down how it is now. */
  save(): Promise<void>
  /** Saves and ends it. */
  close(): Promise<void>
}

/**
 * Starts the Exchange of the demo as it was when it was saved, or with empty mailboxes.
 * @param wanted its port, unless somebody else has it
 */
export async function openExchange(directory: string, clock: Clock, wanted?: number): Promise<DemoExchange> {
  const file = join(directory, EXCHANGE_FILE)
  const world = existsSync(file)
    ? World.from(deserialize(await readFile(file)) as WorldState, clock)
    : emptyWorld(clock)
  const start = (port = 0) => startSandbox({ world, port, applications: [APPLICATION] })
  const sandbox = await start(wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return start()
  })
  const save = async () => {
    await writeFile(`${file}.new`, serialize(world.state))
    await rename(`${file}.new`, file)
  }
  return {
    sandbox,
    port: Number(new URL(sandbox.url).port),
    save,
    async close() {
      await sandbox.close()
      await save()
    },
  }
}

function emptyWorld(clock: Clock): World {
  const world = new World({ clock, seed: SEED })
  for (const key of MAILBOXES) {
    const by = SERVED_BY[key]
    if (by === 'maildir') continue
    const person = USERS.find((user) => user.key === key)
    const name = person ? `${person.first} ${person.last}` : key
    world.addUser({ address: addressOf(key), name }).home = by
  }
  world.addUser({ ...SERVICE, name: 'Regarding' }).mayImpersonate = true
  return world
}

/** Puts a copy of a letter where it lies, as it came; a second time it changes nothing. */
export async function fileInExchange(world: World, { letter, place, source }: Copy): Promise<void> {
  const [key, ...path] = place.split('/') as [MailboxKey, ...string[]]
  const user = world.user(addressOf(key))
  const folder = folderAt(user, path)
  const received = instant(letter.when)
  const categories = letter.marked?.includes(place) ? [TRACKED] : []
  const message = await newMessage(user.mailbox, source, { received, read: true, categories })
  if (user.mailbox.items(folder).some((item) => isSame(item, source))) return
  user.mailbox.add(folder, message, 'newMail')
}

/** What people see of the tracked category (T-94). */
const TRACKED = 'Tracked to Regarding'

const isSame = (item: Item, source: Uint8Array) => item.kind === 'message' && Buffer.from(item.mime).equals(source)

const WELL_KNOWN = { INBOX: 'inbox', Sent: 'sentitems', Junk: 'junkemail' } as const

/** The folder of a path, made where it is missing. */
function folderAt({ mailbox }: User, path: readonly string[]): string {
  const [top = 'INBOX', ...below] = path
  const known = WELL_KNOWN[top as keyof typeof WELL_KNOWN]
  const start = known ? mailbox.wellKnown(known).id : childOf(mailbox.wellKnown('msgfolderroot').id, top)
  return below.reduce(childOf, start)

  function childOf(parent: string, name: string): string {
    const there = mailbox.children(parent).find((folder) => folder.name === name)
    return (there ?? mailbox.createFolder(parent, name)).id
  }
}
