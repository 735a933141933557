import { AuthenticationHandler, Client, RetryHandler, RetryHandlerOptions } from '@microsoft/microsoft-graph-client'
import type { Sandbox } from '#sandbox'

/** A token as an application gets it. */
export async function tokenOf(sandbox: Sandbox, form: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${sandbox.loginUrl}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: 'sandbox-client',
      client_secret: 'sandbox-secret',
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
      ...form,
    }),
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}

/** Microsoft's client speaks https alone: links of the sandbox begin so, and its requests go to where it listens. */
export const PUBLIC_URL = 'https://graph.sandbox.example'

/** Microsoft's own client with its own chain of handlers, pointed at the sandbox. */
export async function graphClient(sandbox: Sandbox, given?: string): Promise<Client> {
  const token = given ?? (await tokenOf(sandbox))
  const authentication = new AuthenticationHandler({ getAccessToken: async () => token })
  const retries = new RetryHandler(new RetryHandlerOptions())
  authentication.setNext(retries)
  retries.setNext({
    async execute(context) {
      const { request } = context
      const from = typeof request === 'string' ? request : request.url
      const headers = new Headers(context.options?.headers)
      // What fetch counts itself it will not be told.
      headers.delete('content-length')
      context.response = await fetch(from.replace(PUBLIC_URL, sandbox.url), { ...context.options, headers })
    },
  })
  const customHosts = new Set([new URL(PUBLIC_URL).host])
  return Client.initWithMiddleware({ baseUrl: `${PUBLIC_URL}/`, customHosts, middleware: authentication })
}
