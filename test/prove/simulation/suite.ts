import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, openTestInstallation } from '../../support/database.ts'
import { effort } from '../effort.ts'
import { type Ground, openGround } from './ground.ts'
import { proveSeed, type Verdict } from './prove.ts'

const CHUNK = 50
const TIMEOUT = 300_000

/** The simulation on one engine; each has a file of its own, so that they run side by side. */
export function simulate(engine: Engine, seeds: readonly [from: number, to: number]): void {
  describe(`incoming email simulated on ${engine}`, () => {
    let ground: Ground
    beforeAll(async () => {
      ground = await openGround(await openTestInstallation(engine))
    })
    afterAll(() => ground?.close())

    for (const { first, last } of chunks(seeds)) {
      it(
        `laws 1, 2, 4, B-96: nothing lost, nothing doubled, whatever crashes: seeds ${first} to ${last}`,
        async () => {
          const failed: Verdict[] = []
          for (let seed = first; seed <= last; seed++) {
            const verdict = await proveSeed(ground, seed)
            if (verdict.faults.length) failed.push(verdict)
          }
          expect(failed.map(report).join('\n\n')).toBe('')
        },
        TIMEOUT,
      )
    }

    for (const minutes of [effort.minutes].filter((asked) => asked > 0))
      it(
        `laws 1, 2, 4, B-96: seeds from ${effort.from} for ${minutes} minutes`,
        async () => {
          const until = Date.now() + minutes * 60_000
          const failed: Verdict[] = []
          let seed = effort.from + (engine === 'embedded' ? 0 : 1)
          for (; Date.now() < until && failed.length < 5; seed += 2) {
            const verdict = await proveSeed(ground, seed)
            if (verdict.faults.length) failed.push(verdict)
          }
          process.stderr.write(`Seeds ${effort.from} to ${seed} (every second) on ${engine}.\n`)
          expect(failed.map(report).join('\n\n')).toBe('')
        },
        minutes * 60_000 + TIMEOUT,
      )
  })
}

function chunks([from, to]: readonly [from: number, to: number]): { first: number; last: number }[] {
  if (effort.seed !== undefined) return [{ first: effort.seed, last: effort.seed }]
  if (effort.minutes > 0) return []
  return Array.from({ length: Math.ceil((to - from + 1) / CHUNK) }, (_, index) => {
    const first = from + index * CHUNK
    return { first, last: Math.min(first + CHUNK - 1, to) }
  })
}

function report({ seed, weather, faults, story }: Verdict): string {
  return `Seed ${seed} (${weather}). Replay: npm run prove -- --seed ${seed}\n${faults.join('\n')}\n${story.join('\n')}`
}
