import { defineConfig } from 'vitest/config'

/** Postfix starts as root only: for others the tests of submission are left out, and `npm test` says so. */
const ROOT_ONLY = ['test/mailbox/smtp/postfix.test.ts']

/** Takes minutes, more on a busy machine: part of `npm run prove`, not of every run. */
const PROOF_ONLY = ['test/prove/kills.test.ts']

export default defineConfig({
  cacheDir: '.vitest',
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...(process.getuid?.() === 0 ? [] : ROOT_ONLY),
      ...(process.env['PROVE_MINUTES'] === undefined ? PROOF_ONLY : []),
    ],
    globalSetup: ['test/support/global.ts'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
})
