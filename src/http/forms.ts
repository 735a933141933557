import type { FastifyInstance } from 'fastify'

const LONGEST = 10_000

/** Accepts HTML forms in this scope only: everything else is asked for in JSON, which other sites cannot send unasked. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: LONGEST },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
}
