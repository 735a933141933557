import type { ItemSettings } from '#items'
import { cycle } from './cycle.ts'
import { checkBrake, checkDeed } from './deeds.ts'
import { checkEdits, checkRevived, checkTakenUp } from './edits.ts'
import { checkEnd } from './end.ts'
import { checkFileDeed } from './fileDeeds.ts'
import { hands } from './hands.ts'
import { checkLetters, giveAnswers } from './letters.ts'
import { snapshot } from './said.ts'
import { World } from './world.ts'

/** A hand with its three numbers; `cycle`: mailbox a is synchronized; `crash`: it dies at one of its first effects, as b says. */
export type Step = readonly [name: string, a?: number, b?: number, c?: number]

const MOST_ROUNDS = 12

/** Plays it, then lets everybody answer and synchronize until nothing is left to do; every promise is checked on the way. */
export function play(settings: Partial<ItemSettings>, script: readonly Step[]): World {
  const world = new World(settings)
  for (const [name, a = 0, b = 0, c = 0] of script) {
    world.tick()
    if (name === 'cycle') synchronize(world, a, 0)
    else if (name === 'crash') synchronize(world, a, 1 + (b % 6))
    else handOf(name)(world, a, b, c)
  }
  if (settle(world) >= MOST_ROUNDS) throw new Error('Cycles find something to do for ever.')
  checkEnd(world)
  checkLetters(world)
  return world
}

function handOf(name: string) {
  const found = hands[name]
  if (!found) throw new Error(`There is no hand “${name}”.`)
  return found
}

function synchronize(world: World, index: number, crashAt: number): number {
  const mailbox = world.mailbox(index)
  const asked = mailbox.letters.filter(({ state }) => state === 'asked' || state === 'due').length
  const effects = { left: crashAt === 0 ? Number.POSITIVE_INFINITY : crashAt }
  if (!giveAnswers(world, mailbox, () => --effects.left <= 0)) return 1
  const before = snapshot(world, mailbox)
  const sentBefore = world.sent.length
  const isAnswered = mailbox.cycleAnswer !== undefined
  const linked = mailbox.links.map(({ kind }) => kind)
  const { done, held } = cycle(world, mailbox, effects)
  for (const one of done) checkDeed(world, mailbox, one)
  for (const one of done) checkFileDeed(world, mailbox, one)
  if (!isAnswered) checkBrake(world, linked, done)
  if (crashAt === 0) checkRevived(world, mailbox, done)
  if (crashAt === 0) checkTakenUp(world, mailbox, done)
  if (crashAt === 0) checkEdits(world, mailbox, before, done, held)
  else mailbox.last.clear()
  const told = done.filter(({ deed }) => deed.item && deed.item.notify !== 'none').length
  if (world.sent.length - sentBefore > told) throw new Error('More was sent than the deeds said.')
  return asked + done.length
}

/** Everybody answers yes, and mailboxes are synchronized until nothing is left to do; in how many rounds. */
function settle(world: World): number {
  world.isPostHeld = false
  world.deliver()
  handOf('arriveLate')(world, 0, 0, 0)
  for (const { readOnly } of world.mailboxes) readOnly.clear()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const mailbox of world.mailboxes) handOf('answer')(world, 0, mailbox.index, 0)
    world.tick()
    const left = world.mailboxes.reduce((sum, { index }) => sum + synchronize(world, index, 0), 0)
    const isAsking = world.mailboxes.some(
      ({ asked, questions }) => asked.size > 0 || [...questions.values()].some(({ yes }) => yes === undefined),
    )
    if (left === 0 && !isAsking) return round
  }
  return MOST_ROUNDS
}
