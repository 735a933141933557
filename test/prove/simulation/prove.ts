import { isDeepStrictEqual } from 'node:util'
import { faultsOf } from './check.ts'
import type { Ground } from './ground.ts'
import { Run } from './run.ts'
import { comparable, readState, type State } from './state.ts'
import { openWorld, type Weather, type World } from './world.ts'

/** What a seed proved: nothing, when all laws held. */
export interface Verdict {
  seed: number
  weather: Weather
  faults: string[]
  story: string[]
}

/** Every third seed is calm: it is played again without failures, and both must come to the same. */
const weatherOf = (seed: number): Weather => (seed % 3 === 0 ? 'calm' : 'storm')

/** Plays a seed and judges how it ended. */
export async function proveSeed(ground: Ground, seed: number): Promise<Verdict> {
  const weather = weatherOf(seed)
  const { world, state, error } = await play(ground, seed, { failures: true })
  const verdict = { seed, weather, story: world.ledger.story }
  if (error !== undefined) return { ...verdict, faults: [textOf(error)] }
  const faults = faultsOf(world, state as State)
  if (weather === 'storm' || faults.length > 0) return { ...verdict, faults }
  const calm = await play(ground, seed, { failures: false })
  if (calm.error !== undefined) return { ...verdict, faults: [`Without failures: ${textOf(calm.error)}`] }
  return { ...verdict, faults: differences(comparable(state as State), comparable(calm.state as State)) }
}

async function play(
  ground: Ground,
  seed: number,
  options: { failures: boolean },
): Promise<{ world: World; state?: State; error?: unknown }> {
  const world = await openWorld(ground, seed, weatherOf(seed))
  try {
    await new Run(world, options).play()
    return { world, state: await readState(world) }
  } catch (error) {
    return { world, error }
  }
}

function differences(crashed: unknown, calm: unknown): string[] {
  const [a, b] = [crashed as Record<string, unknown[]>, calm as Record<string, unknown[]>]
  return Object.keys(a).flatMap((name) => {
    const [mine, theirs] = [a[name] ?? [], b[name] ?? []]
    return [
      ...only(mine, theirs).map((item) => `Only with crashes, ${name}: ${item}`),
      ...only(theirs, mine).map((item) => `Only without crashes, ${name}: ${item}`),
    ]
  })
}

const only = (items: unknown[], others: unknown[]): string[] =>
  items.filter((item) => !others.some((other) => isDeepStrictEqual(item, other))).map((item) => JSON.stringify(item))

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
