import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, Part } from './part.ts'
import { parts } from './parts/index.ts'
import { type Measured, toJson, toTable } from './report.ts'
import { Stores } from './support/store.ts'

const HELP = `npm run bench -- [parts] [--quick] [--json]

Speed and memory, as ratios of one run: every figure stands beside a peer, a smaller size or a budget measured at the
same time on the same machine. Parts (all without names):

${parts.map((part) => `  ${part.name.padEnd(13)} ${part.says}`).join('\n')}

  --only X   of backfill, only the runs whose name holds X, e.g. “nothing to track”
  --quick    small sizes, to see that everything runs; the figures mean little
  --json     one JSON object instead of the table
Exit code 1 when a target is missed.`

process.exitCode = await main()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return print(HELP)
  const unknown = positionals.find((name) => !parts.some((part) => part.name === name))
  if (unknown) {
    process.stderr.write(`There is no part “${unknown}”.\n\n${HELP}\n`)
    return 64
  }
  const chosen = positionals.length ? parts.filter((part) => positionals.includes(part.name)) : parts
  const measured: Measured[] = []
  for (const part of chosen) {
    const done = await runPart(part, { quick: values.quick === true, ...(values.only ? { only: values.only } : {}) })
    measured.push(done)
    // Long runs are sometimes broken off: what was measured is told at once.
    for (const { what, measured: result, target } of done.figures)
      sayFigure(part.name, `${what}: ${result}${target === undefined ? '' : ` (${target})`}`)
  }
  print(values.json ? JSON.stringify(toJson(measured, values.quick === true)) : toTable(measured))
  return measured.some(({ figures }) => figures.some((figure) => figure.met === false)) ? 1 : 0
}

/** Each part has servers and files of its own, gone when it ends. */
async function runPart(part: Part, options: Pick<Bench, 'quick' | 'only'>): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), `regarding-bench-${part.name}-`))
  chmodSync(directory, 0o755)
  const stores = new Stores(directory)
  const start = performance.now()
  const say = (line: string) => process.stderr.write(`${part.name.padEnd(13)} ${line}\n`)
  const bench: Bench = { ...options, directory, stores, say }
  try {
    const figures = await part.run(bench)
    return { part: part.name, figures, seconds: (performance.now() - start) / 1000 }
  } finally {
    stores.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function sayFigure(part: string, line: string): void {
  process.stderr.write(`${part.padEnd(13)} = ${line}\n`)
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}
