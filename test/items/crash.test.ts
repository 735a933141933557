import { describe, expect, it } from 'vitest'
import { effort } from '../prove/effort.ts'
import { engines } from '../support/database.ts'
import { playItems } from './support/crash/play.ts'

const SEEDS = { embedded: [1, 7], server: [27, 30] } as const
const LONGEST = 120_000

describe.each(engines)('two mailboxes and the CRM through crashes and lost answers on %s', (engine) => {
  const seeds = effort.seed === undefined ? (effort.minutes > 0 ? [] : SEEDS[engine]) : [effort.seed]
  it.each(seeds)(
    'B-96, SC-33: both sides end the same, nothing is lost or doubled, nobody is invited twice (seed %i)',
    async (seed) => {
      const { faults, story } = await playItems(engine, seed)
      expect(faults.length ? [...faults, ...story] : []).toEqual([])
    },
    LONGEST,
  )

  it.each([effort.minutes].filter((minutes) => minutes > 0))(
    `B-96, SC-33: seeds from ${effort.from} for %i minutes`,
    async (minutes) => {
      const until = Date.now() + minutes * 60_000
      const failed: string[] = []
      let seed = effort.from + engines.indexOf(engine)
      for (; Date.now() < until && failed.length < 5; seed += 2) {
        const { faults } = await playItems(engine, seed)
        if (faults.length) failed.push(`npm run prove -- items --seed ${seed}: ${faults.join('; ')}`)
      }
      process.stderr.write(`Seeds ${effort.from} to ${seed} (every second) on ${engine}.\n`)
      expect(failed).toEqual([])
    },
    effort.minutes * 60_000 + LONGEST,
  )
})
