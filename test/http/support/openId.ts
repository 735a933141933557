import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort, listening } from '../../support/ports.ts'

/** A running OpenID provider, and how a browser goes through it. */
export interface OpenIdProvider {
  issuer: string
  /** Who signs in from now on. */
  account(subject: string, claims?: object): Promise<void>
  /** An access token for an API by client credentials. */
  machineToken(audience: string): Promise<string>
  /** Starts again with other keys. */
  rotate(): Promise<void>
  close(): Promise<void>
}

export async function startOpenIdProvider(redirectOrigin: string): Promise<OpenIdProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const start = async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'openIdProvider.mjs')], {
      env: { PATH: process.env['PATH'], PROVIDER_PORT: String(port), REDIRECT_ORIGIN: redirectOrigin },
      stdio: 'ignore',
    })
    if (!(await listening(port, 20_000))) throw new Error('The OpenID provider did not start.')
    return child
  }
  let child = await start()
  return {
    issuer,
    async account(subject, claims = {}) {
      await fetch(`${issuer}/account`, { method: 'POST', body: JSON.stringify({ subject, claims }) })
    },
    async machineToken(audience) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: 'machine',
          client_secret: 'a-secret-of-the-machine-only-for-tests',
          resource: audience,
          scope: 'api',
        }),
      })
      return ((await response.json()) as { access_token: string }).access_token
    },
    async rotate() {
      await stop(child)
      child = await start()
    },
    close: () => stop(child),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Follows redirections as a browser does, with a cookie jar for each origin. */
export class Browser {
  readonly jars = new Map<string, Map<string, string>>()

  async visit(url: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> {
    const jar = this.jar(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...headers, ...(cookie ? { cookie } : {}) },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  /** Until an answer that is no redirection, or one that `until` stops at, which is not visited. */
  async follow(url: string, until: (next: URL) => boolean = () => false): Promise<{ url: string; response: Response }> {
    let at = url
    for (let hops = 0; hops < 12; hops++) {
      const response = await this.visit(at)
      const location = response.headers.get('location')
      if (location === null) return { url: at, response }
      const next = new URL(location, at)
      if (until(next)) return { url: next.href, response }
      at = next.href
    }
    throw new Error(`Redirected without end, last to ${at}`)
  }

  jar(url: string): Map<string, string> {
    const { origin } = new URL(url)
    const jar = this.jars.get(origin) ?? new Map<string, string>()
    this.jars.set(origin, jar)
    return jar
  }
}
