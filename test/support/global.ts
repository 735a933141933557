import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { stopPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A directory of this run alone. */
    runDirectory: string
  }
}

/** A directory for the run. What is costly in it (a PostgreSQL cluster, a template) is made by whoever needs it first. */
export default function setup(project: TestProject): () => void {
  const runDirectory = mkdtempSync(join(tmpdir(), 'regarding-test-'))
  project.provide('runDirectory', runDirectory)
  return () => {
    stopPostgres(runDirectory)
    rmSync(runDirectory, { recursive: true, force: true })
  }
}
