import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const HELP = `Proves at greater length what the tests prove: seeded simulations, killed processes, broken servers.

  npm run prove -- --minutes 10           every proof of mail, each for so long
  npm run prove -- --only kills           those of its files that begin so
  npm run prove -- --seed 4711            one seed of the simulation again
  npm run prove -- items --minutes 60     appointments, contacts and tasks instead of mail
  npm run prove -- items --seed 4711      one seed of their crashes again

  --minutes N   5 unless told         --from N   the first seed; another each time unless told
`

const { values, positionals } = asked()

function asked() {
  const text = { type: 'string' } as const
  const options = { minutes: text, seed: text, from: text, only: text, help: { type: 'boolean' } } as const
  try {
    const found = parseArgs({ allowPositionals: true, options })
    const unknown = found.positionals.find((one) => one !== 'items')
    if (unknown !== undefined) throw new Error(`“${unknown}” is no part of it: “items” is, and without it mail.`)
    return found
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
    process.exit(2)
  }
}

if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

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
