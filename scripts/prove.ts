import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/**
 * The proofs of test/prove at greater length: `npm run prove -- --minutes 10`, or one seed of the simulation again:
 * `npm run prove -- --seed 4711`. `--from` names the first seed of a long run. `npm run prove -- items …` proves the
 * synchronization of appointments, contacts and tasks.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
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

const ITEMS = {
  seed: ['test/items/crash.test.ts'],
  all: ['test/items/crash.test.ts', 'test/items/plan/world/', 'test/prove/killsItems'],
}
const part = values.seed === undefined ? 'all' : 'seed'
const mail = `test/prove/${values.only ?? (part === 'seed' ? 'simulation' : '')}`
const files = positionals.includes('items') ? ITEMS[part] : [mail]
const { status } = spawnSync('npx', ['vitest', 'run', ...files], {
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
