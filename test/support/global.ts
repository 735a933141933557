import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { placeOfRun } from './place.ts'
import { stopPostgres } from './postgres.ts'
import { TEMPLATES } from './templates.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A directory of this run alone. */
    runDirectory: string
  }
}

/** A directory for the run. What is costly in it (a PostgreSQL cluster, a template) is made by whoever needs it first. */
export default function setup(project: TestProject): () => void {
  const runDirectory = mkdtempSync(join(placeOfRun(), 'regarding-test-'))
  project.provide('runDirectory', runDirectory)
  removeOldTemplates()
  const remove = () => {
    stopPostgres(runDirectory)
    rmSync(runDirectory, { recursive: true, force: true, maxRetries: 10 })
  }
  // A run that is stopped leaves no server behind.
  for (const [signal, code] of SIGNALS)
    process.once(signal, () => {
      remove()
      process.exit(code)
    })
  return remove
}

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const

/** Templates of other migrations than today's, which no run has used for long. */
function removeOldTemplates(): void {
  const before = Date.now() - 3 * 3_600_000
  for (const name of readdirSync(TEMPLATES)) {
    const path = join(TEMPLATES, name)
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < before)
      rmSync(path, { recursive: true, force: true })
  }
}
