import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effort } from '../../../prove/effort.ts'
import { hands } from './hands.ts'
import { play, type Step } from './play.ts'

/** Half as many cycles as things that people do, every sixth of them interrupted. */
const CYCLES = ['crash', 'crash', ...Array.from({ length: 10 }, () => 'cycle')]
const numbers = fc.nat({ max: 63 })
const step = fc.tuple(fc.constantFrom(...Object.keys(hands), ...CYCLES), numbers, numbers, numbers)
const script = fc.array<Step>(step, { minLength: 50, maxLength: 50, size: 'max' })
const settings = fc.record({
  distinctDeletes: fc.boolean(),
  propagateCancellations: fc.boolean(),
  updatePastMeetings: fc.boolean(),
  ignoreCopies: fc.boolean(),
  taskDeletion: fc.constantFrom('delete' as const, 'unlink' as const),
  contactDeletion: fc.constantFrom('unlink' as const, 'deleteIfOwner' as const),
  deleteBrake: fc.constantFrom({ count: 1, percent: 0 }, { count: 100, percent: 5 }),
  appointmentAttachments: fc.boolean(),
  invitationBudget: fc.constantFrom(0, 100),
})

/** As often as that, always the same, so that nobody's change fails for another's; or for as long as was asked for. */
const howLong = (numRuns: number) =>
  effort.minutes > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: effort.minutes * 60_000, seed: effort.from }
    : { numRuns, seed: effort.from }
const LIMIT = 120_000 + effort.minutes * 60_000

/** Few meetings, and all that bears on their files. */
const OF_FILES = ['attachInCrm', 'attachInOutlook', 'editRecord', 'editItem', 'moveItem', 'lockFolder', 'timePasses']
const ofFiles = fc.array<Step>(
  fc.oneof(
    { arbitrary: fc.tuple(fc.constantFrom('attachInCrm', 'attachInOutlook'), numbers, numbers, numbers), weight: 3 },
    { arbitrary: fc.tuple(fc.constantFrom(...OF_FILES), numbers, numbers, numbers), weight: 1 },
    {
      arbitrary: fc.tuple(fc.constantFrom('cycle', 'cycle', 'crash'), fc.constantFrom(0, 0, 0, 1), numbers),
      weight: 4,
    },
  ),
  { minLength: 25, maxLength: 25, size: 'max' },
)
const MEETINGS: Step[] = [
  ['createRecord', 2],
  ['createItem', 2, 0, 6],
]

describe('any order of what people do on both sides', () => {
  it(
    'AP-5, AP-9, AP-13, AP-21, AP-24, AP-35, AP-41, AP-54, AP-71, AP-80, AP-81, AP-85, B-31, B-60: ends in agreement, with nothing doubled, lost or sent that no rule allows',
    () => {
      fc.assert(
        fc.property(settings, script, (chosen, steps) => {
          expect(play(chosen, steps)).toBeDefined()
        }),
        howLong(2000),
      )
    },
    LIMIT,
  )

  it(
    'AP-24, AP-85: whatever is attached, replaced and taken off on both sides is on both, or kept, and nothing is copied over itself',
    () => {
      fc.assert(
        fc.property(settings, ofFiles, (chosen, steps) => {
          expect(play({ ...chosen, appointmentAttachments: true }, [...MEETINGS, ...steps])).toBeDefined()
        }),
        howLong(600),
      )
    },
    LIMIT,
  )
})
