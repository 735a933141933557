import { sql } from 'kysely'
import { addBlockRule } from '#incoming'
import { MailboxError } from '#mailbox'
import { MailboxRuleError } from '#mailboxes'
import { type Principal, RecordError, type Reference, SYSTEM } from '#records'
import { removeMapping, saveMapping, setRegarding, trackMessage, untrack } from '#sync'
import type { Dice } from './dice.ts'
import { type Box, Ledger, type Letter } from './ledger.ts'
import { isBelowInbox, look } from './look.ts'
import { copy, taintFamily } from './serverActs.ts'
import type { World } from './world.ts'

type Folder = ReturnType<World['server']['account']>['folders'][number]

/** What people ask of the CRM. Each tells the ledger what came of it. */

interface EmailRow {
  activityid: string
  subject: string
}

/** The emails there are, by letter. Mail that was sent has its own. */
export async function emailsByLetter(world: World): Promise<Map<Letter, string>> {
  const { rows } = await sql<EmailRow>`
    select activityid, subject from email where not directioncode order by subject`.execute(
    world.ground.regarding.database.sql,
  )
  const letters = new Map(world.ledger.letters.map((letter) => [`Letter ${letter.number}`, letter]))
  return new Map(
    rows.flatMap((row) => {
      const letter = letters.get(row.subject)
      return letter ? [[letter, row.activityid] as const] : []
    }),
  )
}

export async function chooseRegarding(world: World, dice: Dice): Promise<void> {
  const { ledger } = world
  const emails = [...(await emailsByLetter(world))]
  // Most of all where a folder says something else.
  const inFolders = emails.filter(([letter]) => ledger.boxes.some((box) => liesInMapped(world, box, letter)))
  const found = dice.chance(0.6) && inFolders.length ? dice.pick(inFolders) : dice.pick(emails)
  if (found) await choose(world, dice, found)
}

/** While a folder is about to give the email what it regards: the message came there since the last cycle. */
export async function chooseBeforeFolder(world: World, dice: Dice): Promise<void> {
  const emails = [...(await emailsByLetter(world))]
  const cameNow = (box: Box, letter: Letter): boolean =>
    [...look(world, box).values()].some(
      (sight) => sight.letter === letter && box.mapped.has(sight.folder) && !box.settled.has(sight.place),
    )
  const found = dice.pick(emails.filter(([letter]) => world.ledger.boxes.some((box) => cameNow(box, letter))))
  if (found) await choose(world, dice, found)
}

async function choose(world: World, dice: Dice, [letter, id]: readonly [Letter, string]): Promise<void> {
  const { ground, ledger } = world
  const record = dice.pick(ground.accounts) as Reference
  ledger.tell(`regarding of ${letter.number} is account ${ground.accounts.indexOf(record)}`)
  await setRegarding(ground.regarding, SYSTEM, id, record)
  ledger.regarding.set(letter, record)
  ledger.threadChoice.set(Ledger.rootOf(letter), { record, thread: Ledger.threadOf(letter) })
}

const liesInMapped = (world: World, box: Box, letter: Letter): boolean =>
  [...look(world, box).values()].some((sight) => sight.letter === letter && box.mapped.has(sight.folder))

export async function untrackLetter(world: World, dice: Dice): Promise<void> {
  const { ground, ledger } = world
  const found = dice.pick([...(await emailsByLetter(world))])
  if (!found) return
  const [letter, id] = found
  const box = dice.pick(ledger.boxes) as Box
  const whose = dice.chance(0.7) ? 'mine' : 'everyone'
  const what = dice.chance(0.7) ? 'message' : 'thread'
  ledger.tell(`untrack ${what} of ${letter.number} for ${whose === 'mine' ? box.person.address : 'everyone'}`)
  const copied = new Set(await holders(world, letter))
  await untrack(ground.regarding, SYSTEM, id, { what, whose, mailboxId: box.person.mailboxId })
  taintFamily(world, letter)
  for (const each of whose === 'mine' ? [box] : ledger.boxes) {
    // Certain only where every copy lies as the engine knows it.
    const mine = [...look(world, each).values()].filter((sight) => sight.letter === letter)
    const certain = copied.has(each) && mine.length > 0 && mine.every((sight) => each.settled.has(sight.place))
    each.takenOff.delete(letter)
    if (certain) each.wish.set(letter, { what: 'untrack', at: ledger.time })
    else each.wish.delete(letter)
  }
  if (what === 'thread')
    for (const each of ledger.boxes)
      for (const member of ledger.family(letter)) if (member !== letter) each.wish.delete(member)
}

/** The boxes that have a tracked copy of the letter. */
async function holders(world: World, letter: Letter): Promise<Box[]> {
  const { rows } = await sql<{ mailbox_id: string }>`
    select distinct c.mailbox_id from email_copy c join email e on e.activityid = c.email_id
    where e.subject = ${`Letter ${letter.number}`} and c.state = 'tracked' and c.gone_on is null`.execute(
    world.ground.regarding.database.sql,
  )
  return world.ledger.boxes.filter((box) => rows.some((row) => row.mailbox_id === box.person.mailboxId))
}

export async function trackLetter(world: World, dice: Dice): Promise<void> {
  const { ground, ledger } = world
  const box = aUser(world, dice)
  const letter = dice.pick([...look(world, box).values()].map((sight) => sight.letter))
  if (!letter) return
  const record = dice.chance(0.5) ? dice.pick(ground.accounts) : undefined
  ledger.tell(
    `track ${letter.number} in ${box.person.address} to ${record ? ground.accounts.indexOf(record) : 'nothing'}`,
  )
  box.touched.add(letter)
  const forget = () => {
    box.wish.delete(letter)
    ledger.regarding.delete(letter)
    ledger.threadChoice.delete(Ledger.rootOf(letter))
  }
  forget()
  try {
    await trackMessage(ground.regarding, box.person.id, {
      mailboxId: box.person.mailboxId,
      messageId: letter.key,
      ...(record ? { regarding: record } : {}),
    })
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    ledger.tell(`  refused: ${error.message}`)
  } finally {
    // What others said while it was being carried out came before or after.
    forget()
  }
}

export async function mapFolder(world: World, dice: Dice): Promise<void> {
  const { ground, server } = world
  const box = aUser(world, dice)
  const folder = dice.pick(server.account(box.person.address).folders.filter(({ path }) => isBelowInbox(path)))
  if (!folder) return
  await map(world, box, folder, dice.chance(0.6) ? dice.pick(ground.accounts) : undefined)
}

/** A new folder whose messages regard something. */
export async function mapNewFolder(world: World, dice: Dice): Promise<void> {
  const { ground, server } = world
  const box = aUser(world, dice)
  const folder = server.account(box.person.address).createFolder(['INBOX', 'Standing'])
  await map(world, box, folder, dice.pick(ground.accounts))
  box.standing = folder.number
}

/** A letter that is tracked, and of which nobody said what it regards, is copied to where the folder says so. */
export async function fileTracked(world: World, dice: Dice): Promise<void> {
  const { ledger, server } = world
  const box = ledger.boxes.find(({ standing, mapped }) => standing !== undefined && mapped.has(standing))
  const folder = box && server.account(box.person.address).folders.find(({ number }) => number === box.standing)
  if (!folder) return
  const there = new Set([...look(world, box).values()].map((sight) => sight.letter))
  const unsaid = [...(await emailsByLetter(world)).keys()].filter(
    (letter) => there.has(letter) && !ledger.regarding.has(letter) && !ledger.threadChoice.has(Ledger.rootOf(letter)),
  )
  const letter = dice.pick(unsaid)
  if (letter) copy(world, box, letter, folder)
}

async function map(world: World, box: Box, folder: Folder, regarding: Reference | undefined): Promise<void> {
  const { ground, ledger } = world
  ledger.tell(`map ${folder.path.join('/')} of ${box.person.address}`)
  try {
    await saveMapping(ground.regarding, SYSTEM, {
      mailboxId: box.person.mailboxId,
      folderPath: folder.path.join('/'),
      ...(regarding ? { regarding } : {}),
    })
    box.mapped.add(folder.number)
    for (const item of folder.items.values()) {
      const letter = ledger.letterOf(item.source)
      if (!letter) continue
      box.touched.add(letter)
      box.wish.delete(letter)
    }
  } catch (error) {
    if (!(error instanceof RecordError || error instanceof MailboxRuleError || error instanceof MailboxError))
      throw error
    ledger.tell(`  refused: ${error.message}`)
  }
}

export async function unmapFolder(world: World, dice: Dice): Promise<void> {
  const { ground, ledger, server } = world
  const box = dice.pick(ledger.boxes) as Box
  const folder = dice.pick(server.account(box.person.address).folders.filter(({ number }) => box.mapped.has(number)))
  if (!folder) return
  ledger.tell(`unmap ${folder.path.join('/')} of ${box.person.address}`)
  try {
    await removeMapping(ground.regarding, SYSTEM, box.person.mailboxId, folder.path.join('/'))
    box.mapped.delete(folder.number)
  } catch (error) {
    if (!(error instanceof RecordError || error instanceof MailboxRuleError)) throw error
    ledger.tell(`  refused: ${error.message}`)
  }
}

export async function block(world: World, dice: Dice): Promise<void> {
  const box = aUser(world, dice)
  const pattern = dice.pick(world.ledger.letters)?.from
  if (pattern) await blockSender(world, box, pattern)
}

/** Before anything of that sender comes. */
export async function blockCustomer(world: World, dice: Dice): Promise<void> {
  await blockSender(world, aUser(world, dice), dice.pick(world.ground.customers) as string)
}

async function blockSender(world: World, box: Box, pattern: string): Promise<void> {
  const { ground, ledger } = world
  ledger.tell(`${box.person.address} blocks ${pattern}`)
  const principal: Principal = { kind: 'user', id: box.person.id }
  await addBlockRule(ground.regarding, principal, { scope: 'user', kind: 'address', pattern })
  box.blocks.add(pattern)
  for (const letter of ledger.letters) if (letter.from === pattern) taintFamily(world, letter)
  blockedSenders(world).add(pattern)
}

const aUser = ({ ledger }: World, dice: Dice): Box =>
  dice.pick(ledger.boxes.filter(({ person }) => person.kind === 'systemuser')) as Box

const blocked = new WeakMap<World, Set<string>>()
/** Whom anybody blocked: their letters prove nothing about acceptance. */
export function blockedSenders(world: World): Set<string> {
  const known = blocked.get(world) ?? new Set()
  blocked.set(world, known)
  return known
}

export async function deleteEmail(world: World, dice: Dice): Promise<void> {
  const { ground, ledger } = world
  const found = dice.pick([...(await emailsByLetter(world))])
  if (!found) return
  const [letter, id] = found
  ledger.tell(`delete the email of ${letter.number}`)
  await ground.regarding.records.as(SYSTEM).delete('email', id)
  taintFamily(world, letter)
  ledger.regarding.delete(letter)
  for (const box of ledger.boxes) box.wish.delete(letter)
}
