#!/usr/bin/env node
// Runs the sources where there are sources (a checkout), the bundle where there is one (an installed package).
import { existsSync } from 'node:fs'

const source = new URL('../src/cli/main.ts', import.meta.url)
if (existsSync(source)) {
  // From 24 on Node.js reads TypeScript itself without a warning, and starts in half the time.
  if (!(process.features.typescript && Number.parseInt(process.versions.node, 10) >= 24)) {
    const { register } = await import('tsx/esm/api')
    register()
  }
  await import(source.href)
} else {
  await import(new URL('../dist/cli/main.js', import.meta.url).href)
}
