import { defineConfig } from 'vitest/config'
import { mayMount } from './test/support/disk.ts'
import { LongestFirst } from './test/support/longestFirst.ts'

/** Postfix starts as root only: for others the tests of submission are left out, and `npm test` says so. */
const ROOT_ONLY = ['test/mailbox/smtp/postfix.test.ts']

/** Full disks are mounted, which containers seldom allow: there they are left out, and `npm test` says so. */
const MOUNTING = ['test/prove/faults-disk.test.ts']

export default defineConfig({
  cacheDir: '.vitest',
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...(process.getuid?.() === 0 ? [] : ROOT_ONLY), ...(mayMount() ? [] : MOUNTING)],
    globalSetup: ['test/support/global.ts'],
    setupFiles: ['test/support/properties.ts'],
    // Threads cannot always be ended: Node.js waits for ever for requests that nobody answers any more.
    pool: 'forks',
    // The modules of the house are loaded once per process, not once per file: a quarter of the whole time.
    isolate: false,
    // More than a third of the time of a worker is waiting for servers: twice as many as processors keep two busy.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
})
