import helmet from '@fastify/helmet'
import fastify from 'fastify'

/**
 * The headers by which a browser holds pages to their own style sheet and no script. Helmet makes them, and the same for
 * every answer: it is asked once.
 */
export async function securityHeaders(options: {
  https: boolean
  /** Where forms may lead besides this server. */
  formAction: readonly string[]
}): Promise<Readonly<Record<string, string>>> {
  const app = fastify()
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'", ...options.formAction],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: options.https,
    referrerPolicy: { policy: 'no-referrer' },
  })
  app.get('/', (_request, reply) => reply.send(reply.raw.getHeaders()))
  const headers = (await app.inject('/')).json<Record<string, string>>()
  await app.close()
  return headers
}
