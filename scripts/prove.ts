import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/**
 * The proofs of test/prove at greater length: `npm run prove -- --minutes 10`, or one seed of the simulation again:
 * `npm run prove -- --seed 4711`. `--from` names the first seed of a long run.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string' },
    only: { type: 'string' },
  },
})

const number = (name: 'minutes' | 'seed' | 'from', otherwise: number): number => {
  const value = Number(values[name] ?? otherwise)
  if (Number.isFinite(value) && value >= 0) return value
  process.stderr.write(`--${name} takes a number, not “${values[name]}”.\n`)
  process.exit(2)
}

const file = values.only ?? (values.seed === undefined ? '' : 'simulation')
const { status } = spawnSync('npx', ['vitest', 'run', `test/prove/${file}`], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(values.seed === undefined
      ? {
          PROVE_MINUTES: String(number('minutes', 5)),
          PROVE_FROM: String(number('from', 1_000_000 + Math.floor(Math.random() * 1e9))),
        }
      : { PROVE_SEED: String(number('seed', 1)) }),
  },
})
process.exit(status ?? 1)
