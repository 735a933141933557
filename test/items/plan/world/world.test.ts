import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effort } from '../../../prove/effort.ts'
import { cycle } from './cycle.ts'
import { hands } from './hands.ts'
import { checkBrake, checkDeed, checkEdits, checkEnd, checkRevived, snapshot } from './oracle.ts'
import { World } from './world.ts'

const names = Object.keys(hands)
const CYCLES = 12
const numbers = fc.nat({ max: 63 })
const steps = fc.array(fc.tuple(fc.nat({ max: names.length + CYCLES - 1 }), numbers, numbers, numbers), {
  minLength: 50,
  maxLength: 50,
  size: 'max',
})
const settings = fc.record({
  distinctDeletes: fc.boolean(),
  propagateCancellations: fc.boolean(),
  updatePastMeetings: fc.boolean(),
  ignoreCopies: fc.boolean(),
  taskDeletion: fc.constantFrom('delete' as const, 'unlink' as const),
  contactDeletion: fc.constantFrom('unlink' as const, 'deleteIfOwner' as const),
  deleteBrake: fc.constantFrom({ count: 1, percent: 0 }, { count: 100, percent: 5 }),
  invitationBudget: fc.constantFrom(0, 100),
})
const MOST_ROUNDS = 12
const RUNS = 2000

describe('any order of what people do on both sides', () => {
  it(
    'AP-5, AP-9, AP-13, AP-21, AP-35, AP-41, AP-54, B-31, B-60: ends in agreement, with nothing doubled, lost or sent that no rule allows',
    () => {
      fc.assert(
        fc.property(settings, steps, (chosen, script) => {
          const world = new World(chosen)
          for (const [what, a, b, c] of script) {
            world.tick()
            const name = names[what]
            if (name !== undefined) hands[name]?.(world, a, b, c)
            else synchronize(world, a, what === names.length ? 1 + (b % 6) : 0)
          }
          expect(settle(world), 'cycles until nothing is left to do').toBeLessThan(MOST_ROUNDS)
          checkEnd(world)
        }),
        effort.minutes > 0
          ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: effort.minutes * 60_000, seed: effort.from }
          : { numRuns: RUNS },
      )
    },
    120_000 + effort.minutes * 60_000,
  )
})

function synchronize(world: World, index: number, crashAt: number): number {
  const mailbox = world.mailbox(index)
  const before = snapshot(world, mailbox)
  const sentBefore = world.sent.length
  const isAnswered = mailbox.cycleAnswer !== undefined
  const linked = mailbox.links.map(({ kind }) => kind)
  const { done, held } = cycle(world, mailbox, crashAt)
  for (const one of done) checkDeed(world, mailbox, one)
  if (!isAnswered) checkBrake(world, linked, done)
  if (crashAt === 0) checkRevived(world, mailbox, done)
  if (crashAt === 0) checkEdits(world, mailbox, before, done, held)
  else mailbox.last.clear()
  const told = done.filter(({ deed }) => deed.item && deed.item.notify !== 'none').length
  if (world.sent.length - sentBefore > told) throw new Error('More was sent than the deeds said.')
  return done.filter(({ deed }) => deed.item || deed.record || deed.question).length
}

/** Everybody answers yes, and mailboxes are synchronized until nothing is left to do. */
function settle(world: World): number {
  world.isPostHeld = false
  world.deliver()
  hands['arriveLate']?.(world, 0, 0, 0)
  for (const { readOnly } of world.mailboxes) readOnly.clear()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const mailbox of world.mailboxes) hands['answer']?.(world, 0, mailbox.index, 0)
    world.tick()
    const left = world.mailboxes.reduce((sum, { index }) => sum + synchronize(world, index, 0), 0)
    const isAsking = world.mailboxes.some(
      ({ asked, questions }) => asked.size > 0 || [...questions.values()].some(({ yes }) => yes === undefined),
    )
    if (left === 0 && !isAsking) return round
  }
  return MOST_ROUNDS
}
