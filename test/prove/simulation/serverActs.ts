import type { Dice } from './dice.ts'
import type { Box, Letter, Sight } from './ledger.ts'
import { isBelowInbox, isDark, isInbox, look } from './look.ts'
import { deliver, type World, write } from './world.ts'

/** What happens on a mail server, at once and without asking anybody. Each tells the ledger. */

const INBOX = ['INBOX']
const NAMES = ['Customers', 'Later', 'Kern']

export function newLetter(world: World, dice: Dice): void {
  const letter = write(world, dice.chance(0.35) ? dice.pick(world.ledger.letters) : undefined)
  spread(world, dice, letter, 0.9)
}

/** A letter again: its other recipients get it late, or somebody gets it twice. */
export function letterAgain(world: World, dice: Dice): void {
  const letter = dice.pick(world.ledger.letters)
  if (letter) spread(world, dice, letter, 0.4)
}

function spread(world: World, dice: Dice, letter: Letter, share: number): void {
  const { ledger } = world
  const named = ledger.boxes.filter(({ person }) => letter.to.includes(person) || letter.cc.includes(person))
  // Now and then to somebody whom the letter does not name.
  const boxes = dice.chance(0.12) ? ledger.boxes : named
  for (const box of dice.some(boxes, share)) {
    ledger.tell(
      `letter ${letter.number} to ${box.person.address}${letter.parent ? ` answers ${letter.parent.number}` : ''}`,
    )
    deliver(world, box, letter)
  }
}

function anItem(world: World, dice: Dice, where: (sight: Sight) => boolean = () => true) {
  const box = dice.pick(world.ledger.boxes) as Box
  const sight = dice.pick([...look(world, box).values()].filter(where))
  return sight && { box, sight, account: world.server.account(box.person.address) }
}

/** A message changes its place; into a mapped folder it asks to be tracked, into the Inbox to be looked at. */
export function move(world: World, dice: Dice): void {
  const found = anItem(world, dice)
  if (!found) return
  const { box, sight, account } = found
  const targets = account.folders.filter((folder) => folder.number !== sight.folder)
  const target = dice.weighted([
    [2, dice.pick(targets)],
    [2, dice.pick(targets.filter((folder) => isBelowInbox(folder.path))) ?? dice.pick(targets)],
    [3, dice.pick(targets.filter((folder) => box.mapped.has(folder.number))) ?? dice.pick(targets)],
    [3, targets.find((folder) => isInbox(folder.path)) ?? dice.pick(targets)],
  ])
  if (!target) return
  world.ledger.tell(`move ${name(sight)} in ${box.person.address} to ${target.path.join('/')}`)
  account.move(sight.path, sight.uid, target.path)
  arrived(box, sight.letter, target.number, target.path)
}

/** A message is copied: it lies where it lay, too. */
export function copy(world: World, box: Box, letter: Letter, to: { number: number; path: readonly string[] }): void {
  world.ledger.tell(`copy ${letter.number} in ${box.person.address} to ${to.path.join('/')}`)
  deliver(world, box, letter, to.path)
  arrived(box, letter, to.number, to.path)
}

function arrived(box: Box, letter: Letter | undefined, folder: number, path: readonly string[]): void {
  if (!letter) return
  if (isInbox(path)) box.visited.add(letter)
  if (path[0] === 'Sent') box.touched.add(letter)
  if (!box.mapped.has(folder)) return
  box.touched.add(letter)
  box.wish.delete(letter)
}

export function remove(world: World, dice: Dice): void {
  const found = anItem(world, dice)
  if (!found) return
  world.ledger.tell(`delete ${name(found.sight)} in ${found.box.person.address}`)
  found.account.delete(found.sight.path, found.sight.uid)
}

export function categorize(world: World, dice: Dice): void {
  const found = anItem(world, dice, (sight) => !sight.category)
  if (!found || !world.server.can.categories) return
  const { box, sight, account } = found
  world.ledger.tell(`category on ${name(sight)} in ${box.person.address}`)
  account.categorize(sight.path, sight.uid, { add: ['$Tracked'] })
  if (!sight.letter) return
  box.touched.add(sight.letter)
  box.wish.delete(sight.letter)
  box.takenOff.delete(sight.letter)
}

/** `isKnown`: the engine has seen the category and nothing is under way. */
export function uncategorize(world: World, dice: Dice, isKnown: (box: Box, sight: Sight) => boolean): void {
  const found = anItem(world, dice, (sight) => sight.category)
  if (!found) return
  const { box, sight, account } = found
  world.ledger.tell(`category off ${name(sight)} in ${box.person.address}`)
  account.categorize(sight.path, sight.uid, { remove: ['$Tracked'] })
  if (!sight.letter) return
  box.wish.delete(sight.letter)
  const isRead = isInbox(sight.path) || (box.person.kind === 'systemuser' && !isDark(sight.path))
  const says = isRead && world.settings['TrackCategorizedItems'] === true
  if (says && isKnown(box, sight)) box.takenOff.set(sight.letter, sight.place)
  taintFamily(world, sight.letter)
}

/** Read or unread: says nothing about tracking. */
export function glance(world: World, dice: Dice): void {
  const found = anItem(world, dice)
  found?.account.set(found.sight.path, found.sight.uid, { seen: dice.chance(0.5) })
}

export function createFolder(world: World, dice: Dice): void {
  const box = dice.pick(world.ledger.boxes) as Box
  const path = [...(dice.chance(0.8) ? INBOX : []), dice.pick(NAMES) as string]
  world.ledger.tell(`create ${path.join('/')} in ${box.person.address}`)
  world.server.account(box.person.address).createFolder(path)
}

/** Renamed below the Inbox, or moved out of it and back. */
export function renameFolder(world: World, dice: Dice): void {
  const found = ownFolder(world, dice)
  if (!found) return
  const { box, account, folder } = found
  const path = [...(dice.chance(0.75) ? INBOX : []), `${dice.pick(NAMES)}${++world.ledger.renamed}`]
  world.ledger.tell(`rename ${folder.path.join('/')} to ${path.join('/')} in ${box.person.address}`)
  account.renameFolder(folder.path, path)
}

export function deleteFolder(world: World, dice: Dice): void {
  const found = ownFolder(world, dice)
  if (!found) return
  world.ledger.tell(`delete folder ${found.folder.path.join('/')} in ${found.box.person.address}`)
  const path = [...found.folder.path]
  found.account.deleteFolder(path)
  // A new one under the old name is another folder (FT-45).
  if (dice.chance(0.4)) found.account.createFolder(path)
}

function ownFolder(world: World, dice: Dice) {
  const box = dice.pick(world.ledger.boxes) as Box
  const account = world.server.account(box.person.address)
  const folder = dice.pick(account.folders.filter((item) => !item.use))
  return folder && { box, account, folder }
}

/** The server loses its records: cursors, or with them what ids mean, or only what was removed. */
export function loseCursors(world: World, dice: Dice): void {
  const box = dice.pick(world.ledger.boxes) as Box
  const account = world.server.account(box.person.address)
  const folder = dice.weighted([
    [2, account.at(INBOX)],
    [1, dice.pick(account.folders) ?? account.at(INBOX)],
  ])
  const wanted = dice.pick(['cursors', 'ids', 'removals'] as const)
  // Ids tell the numbering they come from (RFC 9051 2.3.1.1): what is under way never meets another message by an old one.
  const how = wanted === 'ids' && world.ledger.busy > 0 ? 'cursors' : wanted
  world.ledger.tell(`lose ${how} of ${folder.path.join('/')} in ${box.person.address}`)
  // Where ids are names, a folder that lost its records may as well be another one under its name (FT-45).
  if (how !== 'removals' && !world.server.can.stableFolderIds) box.mapped.delete(folder.number)
  // Then every id is soon another message's.
  const [first] = folder.items.keys()
  if (how === 'ids' && first !== undefined && dice.chance(0.7)) folder.remove(first)
  if (how === 'removals') folder.forgetRemovals()
  else account.invalidateCursors(folder.path, { renumber: how === 'ids' })
  for (const place of box.settled.keys()) if (place.startsWith(`${folder.number}.`)) box.settled.delete(place)
  for (const [letter, place] of box.takenOff) if (place.startsWith(`${folder.number}.`)) box.takenOff.delete(letter)
}

/** Mail that the person sent from another program. */
export function send(world: World, dice: Dice): void {
  const box = dice.pick(world.ledger.boxes) as Box
  const letter = write(world, dice.chance(0.5) ? dice.pick(world.ledger.letters) : undefined)
  world.ledger.tell(`letter ${letter.number} in Sent of ${box.person.address}`)
  for (const each of world.ledger.boxes) each.touched.add(letter)
  deliver(world, box, letter, ['Sent'])
}

export function taintFamily(world: World, letter: Letter): void {
  for (const member of world.ledger.family(letter)) world.ledger.tainted.add(member)
}

const name = (sight: Sight): string => `${sight.letter?.number ?? '?'} (${sight.path.join('/')} ${sight.uid})`
